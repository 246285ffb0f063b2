//! Every known flaw is found, and every property has one that breaks it.

use protocols::bracha::{Bracha, BrachaConfig, BrachaFlaw};
use sim_core::{Misconduct, Simulation, SystemUnderTest};

use crate::common::{adversary, check_found, first_violated, lie};
use crate::{calm, general};

/// The world in which a flaw is looked for.
type World = fn(BrachaConfig) -> Simulation<Bracha>;

fn anything(config: BrachaConfig) -> Simulation<Bracha> {
    general(config, 4)
}

/// How many seeds it takes: several times the seeds it took when this was written.
const EFFORT: [(&str, u64); 9] = [
    ("n-3f", 50),
    ("echo-threshold", 300),
    ("no-amplification", 200),
    ("delivers-at-f-plus-1", 500),
    ("counts-any-payload", 50),
    ("counts-duplicates", 50),
    ("trusts-origin", 100),
    ("acks-before-sync", 50),
    ("recovers-unsynced", 5000),
];

fn with_flaw(name: &str) -> BrachaConfig {
    let flaw: BrachaFlaw = serde_json::from_str(&format!("{name:?}")).expect("the flaw is configurable");
    BrachaConfig { flaws: [flaw].into(), ..BrachaConfig::default() }
}

#[test]
fn every_flaw_is_found() {
    let listed: Vec<&str> = Bracha::FLAWS.iter().map(|info| info.name).collect();
    assert_eq!(EFFORT.map(|(name, _)| name).as_slice(), listed);
    for (info, (name, seeds)) in Bracha::FLAWS.iter().zip(EFFORT) {
        check_found(info, &anything(with_flaw(name)), seeds);
    }
}

/// Each by its flaw in the smallest world that breaks it.
#[test]
fn every_property_has_a_flaw_that_breaks_it() {
    let worlds: [(&str, &str, World); 4] = [
        ("Consistency", "counts-any-payload", |config| calm(config, 4).fault(adversary("equivocator", [3]))),
        ("Integrity", "counts-duplicates", |config| calm(config, 4).fault(adversary("forger", [3]))),
        ("Totality", "no-amplification", |config| calm(config, 4).fault(adversary("favourite", [3]))),
        ("Validity", "n-3f", |config| calm(config, 4).fault(lie(1, &[], Misconduct::Silence))),
    ];
    assert_eq!(
        worlds.map(|(property, ..)| property).as_slice(),
        Bracha::PROPERTIES.iter().map(|of| of.name).collect::<Vec<_>>()
    );
    for (property, flaw, world) in worlds {
        assert_eq!(first_violated(&world(with_flaw(flaw)), 20).as_deref(), Some(property), "{flaw}");
        world(BrachaConfig::default()).check(0..20);
    }
}
