//! What holds without flaws, whatever happens that the model allows.

use sim_core::{Nemesis, ProtocolConfig, ms};
use swim::{Start, SwimConfig, Targets};

use crate::{config, world};

#[test]
fn all_faults_that_the_model_allows_are_survived() {
    let nemesis = Nemesis::within(&SwimConfig::default().model());
    for (targets, start, lifeguard) in [
        (Targets::RoundRobin, Start::Joining, false),
        (Targets::RoundRobin, Start::Converged, true),
        (Targets::Random, Start::Joining, true),
    ] {
        let world = world(SwimConfig { targets, start, lifeguard, ..config(&[]) });
        world.nemesis(nemesis.clone()).heal_at(ms(5000)).check(0..60);
    }
}

/// Somebody can be alone, and everything can be as short as it gets.
#[test]
fn the_smallest_settings_are_settings() {
    let smallest = SwimConfig {
        proxies: 0,
        suspicion: 1,
        dissemination: 1,
        piggyback: 1,
        sync_every: 1,
        contacts: 1,
        linger: 1,
        forget_after: 1,
        lifeguard: true,
        suspicion_spread: 1,
        most_unwell: 0,
        ..config(&[])
    };
    world(smallest).check(0..20);
}
