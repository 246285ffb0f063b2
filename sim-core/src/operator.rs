//! What an operator has a node do: change the membership, hand over the leadership.

use std::fmt;

use serde::Serialize;

use crate::process::NodeId;

/// Something that an operator asks of a node: one of the protocol's
/// [`ACTIONS`](crate::Protocol::ACTIONS), and the nodes that it is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OperatorAction {
    /// Which of them.
    pub name: String,
    /// About whom: the server to add, the next leader.
    pub nodes: Vec<NodeId>,
}

/// As in `add_server n3`.
impl fmt::Display for OperatorAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        self.nodes.iter().try_for_each(|node| write!(f, " {node}"))
    }
}
