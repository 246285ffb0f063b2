//! Quorums that are no majorities (Howard, Malkhi and Spiegelman 2016).

use paxos::PaxosConfig;
use sim_core::{Fault, OperationOutcome, ms};

use crate::calm;

/// How many operations complete while a leader and one other of five nodes are cut off from the rest. Later all are
/// connected again.
fn completed_by_two(phase2_quorum: Option<u32>, seed: u64) -> usize {
    let config = PaxosConfig { phase2_quorum, ..PaxosConfig::default() };
    let two = Fault::partition([vec!["leader", "random", "clients"], vec!["others"]]).at(ms(500)).lasting(ms(1000));
    let outcome = calm(config, 5).fault(two).heal_at(ms(1500)).progress_within(ms(2000)).run_for(ms(4000)).run(seed);
    assert!(outcome.summary.verdict.is_passed(), "{seed}: {}", outcome.summary.verdict);
    let operations = outcome.history.iter().map(|(_, operation)| operation);
    let in_between = |time_ns: u64| (ms(550).as_nanos()..ms(1500).as_nanos()).contains(&time_ns);
    let completed = operations.filter(|operation| match operation.outcome {
        OperationOutcome::Ok { at, .. } => in_between(at.time_ns),
        _ => false,
    });
    completed.count()
}

#[test]
fn a_leader_goes_on_with_a_small_quorum_of_phase_2() {
    assert!((0..20).all(|seed| completed_by_two(Some(2), seed) > 10));
    assert!((0..20).all(|seed| completed_by_two(None, seed) == 0));
}
