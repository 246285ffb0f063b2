//! Places that are near to or far from one another.

use std::collections::BTreeMap;

use super::Latency;
use crate::process::NodeId;

/// Nodes that are close to one another, and how far they are from others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    /// Its name.
    pub name: String,
    /// Its nodes and clients. A client that no zone names is in that of its node.
    pub members: Vec<NodeId>,
    /// How long messages take within the zone and to others, by the other's name; where nothing is
    /// said, what the links' profile says.
    pub latencies: BTreeMap<String, Latency>,
}

/// How long messages take from zone to zone.
#[derive(Debug)]
pub(crate) struct ZoneLatencies {
    zone_of: Vec<Option<u32>>,
    between: BTreeMap<(u32, u32), Latency>,
}

impl ZoneLatencies {
    /// Nothing if all links are alike. `zone_of` names the zone of each process by its place.
    pub(crate) fn new(zones: &[Zone], zone_of: Vec<Option<u32>>) -> Option<Self> {
        let place = |name: &str| (0..).zip(zones).find(|(_, zone)| zone.name == name).map(|(place, _)| place);
        let mut between = BTreeMap::new();
        for (here, zone) in (0..).zip(zones) {
            for (name, latency) in &zone.latencies {
                if let Some(there) = place(name) {
                    between.insert((here, there), *latency);
                    between.entry((there, here)).or_insert(*latency);
                }
            }
        }
        (!between.is_empty()).then_some(Self { zone_of, between })
    }

    pub(super) fn latency(&self, from: u32, to: u32) -> Option<&Latency> {
        let of = |process: u32| self.zone_of.get(process as usize).copied().flatten();
        self.between.get(&(of(from)?, of(to)?))
    }
}
