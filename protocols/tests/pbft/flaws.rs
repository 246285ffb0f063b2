//! Every known flaw is found, and every property has one that breaks it.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use protocols::pbft::{Pbft, PbftConfig, PbftFlaw};
use sim_core::{
    CutMode, FaultKind, FlawInfo, MessageFilter, NodeId, Selector, Sign, Simulation, SystemUnderTest, available_jobs,
    sweep,
};

use crate::byzantine::adversary;
use crate::general::general;
use crate::{at, calm, ms, node};

/// The world in which a flaw is looked for.
type World = fn(PbftConfig) -> Simulation<Pbft>;

fn four_nodes(config: PbftConfig) -> Simulation<Pbft> {
    general(config, 4)
}

/// How many seeds it takes in which world: several times the seeds it took when this was written.
/// Where the world is not the general one, that takes too long for a test.
const EFFORT: [(&str, World, u64); 21] = [
    ("weak-quorum", four_nodes, 100),
    ("accepts-second-proposal", four_nodes, 50),
    ("new-view-without-certificates", four_nodes, 200),
    ("unverified-certificates", lying_primaries, 100),
    ("stale-certificate-wins", four_nodes, 3000),
    ("no-null-requests", four_nodes, 200),
    ("unchecked-watermarks", four_nodes, 100),
    ("no-checkpoint-proof", four_nodes, 1000),
    ("executes-out-of-order", four_nodes, 20),
    ("executes-twice", four_nodes, 20),
    ("forged-requests", lying_primary, 10),
    ("trusts-one-reply", four_nodes, 50),
    ("unsynced-prepare", four_nodes, 50),
    ("unsynced-view", four_nodes, 50),
    ("few-write-replies", two_faced_primary, 200),
    ("read-only-faulty-leader", stranding_primary, 10),
    ("commits-before-prepared", four_nodes, 100),
    ("unsynced-commit", four_nodes, 100),
    ("tells-last-view-only", four_nodes, 100),
    ("small-new-view", four_nodes, 100),
    ("stable-without-state", four_nodes, 100),
];

/// Properties that others come before: with which flaw each fires when it alone is looked at.
const BY_ITSELF: [(&str, &str, World, u64); 2] = [
    ("Prepared Agreement", "weak-quorum", four_nodes, 100),
    ("Agreement", "unverified-certificates", lying_primaries, 100),
];

#[test]
fn every_flaw_is_found_and_every_property_has_one_that_breaks_it() {
    let listed: Vec<&str> = Pbft::FLAWS.iter().map(|info| info.name).collect();
    let tested: Vec<&str> = EFFORT.iter().map(|(name, ..)| *name).collect();
    assert_eq!(tested, listed);
    let mut broken: BTreeSet<String> =
        EFFORT.iter().flat_map(|(name, world, seeds)| found(name, *world, *seeds)).collect();
    for (property, flaw, world, seeds) in BY_ITSELF {
        broken.extend(sightings(&world(with_flaw(flaw)).only_properties([property]), seeds));
    }
    for property in Pbft::PROPERTIES {
        assert!(broken.contains(property.name), "nothing broke {}", property.name);
    }
}

/// How often a flaw is looked for.
const SIGHTINGS: usize = 6;

/// The properties by which the world finds `name` within that many seeds; all of them the flaw is
/// listed for.
fn found(name: &str, world: World, seeds: u64) -> Vec<String> {
    let info: &FlawInfo = Pbft::FLAWS.iter().find(|info| info.name == name).expect("the flaw is listed");
    let found = sightings(&world(with_flaw(name)), seeds);
    assert!(!found.is_empty(), "{name} was not found in {seeds} seeds");
    for property in &found {
        assert!(info.violates.contains(&property.as_str()), "{name} violated {property}, which it is not listed for");
    }
    found
}

fn with_flaw(name: &str) -> PbftConfig {
    let flaw: PbftFlaw = serde_json::from_str(&format!("{name:?}")).expect("the flaw is configurable");
    PbftConfig { flaws: [flaw].into(), read_only: true, ..PbftConfig::default() }
}

/// n1 lies when it is the primary, which it becomes because n0 is cut off now and then.
fn lying_primaries(config: PbftConfig) -> Simulation<Pbft> {
    let cut_off = |millis| {
        let groups = vec![vec![node(0)], vec![Selector::Others]];
        at(millis, FaultKind::Partition { groups, mode: CutMode::Drop, rounds: None }).lasting(ms(150))
    };
    let group = calm(config, 4).fault(at(0, adversary("silent-then-lying-primary", &[1])));
    [300, 600, 900, 1200, 1500, 1800].into_iter().fold(group, |group, millis| group.fault(cut_off(millis)))
}

/// One process of the primary keeps up with n1, the other is left behind with n3; n2 is late.
fn two_faced_primary(config: PbftConfig) -> Simulation<Pbft> {
    let side = |replicas: &[NodeId]| {
        let clients = (0..3).map(NodeId::client);
        replicas.iter().copied().chain(clients).map(Selector::Node).collect::<Vec<_>>()
    };
    let n = NodeId::node;
    let groups = vec![side(&[n(0), n(1), n(2)]), side(&[n(0).twin(), n(3)])];
    let partition = FaultKind::Partition { groups, mode: CutMode::Drop, rounds: None };
    let messages = MessageFilter { kind: Some("Commit".to_owned()), ..MessageFilter::ALL };
    let late = FaultKind::Omission { from: None, to: Some(node(2)), messages };
    calm(config, 4)
        .fault(at(0, FaultKind::Twin { targets: node(0) }))
        .fault(at(200, partition).lasting(ms(2000)))
        .fault(at(200, late).lasting(ms(2000)))
}

fn lying_primary(config: PbftConfig) -> Simulation<Pbft> {
    calm(config, 4).fault(at(0, adversary("silent-then-lying-primary", &[0])))
}

fn stranding_primary(config: PbftConfig) -> Simulation<Pbft> {
    calm(config, 4)
        .fault(at(0, adversary("stranding-primary", &[0])))
        .heal_at(ms(1000))
        .heal_core(vec![Selector::Correct])
        .signs_of_progress(vec![Sign::Operation, Sign::Convergence])
        .progress_within(ms(4000))
        .run_for(ms(6000))
}

/// The properties that are violated within that many seeds, until they are enough.
fn sightings(simulation: &Simulation<Pbft>, seeds: u64) -> Vec<String> {
    let mut found = Vec::new();
    sweep(
        0..seeds,
        available_jobs(),
        |seed| simulation.run(seed).summary.verdict,
        |_, verdict| {
            found.extend(verdict.violation().map(|violation| violation.property.clone()));
            if found.len() < SIGHTINGS { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        },
    );
    found
}
