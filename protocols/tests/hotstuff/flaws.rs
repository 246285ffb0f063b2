//! Every known flaw is found, and every property has one that breaks it.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use protocols::hotstuff::{HotStuff, HotStuffConfig, HotStuffFlaw};
use sim_core::{FlawInfo, Simulation, SystemUnderTest, available_jobs, sweep};

use crate::general::general;

/// In how many seeds of the general scenario each is found: several times as many as it took when
/// this was written.
const EFFORT: [(&str, u64); 12] = [
    ("two-chain-commit", 3000),
    ("vote-twice", 100),
    ("lock-not-updated", 10),
    ("stale-justify", 300),
    ("lock-amnesia", 50),
    ("counts-duplicates", 3000),
    ("no-dedup", 20),
    ("unsigned-commands", 300),
    ("rotates-every-view", 50),
    ("one-reply", 600),
    ("last-certificate-wins", 20),
    ("locks-early", 20),
];

/// Properties that others come before: with which flaw each fires when it alone is looked at.
const BY_ITSELF: [(&str, &str, u64); 2] =
    [("One Certificate A View", "counts-duplicates", 3000), ("Agreement", "two-chain-commit", 3000)];

#[test]
fn every_flaw_is_found_and_every_property_has_one_that_breaks_it() {
    let listed: Vec<&str> = HotStuff::FLAWS.iter().map(|info| info.name).collect();
    let tested: Vec<&str> = EFFORT.iter().map(|(name, _)| *name).collect();
    assert_eq!(tested, listed);
    let mut broken: BTreeSet<String> = EFFORT.iter().flat_map(|(name, seeds)| found(name, *seeds)).collect();
    for (property, flaw, seeds) in BY_ITSELF {
        broken.extend(sightings(&with_flaw(flaw).only_properties([property]), seeds));
    }
    for property in HotStuff::PROPERTIES {
        assert!(broken.contains(property.name), "nothing broke {}", property.name);
    }
}

fn with_flaw(name: &str) -> Simulation<HotStuff> {
    let flaw: HotStuffFlaw = serde_json::from_str(&format!("{name:?}")).expect("the flaw is configurable");
    general(HotStuffConfig { flaws: [flaw].into(), ..HotStuffConfig::default() }, 4)
}

/// How often a flaw is looked for.
const SIGHTINGS: usize = 12;

/// The properties by which the general scenario finds `name` within that many seeds; all of them the
/// flaw is listed for.
fn found(name: &str, seeds: u64) -> Vec<String> {
    let info: &FlawInfo = HotStuff::FLAWS.iter().find(|info| info.name == name).expect("the flaw is listed");
    let found = sightings(&with_flaw(name), seeds);
    assert!(!found.is_empty(), "{name} was not found in {seeds} seeds");
    for property in &found {
        assert!(info.violates.contains(&property.as_str()), "{name} violated {property}, which it is not listed for");
    }
    found
}

/// The properties that are violated within that many seeds, until they are enough.
fn sightings(simulation: &Simulation<HotStuff>, seeds: u64) -> Vec<String> {
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
