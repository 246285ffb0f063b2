//! Placement: which nodes keep which keys.
//!
//! | placement | who keeps a key | source |
//! |---|---|---|
//! | [`fixed`] | the nodes after the key modulo their number; the nodes never change | textbooks |
//! | [`Ring`] | the first nodes after the key on a circle on which each node stands often; nodes join and leave | Karger et al. 1997; DeCandia et al. 2007 |
//! | [`Ranges`] | a primary and its replicas for each range of keys; ranges are split, merged and moved | Chang et al. 2006 |
//!
//! A [`Token`] is a place on the circle, and the hash of a key is one; a [`TokenRange`] is a part of the circle.
//! A zone is what fails together: a [`Ring`] puts the replicas of a key into as many zones as it can.
//!
//! # How many virtual nodes
//!
//! They have nothing to do with how many replicas a key has. The more of them, the more even is the load:
#![doc = include_str!("load.md")]

mod ranges;
mod ring;
mod token;

pub use ranges::{Keepers, KeyRange, Partition, Ranges, Refusal};
pub use ring::{Member, Move, Ring, moves_only_with};
pub use token::{Token, TokenRange};

use sim_core::NodeId;

/// The nodes that keep a key if nodes never join or leave: that at the key modulo their number, and those after it.
/// As many as there are to be replicas, or all, if there are fewer.
///
/// With one node more, nearly every key would move.
///
/// ```
/// use parts::placement::fixed;
/// use sim_core::NodeId;
///
/// let nodes: Vec<NodeId> = (0..4).map(NodeId::node).collect();
/// assert_eq!(fixed(&nodes, 7, 3).collect::<Vec<_>>(), [3, 0, 1].map(NodeId::node));
/// ```
pub fn fixed(nodes: &[NodeId], key: u64, replicas: usize) -> impl Iterator<Item = NodeId> {
    let first = key.checked_rem(nodes.len() as u64).unwrap_or(0) as usize;
    nodes[first..].iter().chain(&nodes[..first]).copied().take(replicas)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(nodes: u32, key: u64, replicas: usize, expected: &[u32]) {
        let nodes: Vec<_> = (0..nodes).map(NodeId::node).collect();
        let found: Vec<_> = fixed(&nodes, key, replicas).map(NodeId::index).collect();
        assert_eq!(found, expected, "{replicas} of {nodes:?} for {key}");
    }

    #[test]
    fn fixed_placement_takes_the_nodes_after_the_key_modulo_their_number() {
        check(5, 13, 3, &[3, 4, 0]);
        check(5, 4, 1, &[4]);
        check(2, 1, 3, &[1, 0]);
        check(3, 1, 0, &[]);
        check(0, 7, 3, &[]);
    }
}
