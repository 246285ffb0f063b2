//! What a version of the ring says: who its members are, and which of them keep what.

use std::collections::{BTreeMap, BTreeSet};

use parts::placement::{Keepers, KeyRange, Partition, Ranges, Ring};
use sim_core::NodeId;

/// Who the members are, and, where keys are placed by ranges, which of them keep which range.
#[derive(Clone, Debug)]
pub(super) struct Table {
    pub(super) ring: Ring,
    pub(super) ranges: Option<Ranges<u32>>,
}

impl Table {
    /// That with ranges begins with one of all keys, which the first members keep, the first as its primary.
    pub(super) fn new(ring: Ring, has_ranges: bool, replication: usize) -> Self {
        let mut members = ring.members().map(|member| member.node);
        let primary = members.next().filter(|_| has_ranges);
        let replicas = members.take(replication.saturating_sub(1)).collect();
        let ranges = primary.map(|primary| Ranges::new(Keepers { primary, replicas }));
        Self { ring, ranges }
    }

    /// The nodes that keep a key, by ranges: its primary, the other replicas, and then those that keep it not.
    pub(super) fn by_range(&self, key: u32) -> Vec<NodeId> {
        let Some(ranges) = &self.ranges else { return Vec::new() };
        let keepers: Vec<NodeId> = ranges.of(&key).1.keepers.nodes().collect();
        let others = self.ring.members().map(|member| member.node).filter(|node| !keepers.contains(node));
        keepers.iter().copied().chain(others).collect()
    }

    /// The sets of replicas that keys had whose ranges have been given to a node in the table after this one.
    pub(super) fn replicas_before_gains(
        &self,
        after: &Self,
        node: NodeId,
        replication: usize,
    ) -> BTreeSet<BTreeSet<NodeId>> {
        let (Some(old), Some(new)) = (&self.ranges, &after.ranges) else {
            let moves = self.ring.moves(&after.ring, replication);
            let gains = moves.into_iter().filter(|part| part.gained().any(|gains| gains == node));
            return gains.map(|part| part.before).collect();
        };
        // Wherever the nodes change that keep a key, a range of one of the two begins.
        let starts: BTreeSet<u32> = old.iter().chain(new.iter()).map(|(range, _)| first(&range)).collect();
        let keepers = |ranges: &Ranges<u32>, key: u32| ranges.of(&key).1.keepers.nodes().collect::<BTreeSet<_>>();
        let gained = |key: &u32| keepers(new, *key).contains(&node) && !keepers(old, *key).contains(&node);
        starts.into_iter().filter(gained).map(|key| keepers(old, key)).collect()
    }

    /// A member has left, and in each range that it kept another takes its place: the one that keeps the fewest. Where it
    /// was the primary, a node becomes the primary that has the data.
    pub(super) fn replace(&mut self, node: NodeId) {
        let members: Vec<NodeId> = self.ring.members().map(|member| member.node).collect();
        let Some(ranges) = &mut self.ranges else { return };
        let parts = ranges.iter().map(|(range, Partition { keepers, .. })| (first(&range), keepers.clone()));
        let parts: Vec<(u32, Keepers)> = parts.collect();
        let kept_by = |node: &NodeId| parts.iter().filter(|(_, keepers)| keepers.nodes().any(|of| of == *node)).count();
        let mut kept: BTreeMap<NodeId, usize> = members.iter().map(|member| (*member, kept_by(member))).collect();
        for (start, mut keepers) in parts.iter().filter(|(_, keepers)| keepers.nodes().any(|of| of == node)).cloned() {
            let free = members.iter().copied().filter(|member| keepers.nodes().all(|of| of != *member));
            let Some(next) = free.min_by_key(|member| (kept[member], *member)) else { continue };
            if keepers.primary == node {
                keepers.primary = keepers.replicas.pop_first().unwrap_or(next);
            }
            keepers.replicas.remove(&node);
            keepers.replicas.extend([next].into_iter().filter(|next| *next != keepers.primary));
            kept.entry(next).and_modify(|count| *count += 1);
            ranges.assign(&start, keepers);
        }
    }

    /// A node becomes the primary of the range of this key. Unless it keeps it already, the primary before gives it away.
    pub(super) fn hand_to(&mut self, within: u32, node: NodeId) {
        let Some(ranges) = &mut self.ranges else { return };
        let Keepers { primary, mut replicas } = ranges.of(&within).1.keepers.clone();
        if replicas.remove(&node) {
            replicas.insert(primary);
        }
        ranges.assign(&within, Keepers { primary: node, replicas });
    }
}

/// The first key of a range.
pub(crate) fn first(range: &KeyRange<u32>) -> u32 {
    range.from.unwrap_or(0)
}
