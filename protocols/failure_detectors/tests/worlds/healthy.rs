//! What holds without flaws, whatever happens that the model allows.

use failure_detectors::{DetectorConfig, DetectorKind};
use sim_core::{Fault, Nemesis, ProtocolConfig, ms};

use crate::{KINDS, config, world};

#[test]
fn all_faults_that_the_model_allows_are_survived() {
    let nemesis = Nemesis::within(&DetectorConfig::default().model());
    for detector in KINDS {
        world(config(detector, &[])).nemesis(nemesis.clone()).heal_at(ms(4000)).check(0..30);
    }
}

/// NFD-S counts on clocks that agree, and is not among those that the general scenario draws.
#[test]
fn nfd_s_survives_crashes_and_lossy_links() {
    let world = world(config(DetectorKind::NfdS, &[]));
    let crash = |node, at| Fault::crash(node).power_loss().restart_after(ms(700)).at(ms(at));
    world.fault(crash("n1", 1000)).fault(crash("n2", 1500)).heal_at(ms(4000)).check(0..30);
}

/// A crash for good is in the end suspected by everybody.
#[test]
fn who_has_crashed_for_good_is_suspected() {
    for detector in KINDS {
        world(config(detector, &[])).fault(Fault::crash("n3").at(ms(1000))).sometimes("Failed").check(0..10);
    }
}
