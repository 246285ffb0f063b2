//! What a flaw does that nothing else does, each in a world of its own.

use protocols::raft::{Raft, RaftConfig, RaftFlaw};
use sim_core::{
    CrashMoment, CrashSeverity, CutMode, Fault, FaultKind, MessageFilter, Milestone, Selector, Simulation, Time,
};

use crate::{answers_after, asked, asks, calm, leader, ms, node, random};

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
    let flawed = two_leaders_change_one_server(with_flaw("one-server-change"));
    assert!((0..500).any(|seed| flawed.run(seed).summary.verdict.violation().is_some()));
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
    assert!((0..20).all(|seed| !goes_on_with_a_bridge(with_flaw("quorum-loss-bridge"), seed)));
}
