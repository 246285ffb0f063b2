//! Every property has a flaw that breaks it in a small world.

use protocols::bracha::{Bracha, BrachaConfig, BrachaFlaw};
use sim_core::{Misconduct, Simulation, SystemUnderTest};

use crate::calm;
use crate::common::{adversary, first_violated, lie};

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
