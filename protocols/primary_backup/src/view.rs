//! Views: who is the primary, and who its secondaries are.

use serde::Serialize;
use sim_core::NodeId;

/// Who does what, under one number, which is higher than that of any view before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct View {
    /// Its number, counted from 1; 0 before there is any. It is the epoch of what the primary adds to its log.
    pub number: u64,
    /// The primary.
    pub primary: NodeId,
    /// The secondaries that have all that is acknowledged, but for the lag: any of them can be promoted.
    pub passive: Vec<NodeId>,
    /// Secondaries that are being synchronised.
    pub recovering: Vec<NodeId>,
}

impl View {
    /// The view of a node that knows of none.
    pub(super) const fn none() -> Self {
        Self { number: 0, primary: NodeId::node(0), passive: Vec::new(), recovering: Vec::new() }
    }

    /// The primary and the passive secondaries: who can be the next primary.
    pub fn in_sync(&self) -> impl Iterator<Item = NodeId> {
        [self.primary].into_iter().filter(|_| self.number > 0).chain(self.passive.iter().copied())
    }

    /// All replicas.
    pub fn members(&self) -> impl Iterator<Item = NodeId> {
        self.in_sync().chain(self.recovering.iter().copied())
    }

    /// All replicas but the primary.
    pub(super) fn secondaries(&self) -> impl Iterator<Item = NodeId> {
        self.passive.iter().chain(&self.recovering).copied()
    }
}

/// What the view service says of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Status {
    /// It is the primary.
    Active,
    /// It is a secondary that has what it needs to be promoted.
    Passive,
    /// It is a secondary that is being synchronised.
    Recovering,
    /// Nothing is heard of it.
    Failed,
    /// It is no replica, and could become one.
    Spare,
}
