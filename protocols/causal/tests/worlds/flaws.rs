//! Every property has a flaw that breaks it, by itself.

use causal::{Causal, CausalFlaw};
use parts::stickiness::Stickiness::{Roaming, Sticky};
use sim_core::{DiskProfile, Fault, NodeId, Simulation, SystemUnderTest, ms};

use crate::{config, world};

/// Nodes whose disks are slow crash while they wait for them, boot, and at once lose their power.
fn power_fails_after_a_crash(world: Simulation<Causal>) -> Simulation<Causal> {
    let world = world.disk(DiskProfile { sync: (ms(10), ms(20)), ..DiskProfile::default() });
    (1..12).fold(world, |world, round: u64| {
        let (at, node) = (ms(100 * round), NodeId::node(round as u32 % 6));
        world
            .fault(Fault::crash(node).restart_after(ms(1)).at(at))
            .fault(Fault::crash(node).power_loss().restart_after(ms(20)).at(at + ms(5)))
    })
}

#[test]
fn every_property_has_a_flaw_that_breaks_it() {
    let flaws = [
        ("Unique Versions", CausalFlaw::TiesUnbroken, Sticky),
        ("Clock Condition", CausalFlaw::StampIgnoresDependencies, Sticky),
        ("Dependencies First", CausalFlaw::DropsDependencies, Sticky),
        ("Guarantees On Demand", CausalFlaw::IgnoresMonotonicReads, Roaming),
        ("Last Writer Wins", CausalFlaw::ArrivalOrder, Sticky),
        ("No Update Lost", CausalFlaw::RecoversUnsynced, Sticky),
        ("Causal+ Consistency", CausalFlaw::ArrivalOrder, Sticky),
    ];
    assert_eq!(
        flaws.map(|(property, ..)| property).as_slice(),
        Causal::PROPERTIES.iter().map(|property| property.name).collect::<Vec<_>>()
    );
    for (property, flaw, sessions) in flaws {
        let world = world(config(sessions, &[flaw])).only_properties([property]);
        let is_of_crashes = flaw == CausalFlaw::RecoversUnsynced;
        let world = if is_of_crashes { power_fails_after_a_crash(world) } else { world };
        world.expect_violation(property).check(0..100);
    }
}
