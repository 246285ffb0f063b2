//! What Paxos needs to make progress.

use sim_core::{NodeId, Outlook, TraceHasher, World};

use super::node::Paxos;

/// Paxos makes progress if one proposer alone is left to run (Lamport 2001, 2.4): if enough of the acceptors for both
/// phases are up and connected, and nobody else keeps beginning ballots.
///
/// A node that is not repaired may do that: one that can lead now and then, or, without `stable_leader`, one that is
/// heard at all. So may one that was an acceptor once and does not know that it no longer is.
///
/// # Errors
/// What is missing, or who is in the way.
pub(super) fn can_progress(outlook: &Outlook<'_, Paxos>) -> Result<(), String> {
    let Some(furthest) = furthest(outlook) else { return Err("no node is up".to_owned()) };
    let is_quorum = |nodes: &[NodeId]| {
        furthest.learner().memberships().from(furthest.learner().first_unchosen()).all(|members| {
            furthest.config.has_phase1_quorum(members, nodes) && furthest.config.has_phase2_quorum(members, nodes)
        })
    };
    if !outlook.has_connected_quorum(outlook.nodes(), is_quorum) {
        return Err("no quorum of the acceptors is up and connected".to_owned());
    }
    let mut others = outlook.nodes().iter().copied();
    match others.find(|node| is_in_the_way(outlook, furthest, *node)) {
        Some(node) => Err(format!("{node} begins ballots, and cannot be relied on to lead")),
        None => Ok(()),
    }
}

/// The running node that knows most.
fn furthest<'o>(outlook: &'o Outlook<'_, Paxos>) -> Option<&'o Paxos> {
    let running = outlook.nodes().iter().filter(|node| outlook.runs(**node));
    running.filter_map(|node| outlook.node(*node)).max_by_key(|node| node.learner().first_unchosen())
}

/// Whether a node begins ballots though it is not repaired, or no acceptor any more, and others listen.
fn is_in_the_way(outlook: &Outlook<'_, Paxos>, furthest: &Paxos, node: NodeId) -> bool {
    let Some(paxos) = outlook.node(node) else { return false };
    if !paxos.is_acceptor() {
        return false;
    }
    let is_unrepaired = outlook.unrepaired().any(|other| other == node);
    let is_removed = !furthest.learner().memberships().of(furthest.learner().first_unchosen()).contains(node);
    let mut listeners = outlook.nodes().iter().filter(|other| **other != node && outlook.runs(**other));
    if !furthest.config.stable_leader {
        return (is_unrepaired || (is_removed && outlook.runs(node)))
            && listeners.any(|other| outlook.is_heard(node, *other));
    }
    let near: Vec<NodeId> = listeners.copied().filter(|other| outlook.are_in_touch(node, *other)).collect();
    is_unrepaired && !near.is_empty() && !outlook.is_sound(node, &near)
}

/// What nodes have in common when they have converged: the state that they have applied.
pub(super) fn digest(node: &Paxos) -> Option<u64> {
    Some(hash(&node.machine().state))
}

/// Who leads or tries to, in which ballots, counted from the lowest, and how far all are: what can come again although
/// ballots only grow.
pub(super) fn abstract_state(world: &World<'_, Paxos>) -> u64 {
    let nodes: Vec<Option<&Paxos>> = world.processes().map(|process| world.node(process)).collect();
    let lowest = nodes.iter().flatten().map(|node| node.acceptor().promised().round).min().unwrap_or_default();
    let state = |node: &Paxos| {
        let promised = node.acceptor().promised();
        let leads = node.proposer.as_ref().map(|proposer| proposer.leads);
        (leads, promised.round - lowest, promised.node, node.learner().first_unchosen())
    };
    hash(&nodes.iter().map(|node| node.map(state)).collect::<Vec<_>>())
}

fn hash(value: &impl serde::Serialize) -> u64 {
    let mut hasher = TraceHasher::new();
    hasher.value(value);
    hasher.finish()
}
