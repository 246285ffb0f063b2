//! Ballot numbers.

use std::fmt;

use serde::Serialize;
use sim_core::NodeId;

/// The number of a ballot. They are ordered by their rounds, and those of one round by their nodes: no two nodes
/// share one (Lamport 2001, 2.2: proposers choose their numbers from disjoint sets).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Ballot {
    /// Counted from 1.
    pub round: u64,
    /// Whose it is.
    pub node: NodeId,
}

impl Ballot {
    /// Below all that anybody proposes with.
    pub const NONE: Self = Self { round: 0, node: NodeId::node(0) };

    /// The lowest of this node above it, in a round of its own.
    #[must_use]
    pub const fn next_of(self, node: NodeId) -> Self {
        Self { round: self.round + 1, node }
    }
}

/// As in `7.n2`.
impl fmt::Display for Ballot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.round, self.node)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_round_counts_before_the_node() {
        let of = |round, node| Ballot { round, node: NodeId::node(node) };
        assert!(of(1, 4) < of(2, 0) && of(2, 0) < of(2, 1));
        assert!(Ballot::NONE < of(1, 0));
        assert_eq!(of(2, 1).next_of(NodeId::node(0)), of(3, 0));
        assert_eq!(of(3, 0).to_string(), "3.n0");
    }
}
