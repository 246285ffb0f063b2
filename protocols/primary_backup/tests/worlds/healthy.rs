//! What holds without flaws, whatever happens that the model allows, and which nodes may fail.

use parts::kv::KvWorkload;
use primary_backup::{BackupConfig, Failover, Reads, Shipping, ViewServiceKind};
use sim_core::consistency::Level;
use sim_core::{ClientProfile, Fault, Nemesis, Operation, OperationOutcome, ProtocolConfig, ms, secs};

use crate::world;

#[test]
fn all_faults_that_the_model_allows_are_survived() {
    for shipping in [Shipping::Synchronous, Shipping::Asynchronous] {
        for (reads, failover) in [(Reads::Leased, Failover::Automatic), (Reads::Confirmed, Failover::Operator)] {
            let config = BackupConfig { shipping, reads, failover, ..BackupConfig::default() };
            let nemesis = Nemesis::within(&config.model());
            world(config, 6).nemesis(nemesis).heal_at(ms(2000)).check(0..40);
        }
    }
}

#[test]
fn other_view_services_survive_what_the_model_allows() {
    for (view_service, nodes) in [(ViewServiceKind::Raft, 7), (ViewServiceKind::Infallible, 4)] {
        for shipping in [Shipping::Synchronous, Shipping::Asynchronous] {
            let config = BackupConfig { view_service, shipping, ..BackupConfig::default() };
            let nemesis = Nemesis::within(&config.model());
            world(config, nodes).nemesis(nemesis).heal_at(ms(2000)).check(0..40);
        }
    }
}

/// Theorem 2, at its strongest: all but one fail at once, and each operation is answered in time. What has stopped does
/// not come back with the heal.
#[test]
fn of_f_replicas_all_but_one_may_fail_at_once_where_failures_are_detected_without_mistakes() {
    for shipping in [Shipping::Synchronous, Shipping::Asynchronous] {
        let view_service = ViewServiceKind::Infallible;
        let config = BackupConfig { view_service, shipping, ..BackupConfig::default() };
        let clients = ClientProfile { count: 2, attempts: 60, timeout: ms(150), ..ClientProfile::default() };
        let world = world(config, 4).workload(clients, KvWorkload::default());
        let world = ["n1", "n3"].into_iter().fold(world, |world, node| world.fault(Fault::crash(node).at(ms(500))));
        let world = world.heal_at(ms(1000)).run_for(secs(15));
        world.check(0..20);
        let history = world.run(1).history;
        assert!(history.iter().all(|(_, operation)| operation.reply().is_some()));
    }
}

/// All replicas but one fail one after the other, and those that are left go on. With the last one all ends.
#[test]
fn of_f_replicas_all_but_one_may_fail() {
    for failed in 0..=3 {
        let crash = |node: u32| Fault::crash(format!("n{node}").as_str()).at(ms(1000 * u64::from(node)));
        let config = BackupConfig { replicas: 3, ..BackupConfig::default() };
        let clients = ClientProfile { count: 2, think: (ms(40), ms(60)), timeout: ms(150), ..ClientProfile::default() };
        let world = world(config, 4).workload(clients, KvWorkload::default()).consistency(Level::Linearizable);
        let world = (1..=failed).fold(world.run_for(secs(15)), |world, node| world.fault(crash(node)));
        world.check(0..10);
        let history = world.run(1).history;
        let is_told = |operation: &Operation<_, _>| matches!(operation.outcome, OperationOutcome::Ok { .. });
        let all_are_told = history.iter().all(|(_, operation)| is_told(operation));
        assert_eq!(all_are_told, failed < 3, "{failed} of 3 replicas fail");
    }
}
