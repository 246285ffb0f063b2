//! What Streamlet takes for granted, and what it needs to make progress.

use sim_core::{NodeId, Outlook, TraceHasher};

use super::node::Streamlet;

/// Two thirds of the nodes must be up and connected.
///
/// # Errors
/// That they are not.
pub(super) fn can_progress(outlook: &Outlook<'_, Streamlet>) -> Result<(), String> {
    let nodes = outlook.nodes();
    let is_quorum = |members: &[NodeId]| 3 * members.len() >= 2 * nodes.len();
    if outlook.has_connected_quorum(nodes, is_quorum) {
        Ok(())
    } else {
        Err("no two thirds of the nodes are up and connected".to_owned())
    }
}

/// What nodes have in common when they have converged: the blocks that are final.
pub(super) fn digest(node: &Streamlet) -> u64 {
    let mut hasher = TraceHasher::new();
    hasher.value(&(node.finalized().len(), node.finalized().last()));
    hasher.finish()
}
