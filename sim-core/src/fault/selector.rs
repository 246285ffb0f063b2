//! Whom a fault hits.

use crate::process::NodeId;

/// Names processes, some of them only at the moment when the fault begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selector {
    /// This node, or this client.
    Node(NodeId),
    /// Whoever announced last that it has this role. If nobody has it, the fault waits.
    Role(String),
    /// All nodes that no other selector of the fault names.
    Others,
    /// This many nodes, drawn from those that no earlier selector of the fault names.
    Random(u32),
    /// As many random nodes as can fail while a majority is left.
    Minority,
    /// The smallest majority, of random nodes.
    Majority,
    /// A random majority, and as many more random nodes as it takes for them to have, by the
    /// protocol's own account, what it takes to make progress alone. Only for the core of a heal.
    Quorum,
    /// All nodes and clients that this zone names.
    Zone(String),
    /// All nodes, twins among them.
    All,
    /// All nodes that no fault has made Byzantine.
    Correct,
    /// All clients.
    Clients,
    /// Whom the step before in the sequence has hit.
    Same,
}
