//! Every known flaw is found, and every property has one that breaks it.

use protocols::streamlet::{Streamlet, StreamletConfig, StreamletFlaw};
use sim_core::{ByzantineNemesis, Layer, PROGRESS, Rhythm, SystemUnderTest};

use crate::common::{byzantine, check_found, first_violated, nemesis};
use crate::{calm, general, ms};

/// How many seeds of the general world it takes: several times the seeds it took when this was
/// written.
const EFFORT: [(&str, u64); 8] = [
    ("buggy-streamlet", 500),
    ("finalizes-two", 8000),
    ("ignores-epochs", 8000),
    ("votes-twice", 50),
    ("vote-amnesia", 50),
    ("small-quorum", 50),
    ("trusts-signatures", 1000),
    ("no-catch-up", 50),
];

fn with_flaw(name: &str) -> StreamletConfig {
    let flaw: StreamletFlaw = serde_json::from_str(&format!("{name:?}")).expect("the flaw is configurable");
    StreamletConfig { flaws: [flaw].into(), ..StreamletConfig::default() }
}

#[test]
fn every_flaw_is_found_and_every_property_has_one_that_breaks_it() {
    let listed: Vec<&str> = Streamlet::FLAWS.iter().map(|info| info.name).collect();
    assert_eq!(EFFORT.map(|(name, _)| name).as_slice(), listed);
    let found = |(info, (name, seeds))| check_found(info, &general(with_flaw(name), 4), seeds);
    let broken: Vec<String> = Streamlet::FLAWS.iter().zip(EFFORT).map(found).collect();
    let properties = Streamlet::PROPERTIES.iter().map(|property| property.name);
    for property in properties.chain([PROGRESS]) {
        assert!(broken.iter().any(|name| name == property), "nothing broke {property}");
    }
}

/// What the simulator of Twins was shown with: four nodes, one of which has a twin, and partitions.
#[test]
fn a_twin_and_partitions_are_enough_to_fork_a_chain_whose_votes_go_by_round_number() {
    let layers = [Layer::Twins].into();
    let twins = ByzantineNemesis { layers, ..byzantine(66, 12, Rhythm { between: ms(150), lasts: ms(300) }) };
    let world = |config| calm(config, 4).nemesis(nemesis(twins.clone(), &[]));
    assert_eq!(first_violated(&world(with_flaw("buggy-streamlet")), 2000).as_deref(), Some("Consistency"));
    world(StreamletConfig::default()).check(0..100);
}
