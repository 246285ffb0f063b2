//! Every known flaw is found, and every property has one that breaks it.

use std::num::NonZeroUsize;
use std::ops::ControlFlow;

use protocols::raft::{Raft, RaftConfig, RaftFlaw, Reads};
use sim_core::consistency::Level;
use sim_core::{
    CrashMoment, CrashSeverity, CutMode, Fault, FaultKind, FlawInfo, MessageFilter, Milestone, Selector, Simulation,
    SystemUnderTest, Time, available_jobs, sweep,
};

use crate::general::{general, general_but_for_reads};
use crate::membership::restless;
use crate::{answers_after, asked, asks, calm, leader, ms, node, random};

/// The world in which a flaw is looked for.
type World = fn(RaftConfig) -> Simulation<Raft>;

fn three_nodes(config: RaftConfig) -> Simulation<Raft> {
    general(config, 3)
}

fn four_nodes(config: RaftConfig) -> Simulation<Raft> {
    general(config, 4)
}

fn in_chunks(config: RaftConfig) -> Simulation<Raft> {
    general(RaftConfig { snapshot_chunk: 2, ..config }, 3)
}

fn with_leases(config: RaftConfig) -> Simulation<Raft> {
    general(RaftConfig { reads: Reads::Lease, ..config }, 3)
}

fn restless_with_leases(config: RaftConfig) -> Simulation<Raft> {
    restless(RaftConfig { reads: Reads::Lease, ..config })
}

/// How many seeds it takes in which world: several times the seeds it took when this was written.
/// Where the world is not the general one, nothing in that brings about what the flaw needs.
const EFFORT: [(&str, World, u64); 37] = [
    ("stale-vote-reply", three_nodes, 3000),
    ("vote-amnesia", three_nodes, 4000),
    ("term-amnesia", three_nodes, 20),
    ("unsynced-vote", three_nodes, 50),
    ("double-vote", three_nodes, 50),
    ("half-is-a-majority", four_nodes, 200),
    ("votes-for-stale-log", three_nodes, 50),
    ("figure-8", three_nodes, 8000),
    ("heartbeat-truncates", three_nodes, 20),
    ("stale-suffix-kept", three_nodes, 50),
    ("skips-prev-check", three_nodes, 50),
    ("leader-overwrites-log", three_nodes, 20),
    ("commit-past-match", three_nodes, 50),
    ("commit-regress", three_nodes, 20),
    ("commit-stalls", three_nodes, 20),
    ("torn-append", three_nodes, 20),
    ("ack-before-sync", three_nodes, 50),
    ("inaccurate-ack", three_nodes, 50),
    ("commit-beyond-log", three_nodes, 50),
    ("match-index-regress", three_nodes, 50),
    ("stale-rejection", three_nodes, 200),
    ("leader-counts-unsynced", three_nodes, 50),
    ("local-read", three_nodes, 200),
    ("lease-read-skew", three_nodes, 6000),
    ("transfer-keeps-lease", restless_with_leases, 200),
    ("lease-without-margin", with_leases, 1000),
    ("kv-no-dedup", three_nodes, 20),
    ("snapshot-without-sessions", three_nodes, 20),
    ("stale-snapshot-installed", three_nodes, 500),
    ("mixed-snapshots", in_chunks, 200),
    ("snapshot-keeps-suffix", three_nodes, 2000),
    ("snapshot-vs-append", three_nodes, 20),
    ("one-server-change", two_leaders_change_one_server, 500),
    ("overlapping-changes", restless, 200),
    ("skips-joint-consensus", restless, 20),
    ("prevote-check-quorum", four_nodes, 200),
    ("reads-without-session-index", from_followers, 20),
];

/// Shown by what does not happen while a fault lasts, so no property names it.
const WITHOUT_HEAL: &str = "quorum-loss-bridge";

fn from_followers(config: RaftConfig) -> Simulation<Raft> {
    general_but_for_reads(RaftConfig { reads: Reads::Follower, ..config }, 3).consistency(Level::Sequential)
}

#[test]
fn every_flaw_is_found_and_every_property_has_one_that_breaks_it() {
    let listed: Vec<&str> = Raft::FLAWS.iter().map(|info| info.name).collect();
    let mut tested: Vec<&str> = EFFORT.iter().map(|(name, ..)| *name).collect();
    tested.insert(EFFORT.len() - 1, WITHOUT_HEAL);
    assert_eq!(tested, listed);
    let broken: Vec<String> = EFFORT.iter().map(|(name, world, seeds)| check_found(name, *world, *seeds)).collect();
    for property in Raft::PROPERTIES {
        assert!(broken.iter().any(|name| name == property.name), "nothing broke {}", property.name);
    }
}

/// The world finds `name` within that many seeds, and what it finds is what the flaw is listed for.
fn check_found(name: &str, world: World, seeds: u64) -> String {
    let info: &FlawInfo = Raft::FLAWS.iter().find(|info| info.name == name).expect("the flaw is listed");
    let simulation = world(with_flaw(name));
    let jobs: NonZeroUsize = available_jobs();
    let mut found = None;
    sweep(
        0..seeds,
        jobs,
        |seed| simulation.run(seed).summary.verdict,
        |_, verdict| {
            found = verdict.violation().map(|violation| violation.property.clone());
            if found.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        },
    );
    let found = found.unwrap_or_else(|| panic!("{name} was not found in {seeds} seeds"));
    assert!(info.violates.contains(&found.as_str()), "{name} violated {found}, which it is not listed for");
    found
}

fn with_flaw(name: &str) -> RaftConfig {
    let flaw: RaftFlaw = serde_json::from_str(&format!("{name:?}")).expect("the flaw is configurable");
    RaftConfig { flaws: [flaw].into(), ..RaftConfig::default() }
}

/// The plan that Ongaro gave on raft-dev in 2015: a leader adds a server, and nobody but that server
/// hears of it; the next leader removes the first, which it may only if it is flawed.
fn two_leaders_change_one_server(config: RaftConfig) -> Simulation<Raft> {
    let mode = CutMode::Drop;
    let groups = vec![vec![leader(), node(4)], vec![Selector::Others]];
    let deaf = FaultKind::Omission { from: None, to: Some(random()), messages: MessageFilter::ALL };
    let crash = FaultKind::Crash {
        targets: leader(),
        severity: CrashSeverity::Process,
        moment: CrashMoment::AtOnce,
        restart_after: Some(ms(1000)),
        wiped: false,
    };
    calm(RaftConfig { members: Some(4), ..config }, 5)
        .fault(asked(ms(500), leader(), "add_server", vec![node(4)]))
        .fault(
            Fault::after(
                Milestone::event("ConfigurationAppended", 1),
                FaultKind::Partition { groups, mode, rounds: None },
            )
            .lasting(ms(500)),
        )
        .fault(Fault::after(Milestone::event("BecameLeader", 2), asks(leader(), "remove_server", vec![random()])))
        .fault(Fault::after(Milestone::event("BecameLeader", 2), deaf).lasting(ms(400)))
        .fault(Fault::after(Milestone::event("ConfigurationCommitted", 1), crash))
        .heal_at(ms(3000))
        .progress_within(ms(3000))
        .run_for(ms(6000))
}

#[test]
fn a_leader_that_waits_for_its_no_op_keeps_two_changes_apart() {
    two_leaders_change_one_server(RaftConfig::default()).check(0..1000);
}

/// Whether anything was answered in the last half of the run, in which all nodes but n0 reach n0
/// only, and n1 led when that began.
fn goes_on_with_a_bridge(config: RaftConfig, seed: u64) -> bool {
    let groups = (1..5).map(|leaf| vec![node(0), node(leaf)]).collect();
    let star = Fault::at(Time::ZERO + ms(3000), FaultKind::Partition { groups, mode: CutMode::Drop, rounds: None });
    let simulation = calm(config, 5)
        .fault(asked(ms(1000), leader(), "transfer_leadership", vec![node(1)]))
        .fault(star)
        .run_for(ms(8000));
    let outcome = simulation.run(seed);
    assert!(outcome.summary.verdict.is_passed(), "{seed}: {:?}", outcome.summary.verdict);
    answers_after(ms(5000), &outcome)
}

/// Cloudflare's control plane lost its leader so in November 2020, for six hours; in this form it is
/// the quorum-loss scenario of OmniPaxos.
#[test]
fn without_check_quorum_a_leader_without_a_majority_keeps_the_only_bridge_from_being_elected() {
    assert!((0..20).all(|seed| goes_on_with_a_bridge(RaftConfig::default(), seed)));
    assert!((0..20).all(|seed| !goes_on_with_a_bridge(with_flaw(WITHOUT_HEAL), seed)));
}
