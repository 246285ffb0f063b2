//! Gossiped heartbeat counters (van Renesse, Minsky and Hayden 1998).

use std::collections::BTreeMap;

use serde::Serialize;
use sim_core::NodeId;

use super::stamp::{Stamp, is_news};

/// The highest counter that is known of each node. A node counts up its own, and merges the tables that others send:
/// the maximum of each counter. A counter that has not grown for a while belongs to a suspect.
///
/// *Class*: that of the timeout on the counters, which must exceed what a counter takes to come around.
///
/// The paper forgets a failed member after twice the timeout, lest an old table bring it back. Here a counter is never
/// forgotten, so that no old table can.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counters(BTreeMap<NodeId, Stamp>);

impl Counters {
    /// Sets a node's own counter.
    pub fn beat(&mut self, me: NodeId, stamp: Stamp) {
        self.0.insert(me, stamp);
    }

    /// Takes in what another node knows. Which counters have grown, each with its new value.
    pub fn merge(&mut self, other: &Self) -> Vec<(NodeId, Stamp)> {
        let mut grown = Vec::new();
        for (node, stamp) in &other.0 {
            let mut known = self.0.get(node).copied();
            if is_news(&mut known, *stamp) {
                self.0.insert(*node, *stamp);
                grown.push((*node, *stamp));
            }
        }
        grown
    }

    /// Forgets the counter of a node. The next table that has it brings it back: so the paper waits until nobody has
    /// it.
    pub fn forget(&mut self, node: NodeId) {
        self.0.remove(&node);
    }

    /// The counter of a node, if it is known.
    pub fn get(&self, node: NodeId) -> Option<Stamp> {
        self.0.get(&node).copied()
    }

    /// All counters.
    pub fn iter(&self) -> impl Iterator<Item = (NodeId, Stamp)> {
        self.0.iter().map(|(node, stamp)| (*node, *stamp))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_only_grow() {
        let stamp = |boot, beat| Stamp { boot, beat };
        let [a, b, c] = [0, 1, 2].map(NodeId::node);
        let (mut mine, mut theirs) = (Counters::default(), Counters::default());
        mine.beat(a, stamp(1, 9));
        mine.beat(b, stamp(1, 4));
        theirs.beat(a, stamp(1, 3));
        theirs.beat(b, stamp(2, 0));
        theirs.beat(c, stamp(1, 1));
        assert_eq!(mine.merge(&theirs), [(b, stamp(2, 0)), (c, stamp(1, 1))]);
        assert_eq!((mine.get(a), mine.merge(&theirs)), (Some(stamp(1, 9)), vec![]));
        assert_eq!(mine.iter().count(), 3);
        mine.forget(b);
        assert_eq!((mine.get(b), mine.merge(&theirs)), (None, vec![(b, stamp(2, 0))]));
    }
}
