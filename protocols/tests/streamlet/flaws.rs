//! A flaw in the world in which others have shown it.

use protocols::streamlet::{StreamletConfig, StreamletFlaw};
use sim_core::{ByzantineNemesis, Layer, Rhythm};

use crate::common::{byzantine, first_violated, nemesis};
use crate::{calm, ms};

fn with_flaw(name: &str) -> StreamletConfig {
    let flaw: StreamletFlaw = serde_json::from_str(&format!("{name:?}")).expect("the flaw is configurable");
    StreamletConfig { flaws: [flaw].into(), ..StreamletConfig::default() }
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
