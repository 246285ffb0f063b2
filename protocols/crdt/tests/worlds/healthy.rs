//! What holds without flaws, whatever happens that the model allows.

use crdt::types::Kind;
use crdt::{Crdt, CrdtConfig, CrdtWorkload};
use sim_core::{ClientProfile, Fault, Nemesis, ProtocolConfig, Simulation, ms};

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

/// All but the first leave again and again, two at a time, and join under new names.
#[test]
fn replicas_that_come_and_go_lose_nothing() {
    for replication in REPLICATIONS {
        let world = promising(world(config(replication, &[]), CrdtWorkload::default()));
        let world = (0..6).fold(world, |world, round| {
            let both = |action| Fault::operate("all", action).nodes(["n1", "n2"]);
            world.fault(both("leave").at(ms(100 + 400 * round))).fault(both("join").at(ms(300 + 400 * round)))
        });
        let left_and_joined = |seed| {
            let story = world.run_traced(seed).trace.expect("it was asked for").story().to_string();
            ["Left", "Joined"].iter().all(|event| story.contains(&format!("n2   announces {event}")))
        };
        assert!((0..10).any(left_and_joined), "{replication:?}");
        world.check(0..60);
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
