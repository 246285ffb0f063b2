//! What holds without flaws, whatever happens that the model allows.

use crdt::types::Kind;
use crdt::{Crdt, CrdtConfig, CrdtWorkload};
use sim_core::{ClientProfile, Nemesis, ProtocolConfig, Simulation, ms};

use crate::{REPLICATIONS, config, promising, world};

#[test]
fn all_faults_that_the_model_allows_are_survived() {
    let nemesis = Nemesis::within(&CrdtConfig::default().model());
    for replication in REPLICATIONS {
        let world = promising(world(config(replication, &[]), CrdtWorkload::default()));
        world.nemesis(nemesis.clone()).heal_at(ms(2000)).check(0..60);
    }
}

/// Each type by itself, so that many updates meet on it.
#[test]
fn every_type_keeps_what_it_promises_however_it_is_replicated() {
    for kind in Kind::ALL {
        for replication in REPLICATIONS {
            let workload = CrdtWorkload { objects: vec![*kind], ..CrdtWorkload::default() };
            promising(world(config(replication, &[]), workload)).check(0..15);
        }
    }
}

/// A group of one has nobody to tell.
#[test]
fn a_single_replica_answers_by_itself() {
    let clients = ClientProfile { count: 2, operations: 30, ..ClientProfile::default() };
    for replication in REPLICATIONS {
        let world = Simulation::<Crdt>::of(config(replication, &[]), 1);
        world.workload(clients, CrdtWorkload::default()).run_for(ms(3000)).check(0..5);
    }
}
