//! What holds without flaws, whatever happens that the model allows.

use causal::{Causal, CausalConfig, Dependencies};
use parts::registers::RegisterWorkload;
use parts::stickiness::Stickiness;
use sim_core::consistency::Level;
use sim_core::{ClientProfile, Guarantee, Nemesis, ProtocolConfig, Simulation, ms};

use crate::{config, world};

#[test]
fn all_faults_that_the_model_allows_are_survived() {
    let nemesis = Nemesis::within(&CausalConfig::default().model());
    for sessions in [Stickiness::Sticky, Stickiness::Roaming] {
        for dependencies in [Dependencies::Nearest, Dependencies::All] {
            let config = CausalConfig { dependencies, ..config(sessions, &[]) };
            let world = world(config).consistency(Guarantee::Level(Level::Causal)).consistency(Guarantee::Eventual);
            world.nemesis(nemesis.clone()).heal_at(ms(2000)).check(0..40);
        }
    }
}

/// A data centre may be one node, and there may be one data centre.
#[test]
fn small_clusters_work() {
    let clients = ClientProfile { count: 2, operations: 30, ..ClientProfile::default() };
    for (partitions, nodes) in [(1, 1), (1, 3), (3, 3)] {
        let config = CausalConfig { partitions, ..config(Stickiness::Roaming, &[]) };
        let world = Simulation::<Causal>::of(config, nodes).workload(clients, RegisterWorkload::default());
        world.consistency(Guarantee::Eventual).run_for(ms(5000)).check(0..5);
    }
}
