//! Every known flaw is found, and every property has one that breaks it.

use std::ops::ControlFlow;

use protocols::pbft::{Pbft, PbftConfig, PbftFlaw};
use sim_core::{FlawInfo, SystemUnderTest, available_jobs, sweep};

use crate::general::general;

/// How many seeds of the general scenario it takes: several times what it took when this was written.
const EFFORT: [(&str, u64); 16] = [
    ("weak-quorum", 100),
    ("accepts-second-proposal", 50),
    ("new-view-without-certificates", 200),
    ("unverified-certificates", 2000),
    ("stale-certificate-wins", 3000),
    ("no-null-requests", 200),
    ("unchecked-watermarks", 100),
    ("no-checkpoint-proof", 2000),
    ("executes-out-of-order", 20),
    ("executes-twice", 20),
    ("forged-requests", 500),
    ("trusts-one-reply", 50),
    ("unsynced-prepare", 50),
    ("unsynced-view", 50),
    ("few-write-replies", 5000),
    ("read-only-faulty-leader", 3000),
];

#[test]
fn every_flaw_is_found_and_every_property_has_one_that_breaks_it() {
    let listed: Vec<&str> = Pbft::FLAWS.iter().map(|info| info.name).collect();
    let tested: Vec<&str> = EFFORT.iter().map(|(name, _)| *name).collect();
    assert_eq!(tested, listed);
    let broken: Vec<String> = EFFORT.iter().flat_map(|(name, seeds)| check_found(name, *seeds)).collect();
    for property in Pbft::PROPERTIES {
        assert!(broken.iter().any(|name| name == property.name), "nothing broke {}", property.name);
    }
}

/// The general scenario finds `name` within that many seeds, and what it finds is what the flaw is
/// listed for. Looks on for a little, because most flaws break several properties.
fn check_found(name: &str, seeds: u64) -> Vec<String> {
    let info: &FlawInfo = Pbft::FLAWS.iter().find(|info| info.name == name).expect("the flaw is listed");
    let simulation = general(with_flaw(name), 4);
    let mut found = Vec::new();
    sweep(
        0..seeds,
        available_jobs(),
        |seed| simulation.run(seed).summary.verdict,
        |_, verdict| {
            found.extend(verdict.violation().map(|violation| violation.property.clone()));
            if found.is_empty() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        },
    );
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
