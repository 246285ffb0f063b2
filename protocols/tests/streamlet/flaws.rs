//! A flaw in the world in which others have shown it.

use std::collections::BTreeMap;

use protocols::streamlet::{StreamletConfig, StreamletFlaw};
use sim_core::{ByzantineNemesis, Layer, Nemesis, Rhythm};

use crate::common::first_violated;
use crate::{calm, ms};

fn with_flaw(name: &str) -> StreamletConfig {
    let flaw: StreamletFlaw = serde_json::from_str(&format!("{name:?}")).expect("the flaw is configurable");
    StreamletConfig { flaws: [flaw].into(), ..StreamletConfig::default() }
}

/// What the simulator of Twins was shown with: four nodes, one of which has a twin, and partitions.
#[test]
fn a_twin_and_partitions_are_enough_to_fork_a_chain_whose_votes_go_by_round_number() {
    let twins = ByzantineNemesis {
        nodes: None,
        layers: [Layer::Twins].into(),
        last_round: 66,
        mutated_rounds: 4,
        partitioned_rounds: 12,
        rhythm: Rhythm { between: ms(150), lasts: ms(300) },
    };
    let nemesis = Nemesis { families: BTreeMap::new(), byzantine: Some(twins), swarm: true, unrestricted: false };
    let world = |config| calm(config, 4).nemesis(nemesis.clone());
    assert_eq!(first_violated(&world(with_flaw("buggy-streamlet")), 2000).as_deref(), Some("Consistency"));
    world(StreamletConfig::default()).check(0..100);
}
