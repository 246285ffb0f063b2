//! How replicas that missed something get it.

use parts::bounds::LONGEST;
use quorum_store::{QuorumConfig, QuorumFlaw, ReadRepair};
use sim_core::{Fault, ms};

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
    let config = QuorumConfig { anti_entropy_interval: LONGEST, ..QuorumConfig::default() };
    let back = Fault::crash("n4").restart_after(ms(200)).at(ms(0));
    let world = calm(config).fault(back);
    let to_n4 = |line: &String| line.contains(" Repaired ") && line.contains("replica=n4");
    assert!((0..20).any(|seed| world.run_traced(seed).announced().iter().any(to_n4)));
}
