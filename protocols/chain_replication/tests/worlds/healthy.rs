//! What holds without flaws, whatever happens that the model allows, and which nodes may fail.

use chain_replication::{ChainConfig, Detector, Fencing, Reads};
use parts::kv::KvWorkload;
use sim_core::consistency::Level;
use sim_core::{ClientProfile, Fault, Nemesis, Operation, OperationOutcome, ProtocolConfig, ms, secs};

use crate::world;

#[test]
fn all_faults_that_the_model_allows_are_survived() {
    for reads in [Reads::Tail, Reads::Apportioned, Reads::Eventual, Reads::Bounded] {
        for (detector, fencing) in [
            (Detector::Heartbeats, Fencing::Leased),
            (Detector::Heartbeats, Fencing::Confirmed),
            (Detector::Perfect, Fencing::Leased),
        ] {
            let config = ChainConfig { reads, detector, fencing, ..ChainConfig::default() };
            let nemesis = Nemesis::within(&config.model());
            world(config, 6).nemesis(nemesis).heal_at(ms(2000)).check(0..25);
        }
    }
}

/// Fail-stop servers and a perfect detector: while one of f servers is left, whatever is asked for is answered within a
/// second. With the last one all ends.
#[test]
fn of_f_servers_all_but_one_may_fail() {
    for failed in 0..=4 {
        let crash = |node: u32| Fault::crash(format!("n{node}").as_str()).at(ms(700 * u64::from(node)));
        let config = ChainConfig { length: 4, detector: Detector::Perfect, ..ChainConfig::default() };
        let clients = ClientProfile { count: 2, think: (ms(40), ms(60)), timeout: ms(150), ..ClientProfile::default() };
        let world = world(config, 5).workload(clients, KvWorkload::default()).consistency(Level::Linearizable);
        let world = (1..=failed).fold(world.run_for(secs(15)), |world, node| world.fault(crash(node)));
        let world = if failed < 4 { world.every_request_is_granted(secs(1)) } else { world };
        world.check(0..10);
        let history = world.run(1).history;
        let is_told = |operation: &Operation<_, _>| matches!(operation.outcome, OperationOutcome::Ok { .. });
        let all_are_told = history.iter().all(|(_, operation)| is_told(operation));
        assert_eq!(all_are_told, failed < 4, "{failed} of 4 servers fail");
    }
}
