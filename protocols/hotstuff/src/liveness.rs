//! What HotStuff takes for granted, and what it needs to make progress.

use sim_core::{NodeId, Outlook, TraceHasher, World};

use super::node::HotStuff;

/// HotStuff makes progress if n - f correct replicas are up and connected.
///
/// # Errors
/// If they are not.
pub(super) fn can_progress(outlook: &Outlook<'_, HotStuff>) -> Result<(), String> {
    let correct: Vec<NodeId> = outlook.nodes().iter().copied().filter(|node| outlook.runs(*node)).collect();
    let quorum = correct.iter().find_map(|node| outlook.node(*node)).map(|node| node.electorate.quorum());
    match quorum {
        Some(quorum) if outlook.has_connected_quorum(&correct, |nodes| nodes.len() >= quorum) => Ok(()),
        _ => Err("no quorum of correct replicas is up and connected".to_owned()),
    }
}

/// What replicas have in common when they have converged: the state after what they executed.
pub(super) fn digest(node: &HotStuff) -> u64 {
    hash(&node.machine().state)
}

/// Who is in which view and wants which, how far everybody has come, with views counted from the
/// lowest: what can come again although views only grow.
pub(super) fn abstract_state(world: &World<'_, HotStuff>) -> u64 {
    let nodes: Vec<Option<&HotStuff>> = world.correct().map(|process| world.node(process)).collect();
    let lowest = nodes.iter().flatten().map(|node| node.promises().lock.view).min().unwrap_or_default();
    let state = |node: &HotStuff| {
        let promises = node.promises();
        let views = [node.view(), promises.voted, promises.high.view, promises.lock.view];
        (views.map(|view| view.saturating_sub(lowest)), node.tree().executed().height(), node.leader(node.view()))
    };
    hash(&nodes.iter().map(|node| node.map(state)).collect::<Vec<_>>())
}

fn hash(value: &impl serde::Serialize) -> u64 {
    let mut hasher = TraceHasher::new();
    hasher.value(value);
    hasher.finish()
}
