//! A run that a person can read, compared with what was accepted. `cargo insta review` shows how a change of the
//! protocol changes it.

use crdt::types::Kind;
use crdt::{Change, Crdt, CrdtConfig, CrdtOp, CrdtWorkload};
use sim_core::{ClientProfile, Fault, Latency, LinkProfile, Simulation, ms};

/// Two replicas that are cut off from each other: on one side an element is removed, on the other it is added again.
/// Each sends the other only what it lacks, and the add wins.
#[test]
fn an_add_wins_over_a_remove_on_the_other_side_of_a_partition() {
    let object = Kind::OrSet;
    let read = CrdtOp::Read { object };
    let update = |change| CrdtOp::Update { object, change };
    let left = [update(Change::Add(7)), update(Change::Remove(7)), read.clone(), read.clone(), read.clone()];
    let right = [read.clone(), update(Change::Add(7)), read.clone(), read.clone(), read];
    let clients = ClientProfile { count: 2, operations: 5, think: (ms(40), ms(50)), ..ClientProfile::default() };
    let outcome = Simulation::<Crdt>::of(CrdtConfig::default(), 2)
        .network(LinkProfile { latency: Latency::Uniform(ms(1), ms(5)), ..LinkProfile::default() })
        .workload(clients, CrdtWorkload::default())
        .operations(vec![left.to_vec(), right.to_vec()])
        .fault(Fault::partition([["n0", "c0"], ["n1", "c1"]]).at(ms(80)).lasting(ms(90)))
        .run_for(ms(300))
        .run_traced(1);
    insta::assert_snapshot!(outcome.trace.expect("it was asked for").story());
}
