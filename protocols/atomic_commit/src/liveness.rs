//! What transactions need to end.

use sim_core::{NodeId, Outlook};

use super::node::AtomicCommit;
use super::participant::Doubt;

/// All nodes that keep accounts run and are connected; and none of them is in doubt about a transaction that nobody can
/// tell it the end of: it must hold its locks until it knows. That is what blocks two-phase commit (Bernstein,
/// Hadzilacos and Goodman 1987, section 7.4), and three-phase commit after all participants have been down. In Paxos
/// Commit, a majority of the acceptors runs and is connected to them.
///
/// # Errors
/// What is missing.
pub(super) fn can_progress(outlook: &Outlook<'_, AtomicCommit>) -> Result<(), String> {
    let nodes = outlook.nodes();
    let Some(config) = nodes.iter().find_map(|node| outlook.node(*node)).map(|node| &node.config) else {
        return Err("no node is up".to_owned());
    };
    let shards = config.shards(nodes);
    if let Some(because) = shards.iter().find_map(|node| blocks(outlook, *node)) {
        return Err(because);
    }
    for (place, one) in shards.iter().enumerate() {
        if !outlook.runs(*one) {
            return Err(format!("{one}, which keeps accounts, does not run"));
        }
        if let Some(other) = shards[..place].iter().find(|other| !outlook.are_connected(*one, **other)) {
            return Err(format!("{other} and {one}, which keep accounts, are not connected"));
        }
    }
    let is_in_touch = |acceptor: &&NodeId| {
        let is_connected = |one: &NodeId| one == *acceptor || outlook.are_connected(*one, **acceptor);
        outlook.runs(**acceptor) && shards.iter().all(is_connected)
    };
    let acceptors = config.acceptors(nodes).iter().filter(is_in_touch).count();
    let majority = config.majority(nodes);
    if config.is_paxos() && acceptors < majority {
        return Err(format!("{acceptors} acceptors run and are connected, and a majority is {majority}"));
    }
    Ok(())
}

/// Why a node that is in doubt about a transaction must wait, if nobody can tell it what was decided.
fn blocks(outlook: &Outlook<'_, AtomicCommit>, node: NodeId) -> Option<String> {
    // In Paxos Commit, whoever is in doubt finds out by itself.
    let state = outlook.node(node).filter(|state| outlook.runs(node) && !state.config.is_paxos())?;
    let works = state.works.iter().filter_map(|(txn, work)| Some((*txn, work.in_doubt.as_ref()?)));
    let is_in_touch = |other: NodeId| other == node || outlook.are_connected(other, node);
    for (txn, Doubt { participants, .. }) in works {
        let coordinator = txn.coordinator;
        let stand_of = |other: NodeId| {
            let of = outlook.node(other).filter(|_| is_in_touch(other))?;
            Some(of.works.get(&txn).and_then(|work| Some(work.in_doubt.as_ref()?.stand)))
        };
        let asks = |other: &NodeId| state.config.cooperative_termination && *other != node;
        if state.config.is_three_phase() {
            // One that has been up all the time decides, and so do all together.
            let decides = |other: &NodeId| stand_of(*other).is_some_and(|stand| stand.is_none_or(|of| of.is_steady));
            let all_back = participants.iter().chain([&coordinator]).all(|other| is_in_touch(*other));
            if !all_back && !participants.iter().any(decides) {
                return Some(format!(
                    "{node} has voted yes in {txn:?} and must hold its locks until it knows the decision: all \
                     participants have been down, and not all of them and {coordinator}, which coordinates it, are back"
                ));
            }
        } else if !is_in_touch(coordinator)
            && !participants.iter().filter(|other| asks(other)).any(|other| stand_of(*other) == Some(None))
        {
            return Some(format!(
                "{node} has voted yes in {txn:?} and must hold its locks until it knows the decision: {coordinator}, \
                 which coordinates it, cannot be asked, and no other participant that is asked knows"
            ));
        }
    }
    None
}
