//! Every property has a flaw that breaks it in a small world.

use bracha::{Bracha, BrachaConfig, BrachaFlaw};
use sim_core::{Fault, Simulation, SystemUnderTest};

use crate::calm;

/// The world in which a flaw is looked for.
type World = fn(BrachaConfig) -> Simulation<Bracha>;

fn with_flaw(name: &str) -> BrachaConfig {
    let flaw: BrachaFlaw = serde_json::from_str(&format!("{name:?}")).expect("the flaw is configurable");
    BrachaConfig { flaws: [flaw].into(), ..BrachaConfig::default() }
}

/// Each by its flaw in the smallest world that breaks it.
#[test]
fn every_property_has_a_flaw_that_breaks_it() {
    let worlds: [(&str, &str, World); 4] = [
        ("Consistency", "counts-any-payload", |config| calm(config, 4).fault(Fault::adversary("equivocator", ["n3"]))),
        ("Integrity", "counts-duplicates", |config| calm(config, 4).fault(Fault::adversary("forger", ["n3"]))),
        ("Totality", "no-amplification", |config| calm(config, 4).fault(Fault::adversary("favourite", ["n3"]))),
        ("Validity", "n-3f", |config| calm(config, 4).fault(Fault::silence("n1"))),
    ];
    assert_eq!(
        worlds.map(|(property, ..)| property).as_slice(),
        Bracha::PROPERTIES.iter().map(|of| of.name).collect::<Vec<_>>()
    );
    for (property, flaw, world) in worlds {
        world(with_flaw(flaw)).expect_violation(property).check(0..20);
        world(BrachaConfig::default()).check(0..20);
    }
}
