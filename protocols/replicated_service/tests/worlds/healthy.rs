//! What holds without flaws, whatever happens that the model allows, and how many nodes may fail.

use parts::kv::{KvOp, KvWorkload};
use replicated_service::{Mode, Output, ServiceConfig};
use sim_core::consistency::Level;
use sim_core::{ClientProfile, Fault, Nemesis, Operation, OperationOutcome, ProtocolConfig, ms, secs};

use crate::world;

#[test]
fn all_faults_that_the_model_allows_are_survived() {
    for value_faults in 0..=2 {
        let config = ServiceConfig { value_faults, ..ServiceConfig::default() };
        let nemesis = Nemesis::within(&config.model());
        world(config, 5).nemesis(nemesis).heal_at(ms(2000)).check(0..40);
    }
    for (replicas, routes) in [(1, 1), (2, 1), (3, 2), (4, 1)] {
        let config = ServiceConfig { mode: Mode::SemiActive, replicas, routes, ..ServiceConfig::default() };
        let nemesis = Nemesis::within(&config.model());
        world(config, 5).nemesis(nemesis).heal_at(ms(2000)).check(0..40);
    }
}

/// Whether everything that was asked for is answered when so many of these nodes stop, one a second, from n0 on.
fn is_available(config: &ServiceConfig, nodes: u32, failed: u32) -> bool {
    let crash = |node: u32| Fault::crash(format!("n{node}").as_str()).at(ms(1000 * u64::from(node + 1)));
    let clients = ClientProfile { count: 2, think: (ms(60), ms(90)), timeout: ms(150), ..ClientProfile::default() };
    let world = world(config.clone(), nodes).workload(clients, KvWorkload::default()).consistency(Level::Linearizable);
    let world = (0..failed).fold(world.run_for(secs(15)), |world, node| world.fault(crash(node)));
    let history = world.run(1).history;
    let is_told = |operation: &Operation<KvOp, Output>| matches!(operation.outcome, OperationOutcome::Ok { .. });
    history.iter().all(|(_, operation)| is_told(operation))
}

/// Active replication is available while a majority is up, and semi-active replication while one of its copies is.
#[test]
fn a_majority_or_all_but_one_of_the_copies_may_fail() {
    let active = ServiceConfig { value_faults: 0, ..ServiceConfig::default() };
    let voting = ServiceConfig { value_faults: 1, ..ServiceConfig::default() };
    let semi_active = ServiceConfig { mode: Mode::SemiActive, replicas: 5, ..ServiceConfig::default() };
    for failed in 0..=5 {
        assert_eq!(is_available(&active, 5, failed), failed <= 2, "active, {failed} of 5 fail");
        assert_eq!(is_available(&voting, 5, failed), failed <= 2, "active with a vote, {failed} of 5 fail");
        assert_eq!(is_available(&semi_active, 5, failed), failed <= 4, "semi-active, {failed} of 5 fail");
    }
}
