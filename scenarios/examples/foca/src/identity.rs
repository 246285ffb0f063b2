//! Who a member is.

use serde::{Deserialize, Serialize};
use sim_core::NodeId;

/// A node, and which of its lives this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Identity {
    node: u32,
    generation: u32,
}

impl Identity {
    pub(crate) const fn new(node: NodeId, generation: u32) -> Self {
        Self { node: node.index(), generation }
    }

    pub(crate) const fn node(self) -> NodeId {
        NodeId::node(self.node)
    }

    pub(crate) const fn generation(self) -> u32 {
        self.generation
    }
}

impl foca::Identity for Identity {
    type Addr = u32;

    /// Whoever is held for down has a new life.
    fn renew(&self) -> Option<Self> {
        Some(Self { generation: self.generation + 1, ..*self })
    }

    fn addr(&self) -> u32 {
        self.node
    }

    fn win_addr_conflict(&self, adversary: &Self) -> bool {
        self.generation > adversary.generation
    }
}
