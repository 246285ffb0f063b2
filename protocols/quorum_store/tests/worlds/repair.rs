//! How replicas that missed something get it.

use quorum_store::{QuorumConfig, QuorumFlaw, ReadRepair};

use crate::{calm, down};

/// Read repair alone reaches only what is read, and anti-entropy reaches all.
#[test]
fn replicas_that_were_down_get_what_they_missed_by_anti_entropy() {
    let config = QuorumConfig { read_repair: ReadRepair::Off, ..QuorumConfig::default() };
    calm(config.clone()).fault(down("n4")).sometimes("Differs").check(0..50);
    let alone = QuorumConfig { flaws: [QuorumFlaw::NoAntiEntropy].into(), ..config };
    calm(alone).fault(down("n4")).expect_violation("Replicas Converge").check(0..5);
}

/// A read finds the replica behind that was down, and tells it.
#[test]
fn a_read_brings_replicas_up_to_date() {
    let config = QuorumConfig { anti_entropy_interval: parts::bounds::LONGEST, ..QuorumConfig::default() };
    let back = sim_core::Fault::crash("n4").restart_after(sim_core::ms(200)).at(sim_core::ms(0));
    let outcome = calm(config).fault(back).run_traced(3);
    let to_n4 = |line: &String| line.contains(" Repaired ") && line.contains("replica=n4");
    assert!(outcome.announced().iter().any(to_n4));
}
