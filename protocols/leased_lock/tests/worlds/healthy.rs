//! What holds without flaws, whatever happens that the model allows.

use leased_lock::{LockConfig, Restart, Service};
use sim_core::consistency::Level;
use sim_core::{Nemesis, ProtocolConfig, ms};

use crate::{config, world};

#[test]
fn all_faults_that_the_model_allows_are_survived() {
    let nemesis = Nemesis::within(&LockConfig::default().model());
    for service in [Service::Single, Service::Redlock, Service::Log] {
        for restart in [Restart::Durable, Restart::Delayed] {
            let world = world(config(service, restart, &[])).consistency(Level::Linearizable);
            world.nemesis(nemesis.clone()).heal_at(ms(2500)).check(0..25);
        }
    }
}

/// There may be one holder and one instance.
#[test]
fn one_instance_is_enough_for_redlock() {
    let config = LockConfig { holders: 5, ..config(Service::Redlock, Restart::Durable, &[]) };
    world(config).consistency(Level::Linearizable).check(0..10);
}
