//! Every flaw is found in a small world, and every property has one that breaks it.

use crdt::types::Kind;
use crdt::{Crdt, CrdtFlaw, CrdtWorkload, Replication};
use sim_core::{Fault, Simulation, SystemUnderTest, ms};

use crate::{config, world};

fn flawed(flaw: CrdtFlaw, replication: Replication, objects: &[Kind]) -> Simulation<Crdt> {
    let workload = CrdtWorkload { objects: objects.to_vec(), elements: 2, ..CrdtWorkload::default() };
    world(config(replication, &[flaw]), workload)
}

/// Replicas lose their power again and again.
fn failing(world: Simulation<Crdt>) -> Simulation<Crdt> {
    (1..12).fold(world, |world, round| {
        let crash = Fault::crash("random:1").power_loss().restart_after(ms(20));
        world.fault(crash.at(ms(100 * round)))
    })
}

#[test]
fn every_property_has_a_flaw_that_breaks_it() {
    let flaws = [
        ("Unique Names", CrdtFlaw::TellsBeforeSync, Replication::Delta, Kind::OrSet),
        ("Causal Delivery", CrdtFlaw::DeltaGap, Replication::Delta, Kind::OrSet),
        ("Concurrency Semantics", CrdtFlaw::OverwritesOwnOnly, Replication::State, Kind::MvRegister),
        ("Strong List Specification", CrdtFlaw::UnsortableIds, Replication::Operation, Kind::Rga),
        ("Forward Non-Interleaving", CrdtFlaw::LateInsert, Replication::Operation, Kind::Rga),
    ];
    assert_eq!(
        flaws.map(|(property, ..)| property).as_slice(),
        Crdt::PROPERTIES.iter().map(|property| property.name).collect::<Vec<_>>()
    );
    for (property, flaw, replication, kind) in flaws {
        let world = flawed(flaw, replication, &[kind]).only_properties([property]);
        let world = if flaw == CrdtFlaw::TellsBeforeSync { failing(world) } else { world };
        world.expect_violation(property).check(0..100);
    }
}

/// A replica that comes back takes what others have acknowledged for the deltas that it makes now.
#[test]
fn numbers_of_deltas_must_outlive_a_crash() {
    let world = failing(flawed(CrdtFlaw::IntervalsBeginAnew, Replication::Delta, &[Kind::OrSet]));
    world.expect_violation("Causal Delivery").check(0..100);
}
