//! Byzantine nodes drawn from the seed.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::{ByzantineNemesis, Duration, Layer, Rhythm};

use super::RhythmEntry;
use crate::file::place::{Mistakes, Place};
use crate::file::terms::Terms;
use crate::file::whole::Whole;

/// Which nodes are Byzantine, in which ways, and in which rounds of the protocol.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ByzantineEntry {
    /// How many at most; without, as many as the protocol claims to survive.
    #[schemars(range(min = 1))]
    nodes: Option<u32>,
    /// What they may be; without, all of it that the protocol knows.
    #[schemars(length(min = 1))]
    layers: Option<BTreeSet<LayerEntry>>,
    /// Rounds are drawn from 0 to this one.
    #[serde(default = "last_round")]
    last_round: u64,
    /// In how many rounds at most messages of one node are mutated.
    #[serde(default = "mutated_rounds")]
    mutated_rounds: Whole,
    /// In how many rounds at most the network is partitioned.
    #[serde(default = "partitioned_rounds")]
    partitioned_rounds: Whole,
    /// Mean time from one thing that is not aimed at rounds to the next.
    every: Duration,
    /// Mean time that one lasts.
    lasts: Duration,
}

/// A way of being Byzantine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum LayerEntry {
    /// Two processes under one identity.
    Twins,
    /// Messages that are mutated, withheld, late or old.
    Mutations,
    /// Scripts of the protocol.
    Adversaries,
}

fn last_round() -> u64 {
    ByzantineNemesis::new(Rhythm::default()).last_round
}

fn mutated_rounds() -> Whole {
    ByzantineNemesis::new(Rhythm::default()).mutated_rounds.into()
}

fn partitioned_rounds() -> Whole {
    ByzantineNemesis::new(Rhythm::default()).partitioned_rounds.into()
}

/// In more rounds than these nothing would be left alone.
const MOST_ROUNDS: u64 = 1000;

impl ByzantineEntry {
    pub(super) fn read(&self, place: &Place<'_>, terms: &Terms, mistakes: &mut Mistakes) -> ByzantineNemesis {
        if self.nodes == Some(0) {
            mistakes.push(place.key("nodes").mistake("nobody is Byzantine").with_help("leave `byzantine` out"));
        }
        if self.nodes.is_some_and(|nodes| nodes > terms.nodes) {
            mistakes.push(place.key("nodes").mistake(format!("there are only {} nodes", terms.nodes)));
        }
        if self.layers.as_ref().is_some_and(BTreeSet::is_empty) {
            mistakes.push(place.key("layers").mistake("Byzantine nodes that are none of this do nothing"));
        }
        if self.layers.as_ref().is_some_and(|layers| layers.contains(&LayerEntry::Adversaries))
            && terms.adversaries.is_empty()
        {
            let message = format!("`{}` has no adversaries", terms.protocol);
            mistakes.push(place.key("layers").mistake(message));
        }
        let mut rounds =
            |key, count| mistakes.check_number(&place.key(key), "a number of rounds", count, 0, MOST_ROUNDS) as u32;
        let mutated_rounds = rounds("mutated_rounds", self.mutated_rounds);
        let partitioned_rounds = rounds("partitioned_rounds", self.partitioned_rounds);
        let layer = |entry: &LayerEntry| match entry {
            LayerEntry::Twins => Layer::Twins,
            LayerEntry::Mutations => Layer::Mutations,
            LayerEntry::Adversaries => Layer::Adversaries,
        };
        let layers = self.layers.as_ref().map(|layers| layers.iter().map(layer).collect());
        ByzantineNemesis {
            nodes: self.nodes,
            layers: layers.unwrap_or_else(|| Layer::ALL.into()),
            last_round: self.last_round,
            mutated_rounds,
            partitioned_rounds,
            rhythm: RhythmEntry { every: self.every, lasts: self.lasts }.read(place, mistakes),
        }
    }
}
