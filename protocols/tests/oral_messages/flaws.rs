//! Every known flaw is found, and every property has one that breaks it.

use protocols::oral_messages::{General, OralMessagesConfig, OralMessagesFlaw};
use sim_core::SystemUnderTest;

use crate::common::check_found;
use crate::general;

/// How many seeds of the general world it takes: several times the seeds it took when this was
/// written.
const EFFORT: [(&str, u64); 6] = [
    ("n-3m", 50),
    ("skips-last-round", 50),
    ("no-default", 2000),
    ("waits-for-missing", 200),
    ("accepts-late", 30_000),
    ("trusts-path", 500),
];

fn with_flaw(name: &str) -> OralMessagesConfig {
    let flaw: OralMessagesFlaw = serde_json::from_str(&format!("{name:?}")).expect("the flaw is configurable");
    OralMessagesConfig { flaws: [flaw].into(), ..OralMessagesConfig::default() }
}

#[test]
fn every_flaw_is_found_and_every_property_has_one_that_breaks_it() {
    let listed: Vec<&str> = General::FLAWS.iter().map(|info| info.name).collect();
    assert_eq!(EFFORT.map(|(name, _)| name).as_slice(), listed);
    let found = |(info, (name, seeds))| check_found(info, &general(with_flaw(name), 4), seeds);
    let broken: Vec<String> = General::FLAWS.iter().zip(EFFORT).map(found).collect();
    for property in General::PROPERTIES {
        assert!(broken.iter().any(|name| name == property.name), "nothing broke {}", property.name);
    }
}

#[test]
fn too_few_generals_are_too_few_for_two_traitors_as_well() {
    let config = OralMessagesConfig { m: 2, ..with_flaw("n-3m") };
    check_found(&General::FLAWS[0], &general(config, 7), 100);
}
