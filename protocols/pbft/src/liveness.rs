//! What PBFT takes for granted, and what it needs to make progress.

use sim_core::{Outlook, TraceHasher, World};

use super::committee::Committee;
use super::node::Pbft;
use super::request::Digest;

/// PBFT makes progress if a quorum of correct replicas is up and connected.
///
/// # Errors
/// That it is not.
pub(super) fn can_progress(outlook: &Outlook<'_, Pbft>) -> Result<(), String> {
    let nodes = outlook.nodes();
    let Some(node) = nodes.iter().find_map(|node| outlook.node(*node)) else {
        return Err("no replica is up".to_owned());
    };
    let committee: &Committee = &node.committee;
    if outlook.has_connected_quorum(nodes, |some| some.len() >= committee.quorum()) {
        Ok(())
    } else {
        Err("no quorum of correct replicas is up and connected".to_owned())
    }
}

/// What replicas have in common when they have converged: the state.
pub(super) fn digest(node: &Pbft) -> Option<u64> {
    Some(Digest::of(node.machine()).0)
}

/// Who is in which view, and how far, with both counted from the lowest: what can come again although
/// views only grow.
pub(super) fn abstract_state(world: &World<'_, Pbft>) -> u64 {
    let nodes: Vec<Option<&Pbft>> = world.correct().map(|process| world.node(process)).collect();
    let view = nodes.iter().flatten().map(|node| node.view()).min().unwrap_or_default();
    let executed = nodes.iter().flatten().map(|node| node.executed()).min().unwrap_or_default();
    let state = |node: &Pbft| (node.view() - view, node.is_active(), node.executed() - executed);
    let mut hasher = TraceHasher::new();
    hasher.value(&nodes.iter().map(|node| node.map(state)).collect::<Vec<_>>());
    hasher.finish()
}
