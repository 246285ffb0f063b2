//! What Raft takes for granted, and what it needs to make progress.

use sim_core::{NodeId, Outlook, TraceHasher, World};

use super::node::{Raft, Role};

/// Raft makes progress if somebody can win an election: a node that may stand for it, and a quorum
/// of its configuration whose logs are no newer than its own, all of them connected. A quorum of
/// which some do not reach each other would not do: a leader may exist and still never be elected
/// (OmniPaxos, EuroSys 2023, section 2).
///
/// Nor does Raft claim to get on where a node that is not repaired can lead, or keep leading: one
/// that hears a quorum and is heard by it, now and then. `check_quorum` deposes only a leader that
/// is not heard. Without `pre_vote`, whoever is heard at all can take the votes of a quorum that has
/// no leader, and raise its terms, again and again (thesis 9.6); without `check_quorum` as well it can
/// also depose a leader (thesis 4.2.3), as can one that was removed and does not know it, repaired or not.
///
/// # Errors
/// What is missing, or who is in the way.
pub(super) fn can_progress(outlook: &Outlook<'_, Raft>) -> Result<(), String> {
    let candidates = candidates(outlook)?;
    let hindrances: Option<Vec<String>> =
        candidates.iter().map(|candidate| hindrance(outlook, *candidate, &candidates)).collect();
    if let Some(why) = hindrances.and_then(|all| all.into_iter().next()) {
        return Err(why);
    }
    for node in outlook.unrepaired() {
        if may_usurp(outlook, node) {
            return Err(format!("{node}, which is not repaired, is in touch with a quorum and can lead it"));
        }
        if may_disturb(outlook, node) {
            return Err(format!("{node}, which is not repaired, is heard, and there is no `pre_vote`"));
        }
    }
    Ok(())
}

/// Whether a node that is not repaired can disturb the elections of those that are, because they do
/// without `pre_vote`.
fn may_disturb(outlook: &Outlook<'_, Raft>, node: NodeId) -> bool {
    let is_open = |other: &&NodeId| outlook.node(**other).is_some_and(|raft| !raft.config.pre_vote);
    let mut others = outlook.nodes().iter().filter(|other| **other != node && outlook.runs(**other)).filter(is_open);
    others.any(|other| outlook.is_heard(node, *other))
}

/// Whether a node that is not repaired can lead a quorum, and not as well as if it were.
fn may_usurp(outlook: &Outlook<'_, Raft>, node: NodeId) -> bool {
    let Some(raft) = outlook.node(node).filter(|raft| raft.may_campaign()) else { return false };
    let configuration = raft.log().configuration();
    let is_near = |voter: NodeId| {
        let is_up = outlook.runs(voter) || outlook.unrepaired().any(|other| other == voter);
        voter == node || (is_up && outlook.are_in_touch(node, voter))
    };
    let near: Vec<NodeId> = configuration.all_voters().into_iter().filter(|voter| is_near(*voter)).collect();
    configuration.has_quorum(|voter| near.contains(&voter)) && !outlook.is_sound(node, &near)
}

/// Whether a voter stands for election itself without asking the candidate, which its configuration
/// does not know. Without `pre_vote` it may do so in vain again and again, be ahead in terms each
/// time, and have no vote left.
fn ignores(outlook: &Outlook<'_, Raft>, voter: NodeId, candidate: NodeId) -> bool {
    outlook.node(voter).is_some_and(|raft| {
        let knows = raft.log().configuration().all_voters().contains(&candidate);
        !raft.config.pre_vote && raft.may_campaign() && !knows
    })
}

/// Who keeps a candidate that can win from winning, or from leading on, without `pre_vote`, though
/// repaired: one that stands for election again and again in vain.
fn hindrance(outlook: &Outlook<'_, Raft>, candidate: NodeId, candidates: &[NodeId]) -> Option<String> {
    let node = outlook.node(candidate).filter(|node| !node.config.pre_vote)?;
    let voters = node.log().configuration().all_voters();
    let campaigns = |other: &NodeId| {
        outlook.are_connected(*other, candidate) && outlook.node(*other).is_some_and(Raft::may_campaign)
    };
    let campaigning = || outlook.nodes().iter().filter(|other| campaigns(other));
    // It takes the votes that the candidate needs.
    let outruns =
        |other: &&NodeId| !candidates.contains(other) && newness(outlook, **other) > newness(outlook, candidate);
    if let Some(other) = campaigning().find(outruns) {
        return Some(format!(
            "{other} stands for election in vain, is further than {candidate}, which could win, and there is no `pre_vote`"
        ));
    }
    // Its terms are taken over by whoever leads.
    let removed = campaigning().find(|other| !voters.contains(other)).filter(|_| !node.config.check_quorum)?;
    Some(format!("{removed} was removed and does not know it, and there is neither `pre_vote` nor `check_quorum`"))
}

/// How far the log of a node is: the term of its last entry, and then its index.
fn newness(outlook: &Outlook<'_, Raft>, node: NodeId) -> Option<(u64, u64)> {
    outlook.node(node).map(|node| (node.log().last().term, node.log().last().index))
}

/// The repaired nodes that can win an election.
fn candidates(outlook: &Outlook<'_, Raft>) -> Result<Vec<NodeId>, String> {
    let running: Vec<NodeId> = outlook.nodes().iter().copied().filter(|node| outlook.runs(*node)).collect();
    let can_win = |candidate: &&NodeId| {
        let Some(node) = outlook.node(**candidate).filter(|node| node.may_campaign()) else { return false };
        let configuration = node.log().configuration();
        let would_vote = |voter: &NodeId| {
            *voter == **candidate
                || (outlook.are_connected(**candidate, *voter)
                    && newness(outlook, *voter) <= newness(outlook, **candidate)
                    && !ignores(outlook, *voter, **candidate))
        };
        let voters: Vec<NodeId> = configuration.all_voters().into_iter().filter(would_vote).collect();
        outlook.has_connected_quorum(&voters, |nodes| configuration.has_quorum(|node| nodes.contains(&node)))
    };
    let candidates: Vec<NodeId> = running.iter().filter(can_win).copied().collect();
    if candidates.is_empty() {
        return Err("no candidate has a quorum that is up, connected and no further than itself".to_owned());
    }
    Ok(candidates)
}

/// What members have in common when they have converged: the state that they have applied.
pub(super) fn digest(node: &Raft) -> Option<u64> {
    let is_member = node.log().configuration().is_member(node.me);
    is_member.then(|| hash(&node.machine().state))
}

/// Who belongs to the cluster: what the node says that knows of the most committed entries. One that
/// was removed while it could not hear of it still takes itself for a member.
pub(super) fn members(world: &World<'_, Raft>) -> Option<Vec<NodeId>> {
    let nodes = world.processes().filter_map(|process| world.node(process));
    let furthest = nodes.max_by_key(|node| node.commit_index())?;
    Some(furthest.log().configuration().members())
}

/// Who is what, how far, and who follows whom, with terms counted from the lowest: what can come
/// again although terms only grow.
pub(super) fn abstract_state(world: &World<'_, Raft>) -> u64 {
    let nodes: Vec<Option<&Raft>> = world.processes().map(|process| world.node(process)).collect();
    let lowest = nodes.iter().flatten().map(|node| node.term()).min().unwrap_or_default();
    let state = |node: &Raft| {
        let role = match node.role {
            Role::Follower => 0,
            Role::PreCandidate { .. } => 1,
            Role::Candidate { .. } => 2,
            Role::Leader(_) => 3,
        };
        (role, node.term() - lowest, node.commit_index(), node.leader)
    };
    hash(&nodes.iter().map(|node| node.map(state)).collect::<Vec<_>>())
}

fn hash(value: &impl serde::Serialize) -> u64 {
    let mut hasher = TraceHasher::new();
    hasher.value(value);
    hasher.finish()
}
