//! Configurations: which servers the chain consists of, in which order.

use serde::Serialize;
use sim_core::NodeId;

/// A configuration, under a number that is higher than that of any before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Chain {
    /// Its number, counted from 1; 0 before there is any. It is the epoch of what the head orders.
    pub number: u64,
    /// The servers, from the head to the tail.
    pub servers: Vec<NodeId>,
    /// A server behind the tail that is given the history, to become the next tail.
    pub joining: Option<NodeId>,
}

impl Chain {
    /// The configuration of a node that knows of none.
    pub(super) const fn none() -> Self {
        Self { number: 0, servers: Vec::new(), joining: None }
    }

    /// Who orders updates.
    pub fn head(&self) -> Option<NodeId> {
        self.servers.first().copied()
    }

    /// Who acknowledges updates.
    pub fn tail(&self) -> Option<NodeId> {
        self.servers.last().copied()
    }

    /// All servers, and the one that joins.
    pub fn members(&self) -> impl Iterator<Item = NodeId> {
        self.servers.iter().chain(&self.joining).copied()
    }

    /// To whom a member passes updates on.
    pub fn successor(&self, of: NodeId) -> Option<NodeId> {
        self.members().skip_while(|node| *node != of).nth(1)
    }

    /// From whom a member gets updates.
    pub fn predecessor(&self, of: NodeId) -> Option<NodeId> {
        self.members().take_while(|node| *node != of).last().filter(|_| self.members().any(|node| node == of))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_joins_stands_behind_the_tail() {
        let [a, b, c, d] = [1, 2, 3, 4].map(NodeId::node);
        let chain = Chain { number: 1, servers: vec![a, b], joining: Some(c) };
        assert_eq!((chain.head(), chain.tail()), (Some(a), Some(b)));
        assert_eq!([a, b, c, d].map(|node| chain.successor(node)), [Some(b), Some(c), None, None]);
        assert_eq!([a, b, c, d].map(|node| chain.predecessor(node)), [None, Some(a), Some(b), None]);
        assert_eq!((Chain::none().head(), Chain::none().tail()), (None, None));
    }
}
