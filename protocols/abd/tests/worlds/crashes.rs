//! What nodes must have on their disks.

use abd::{Abd, AbdConfig, AbdFlaw};
use sim_core::{ClientProfile, DiskProfile, Fault, Milestone, NodeId, Simulation, ms, secs};

use crate::{asked, calm};

fn flawed(flaw: AbdFlaw) -> AbdConfig {
    AbdConfig { flaws: [flaw].into(), ..AbdConfig::default() }
}

/// Nodes whose disks are slow lose their power again and again, most of the time while they wait for their disks.
fn power_fails(config: AbdConfig) -> Simulation<Abd> {
    let clients = ClientProfile { operations: 100, attempts: 10, think: (ms(0), ms(5)), ..ClientProfile::default() };
    let world = asked(config, 3, clients, 80)
        .disk(DiskProfile { sync: (ms(5), ms(10)), ..DiskProfile::default() })
        .run_for(secs(8));
    (1..40).fold(world, |world, round| {
        let at = ms(100 * u64::from(round));
        world.fault(Fault::crash(NodeId::node(round % 3)).power_loss().restart_after(ms(5)).at(at))
    })
}

#[test]
fn what_a_node_has_said_it_has_on_its_disk() {
    power_fails(AbdConfig::default()).check(0..100);
    for (flaw, property) in [
        (AbdFlaw::AckBeforeSync, "Tag Never Decreases"),
        (AbdFlaw::UnsyncedTags, "One Tag A Write"),
        (AbdFlaw::ForgetsRequests, "One Tag A Write"),
        (AbdFlaw::TearsCopies, "Reads Return Writes"),
    ] {
        power_fails(flawed(flaw)).expect_violation(property).check(0..100);
    }
}

/// A client asks again at the same node, which has come back: the write keeps its tag.
#[test]
fn a_write_goes_on_under_its_tag_after_a_crash() {
    let crash = Fault::crash("all").restart_after(ms(20)).after(Milestone::event("Tagged", 3));
    let crashed = calm(AbdConfig::default(), 3).fault(crash);
    crashed.sometimes("Resumed").check(0..50);
}

/// Where a disk is replaced by an empty one, a majority may no longer know of what was written.
#[test]
fn disks_must_last() {
    let wiped = |node, at| Fault::crash(node).wiped().restart_after(ms(5)).at(ms(at));
    let world = calm(AbdConfig::default(), 3).fault(wiped("n0", 100)).fault(wiped("n1", 140));
    assert_eq!(world.run(0).summary.outside.safety.len(), 1);
    world.expect_violation("Tag Never Decreases").check(0..20);
}
