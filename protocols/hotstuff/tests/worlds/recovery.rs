//! How replicas come back: from crashes, from behind, from silence.

use hotstuff::{HotStuff, HotStuffConfig};
use sim_core::{Fault, NodeId, Selector, Simulation};

use crate::{calm, ms};

const fn node(index: u32) -> Selector {
    Selector::Node(NodeId::node(index))
}

/// How many operations were answered.
fn answered(simulation: &Simulation<HotStuff>, seed: u64) -> u64 {
    let outcome = simulation.run(seed);
    assert!(outcome.summary.verdict.is_passed(), "{seed}: {:?}", outcome.summary.verdict);
    outcome.history.outcomes().ok
}

#[test]
fn three_of_four_go_on_without_the_fourth() {
    for dead in 0..4 {
        let fault = Fault::crash(node(dead));
        let simulation = calm(HotStuffConfig::default(), 4).fault(fault).run_for(ms(12_000));
        assert!((0..10).all(|seed| answered(&simulation, seed) == 120));
    }
}

#[test]
fn two_of_four_do_nothing() {
    let both = [0, 2].map(|dead| Fault::crash(node(dead)));
    let simulation = both.into_iter().fold(calm(HotStuffConfig::default(), 4), Simulation::fault);
    assert!((0..5).all(|seed| answered(&simulation, seed) == 0));
}

#[test]
fn what_was_answered_survives_a_power_loss_of_all() {
    let config = HotStuffConfig { checkpoint_every: 8, ..HotStuffConfig::default() };
    let blackouts = [500, 1100, 1500].map(|at| Fault::crash("all").power_loss().restart_after(ms(100)).at(ms(at)));
    let simulation = blackouts.into_iter().fold(calm(config, 4), Simulation::fault);
    assert!((0..30).all(|seed| answered(&simulation, seed) >= 100));
}

#[test]
fn a_replica_that_was_cut_off_for_long_takes_over_the_state_of_the_others() {
    let simulation = calm(HotStuffConfig::default(), 4)
        .fault(Fault::isolate("n1").at(ms(100)).lasting(ms(1_500)))
        .fault(Fault::crash("n2").at(ms(1_700)))
        .run_for(ms(12_000));
    assert!((0..10).all(|seed| answered(&simulation, seed) >= 115), "it takes the place of the one that crashed");
    simulation.sometimes("InstalledState").sometimes("CaughtUp").check(0..10);
}
