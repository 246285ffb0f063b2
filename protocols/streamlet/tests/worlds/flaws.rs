//! A flaw in the world in which others have shown it.

use sim_core::{ByzantineNemesis, Layer, Nemesis, Rhythm};
use streamlet::{StreamletConfig, StreamletFlaw};

use crate::{calm, ms};

fn with_flaw(name: &str) -> StreamletConfig {
    let flaw: StreamletFlaw = serde_json::from_str(&format!("{name:?}")).expect("the flaw is configurable");
    StreamletConfig { flaws: [flaw].into(), ..StreamletConfig::default() }
}

/// What the simulator of Twins was shown with: four nodes, one of which has a twin, and partitions.
#[test]
fn a_twin_and_partitions_are_enough_to_fork_a_chain_whose_votes_go_by_round_number() {
    let rhythm = Rhythm::new(ms(150), ms(300));
    let twins = ByzantineNemesis {
        layers: [Layer::Twins].into(),
        last_round: 66,
        partitioned_rounds: 12,
        ..ByzantineNemesis::new(rhythm)
    };
    let nemesis = Nemesis::of([], rhythm).byzantine(twins);
    let world = |config| calm(config, 4).nemesis(nemesis.clone());
    world(with_flaw("buggy-streamlet")).expect_violation("Consistency").check(0..2000);
    world(StreamletConfig::default()).check(0..100);
}
