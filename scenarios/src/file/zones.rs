//! Zones: which nodes are close to one another.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::{NodeId, Zone};

use super::latency::Latency;
use super::place::{Mistakes, Place};
use super::selector::SelectorText;
use super::terms::Terms;
use crate::source::quoted;

/// Nodes that are close to one another, and how far they are from others.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ZoneEntry {
    /// Its nodes and clients, by name. A client that no zone names is in that of its node.
    nodes: Vec<SelectorText>,
    /// How long messages take within the zone and to others, by the other's name; where nothing is
    /// said, what the network says.
    #[serde(default)]
    latency: BTreeMap<String, Latency>,
}

/// All zones.
pub(super) fn read_zones(
    zones: &BTreeMap<String, ZoneEntry>,
    place: &Place<'_>,
    terms: &Terms,
    mistakes: &mut Mistakes,
) -> Vec<Zone> {
    let mut zone_of: BTreeMap<NodeId, &str> = BTreeMap::new();
    let all = zones.iter().map(|(name, zone): (_, &ZoneEntry)| {
        let place = place.key(name);
        if name.is_empty() {
            mistakes.push(place.key_mistake("a zone needs a name"));
        }
        let members = zone.read_members(&place.key("nodes"), terms, mistakes);
        for (number, id) in &members {
            if let Some(other) = zone_of.insert(*id, name) {
                let message = format!("{id} is in {} already", quoted(other));
                mistakes.push(place.key("nodes").index(*number).mistake(message));
            }
        }
        let latencies = zone.read_latencies(&place.key("latency"), terms, mistakes);
        Zone { name: name.clone(), members: members.into_iter().map(|(_, id)| id).collect(), latencies }
    });
    all.collect()
}

impl ZoneEntry {
    /// Its members, each with its place in the list.
    fn read_members(&self, place: &Place<'_>, terms: &Terms, mistakes: &mut Mistakes) -> Vec<(usize, NodeId)> {
        if self.nodes.is_empty() {
            mistakes.push(place.mistake("nobody is in this zone"));
        }
        let read = |(number, text): (usize, &SelectorText)| {
            text.read_id(&place.index(number), terms, mistakes).map(|id| (number, id))
        };
        self.nodes.iter().enumerate().filter_map(read).collect()
    }

    fn read_latencies(
        &self,
        place: &Place<'_>,
        terms: &Terms,
        mistakes: &mut Mistakes,
    ) -> BTreeMap<String, sim_core::Latency> {
        let known: Vec<&str> = terms.zones.iter().map(String::as_str).collect();
        let mut read = |(name, latency): (&String, &Latency)| {
            let place = place.key(name);
            mistakes.check_key(&place, "zone", name, &known);
            (name.clone(), latency.read(&place, mistakes))
        };
        self.latency.iter().map(&mut read).collect()
    }
}
