//! What a flaw does that nothing else does, each in a world of its own.

use raft::{Raft, RaftConfig, RaftFlaw};
use sim_core::{Fault, Milestone, Simulation};

use crate::{answers_after, calm, ms, node};

fn with_flaw(name: &str) -> RaftConfig {
    let flaw: RaftFlaw = serde_json::from_str(&format!("{name:?}")).expect("the flaw is configurable");
    RaftConfig { flaws: [flaw].into(), ..RaftConfig::default() }
}

/// The plan that Ongaro gave on raft-dev in 2015: a leader adds a server, and nobody but that server
/// hears of it; the next leader removes the first, which it may only if it is flawed.
fn two_leaders_change_one_server(config: RaftConfig) -> Simulation<Raft> {
    let alone = Fault::partition([vec!["leader", "n4"], vec!["others"]]);
    let deaf = Fault::receive_omission("random");
    let crash = Fault::crash("leader").restart_after(ms(1000));
    calm(RaftConfig { members: Some(4), ..config }, 5)
        .fault(Fault::operate("leader", "add_server").nodes(["n4"]).at(ms(500)))
        .fault(alone.after(Milestone::event("ConfigurationAppended", 1)).lasting(ms(500)))
        .fault(Fault::operate("leader", "remove_server").nodes(["random"]).after(Milestone::event("BecameLeader", 2)))
        .fault(deaf.after(Milestone::event("BecameLeader", 2)).lasting(ms(400)))
        .fault(crash.after(Milestone::event("ConfigurationCommitted", 1)))
        .heal_at(ms(3000))
        .progress_within(ms(3000))
        .run_for(ms(6000))
}

#[test]
fn a_leader_that_waits_for_its_no_op_keeps_two_changes_apart() {
    let flawed = two_leaders_change_one_server(with_flaw("one-server-change"));
    flawed.expect_violation("Leader Completeness").check(0..500);
    two_leaders_change_one_server(RaftConfig::default()).check(0..1000);
}

/// Whether anything was answered in the last half of the run, in which all nodes but n0 reach n0
/// only, and n1 led when that began.
fn goes_on_with_a_bridge(config: RaftConfig, seed: u64) -> bool {
    let star = Fault::partition((1..5).map(|leaf| [node(0), node(leaf)])).at(ms(3000));
    let simulation = calm(config, 5)
        .fault(Fault::operate("leader", "transfer_leadership").nodes(["n1"]).at(ms(1000)))
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
