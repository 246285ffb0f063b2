//! What Viewstamped Replication needs to make progress.

use sim_core::{NodeId, Outlook, TraceHasher, World};

use super::config::majority;
use super::node::{Status, Vr};

/// A majority that has its state must be up and connected, and nobody outside of what was repaired may begin view changes of
/// which it hears: any replica can, at any time (Liskov and Cowling 2012, 4.2).
///
/// # Errors
/// What is missing, or who is in the way.
pub(super) fn can_progress(outlook: &Outlook<'_, Vr>) -> Result<(), String> {
    let nodes = outlook.nodes();
    let has_state = |node: &NodeId| outlook.node(*node).is_some_and(|replica| replica.status() != Status::Recovering);
    let able: Vec<NodeId> = nodes.iter().copied().filter(has_state).collect();
    if !outlook.has_connected_quorum(&able, |some| some.len() >= majority(nodes.len())) {
        return Err("no majority that has its state is up and connected".to_owned());
    }
    let is_heard =
        |node: NodeId| nodes.iter().any(|by| *by != node && outlook.runs(*by) && outlook.is_heard(node, *by));
    match outlook.unrepaired().find(|node| is_heard(*node)) {
        Some(node) => Err(format!("{node} is not repaired, and can begin view changes")),
        None => Ok(()),
    }
}

/// What replicas have in common when they have converged: the state that they have executed. One that recovers has none.
pub(super) fn digest(replica: &Vr) -> Option<u64> {
    let state = (replica.status() != Status::Recovering).then(|| &replica.machine().state);
    Some(hash(&state))
}

/// What replicas do, in which views, counted from the lowest, and how far all are: what can come again although views only
/// grow.
pub(super) fn abstract_state(world: &World<'_, Vr>) -> u64 {
    let replicas: Vec<Option<&Vr>> = world.processes().map(|process| world.node(process)).collect();
    let lowest = replicas.iter().flatten().map(|replica| replica.view()).min().unwrap_or_default();
    let state = |replica: &Vr| {
        let primary = replica.primary_of(replica.view());
        (replica.status() as u8, replica.view() - lowest, primary, replica.commit_number())
    };
    hash(&replicas.iter().map(|replica| replica.map(state)).collect::<Vec<_>>())
}

fn hash(value: &impl serde::Serialize) -> u64 {
    let mut hasher = TraceHasher::new();
    hasher.value(value);
    hasher.finish()
}
