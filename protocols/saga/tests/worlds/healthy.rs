//! What holds without flaws, whatever happens that the model allows.

use saga::{Recovery, SagaConfig};
use sim_core::{Nemesis, ProtocolConfig, ms};

use crate::{config, world};

#[test]
fn all_faults_that_the_model_allows_are_survived() {
    let nemesis = Nemesis::within(&SagaConfig::default().model());
    for recovery in [Recovery::Backward, Recovery::Forward] {
        let world = world(SagaConfig { recovery, ..config(&[]) });
        world.nemesis(nemesis.clone()).heal_at(ms(2000)).check(0..60);
    }
}

/// There may be one orchestrator and one service.
#[test]
fn one_service_is_enough() {
    let config = SagaConfig { orchestrators: 4, ..config(&[]) };
    world(config).check(0..10);
}
