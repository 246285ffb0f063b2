//! What is needed for operations to complete.

use sim_core::{NodeId, Outlook};

use super::node::ReplicatedService;

/// With active replication: a majority that is up and connected, for the order, and one more replica that computes
/// right than can be wrong, for the vote. Any that compute wrong may do so each time.
///
/// With semi-active replication: all nodes that have not stopped, connected to the one that leads or will, and a copy.
///
/// # Errors
/// What is missing.
pub(super) fn can_progress(outlook: &Outlook<'_, ReplicatedService>) -> Result<(), String> {
    if let Some(node) = outlook.unrepaired().next() {
        return Err(format!("{node} is not repaired"));
    }
    let nodes = outlook.nodes();
    let is_up = |node: &NodeId| outlook.node(*node).is_some();
    let semi_active = nodes.iter().any(|node| matches!(outlook.node(*node), Some(ReplicatedService::SemiActive(_))));
    if !semi_active {
        if !outlook.has_connected_quorum(nodes, |some| some.len() * 2 > nodes.len()) {
            return Err("no majority is up and connected".to_owned());
        }
        let (mut right, mut needed) = (0, 1);
        for node in nodes {
            if let Some(ReplicatedService::Active(active)) = outlook.node(*node) {
                needed = active.config.votes();
                right += usize::from(outlook.runs(*node) && !active.replica.may_err);
            }
        }
        return if right >= needed { Ok(()) } else { Err("too few replicas that compute right are up".to_owned()) };
    }
    let Some(leader) = nodes.iter().find(|node| is_up(node)) else { return Err("no node is left".to_owned()) };
    if let Some(node) = nodes.iter().find(|node| is_up(node) && !outlook.are_connected(*leader, **node)) {
        return Err(format!("{node} has not stopped, and is not connected to {leader}"));
    }
    if !nodes.iter().any(|node| outlook.node(*node).is_some_and(|node| node.copy().is_some())) {
        return Err("no copy is left".to_owned());
    }
    Ok(())
}

/// What replicas have in common when they have converged: their copies.
pub(super) fn digest(node: &ReplicatedService) -> Option<u64> {
    Some(node.copy()?.digest())
}
