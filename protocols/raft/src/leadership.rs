//! What only a leader keeps: how far its followers are, and who waits for what. It is made when an
//! election is won and dropped when the node steps down.

use std::collections::{BTreeMap, VecDeque};

use parts::kv::{KvOp, KvReply};
use sim_core::{NodeId, RequestId, SyncToken, Time};

use super::configuration::Configuration;
use super::membership::Change;
use super::snapshot::Outgoing;
use super::transfer::Transfer;

/// The volatile state of a leader (Figure 2).
#[derive(Debug)]
pub(super) struct Leadership {
    me: NodeId,
    /// Who voted for it: what it rests its claim to lead on.
    pub(super) elected_by: Vec<NodeId>,
    /// Where the term began in the log. Once this is committed, so is all before it.
    pub(super) no_op_index: u64,
    /// All who are sent the log, in ascending order: the other members, and those who catch up to
    /// become members.
    pub(super) followers: Vec<Follower>,
    /// How far the leader's own log is durable. It sends entries while it still writes them
    /// (thesis 10.2.1), and must not count itself before the disk has them.
    pub(super) durable_index: u64,
    /// The sync under way, and what it will have made durable.
    pub(super) syncing: Option<(SyncToken, u64)>,
    /// The current round of heartbeats.
    pub(super) round: u64,
    /// When the rounds that no majority has acknowledged began; kept for lease reads only.
    pub(super) unconfirmed_rounds: VecDeque<(u64, Time)>,
    /// Until when no other leader can have been elected.
    pub(super) lease_until: Time,
    /// Reads that wait, in the order in which they came.
    pub(super) reads: VecDeque<PendingRead>,
    /// The latest request of each client that is in the log and not applied.
    pub(super) in_log: BTreeMap<NodeId, InLog>,
    /// The change of the membership that waits for new members to catch up.
    pub(super) change: Option<Change>,
    /// The transfer of the leadership under way.
    pub(super) transfer: Option<Transfer>,
    /// Whether another was asked to take over. The request may be late, and whoever follows it is
    /// voted for in spite of all leases: the leader has none for the rest of its term.
    pub(super) has_handed_over: bool,
    /// Room for counting.
    scratch: Vec<u64>,
}

/// What a leader knows of a follower.
#[derive(Debug)]
pub(super) struct Follower {
    pub(super) id: NodeId,
    /// The next entry to send. Advanced when it is sent, not when it is acknowledged: what gets
    /// lost shows as a conflict at the next heartbeat.
    pub(super) next_index: u64,
    /// Up to where its log is known to match the leader's, durably.
    pub(super) match_index: u64,
    /// Whether its log is known to match up to the next entry. Until then it is sent no entries,
    /// only what finds out.
    pub(super) matches: bool,
    /// Whether it was heard from since the last check of the quorum.
    pub(super) heard: bool,
    /// The latest round that it has acknowledged.
    pub(super) acknowledged_round: u64,
    /// The snapshot that it is being sent. Until it has that it is sent no entries.
    pub(super) outgoing: Option<Box<Outgoing>>,
}

/// A read that waits until the leader may answer it.
#[derive(Debug)]
pub(super) struct PendingRead {
    pub(super) request: RequestId,
    pub(super) op: KvOp,
    /// The state must include this entry.
    pub(super) index: u64,
    /// A majority must have acknowledged this round.
    pub(super) round: u64,
}

/// A request that is in the log and not applied.
#[derive(Debug)]
pub(super) struct InLog {
    pub(super) request: RequestId,
    /// Whether the client asked this node, and waits for its answer.
    pub(super) asked_here: bool,
    /// What a transaction has read already, which is wrong: see
    /// [`TransactionReadsEarly`](super::flaws::RaftFlaw::TransactionReadsEarly).
    pub(super) read_early: Option<KvReply>,
}

impl Leadership {
    /// Of the node `me`, which these have elected, whose log is durable up to `last_index` and whose
    /// term begins behind it.
    pub(super) fn new(me: NodeId, elected_by: Vec<NodeId>, members: &[NodeId], last_index: u64) -> Self {
        let others = members.iter().filter(|member| **member != me);
        Self {
            me,
            elected_by,
            no_op_index: last_index + 1,
            followers: others.map(|id| Follower::new(*id, last_index)).collect(),
            durable_index: last_index,
            syncing: None,
            round: 0,
            unconfirmed_rounds: VecDeque::new(),
            lease_until: Time::ZERO,
            reads: VecDeque::new(),
            in_log: BTreeMap::new(),
            change: None,
            transfer: None,
            has_handed_over: false,
            scratch: Vec::with_capacity(members.len()),
        }
    }

    pub(super) fn follower(&mut self, id: NodeId) -> Option<&mut Follower> {
        self.followers.iter_mut().find(|follower| follower.id == id)
    }

    /// Where the follower is among all, while they are the same.
    pub(super) fn place_of(&self, id: NodeId) -> Option<usize> {
        self.followers.iter().position(|follower| follower.id == id)
    }

    /// Sends the log to the other members, and to those who are to become members, and to nobody
    /// else. What is known of those who stay is kept.
    pub(super) fn set_members(&mut self, members: &[NodeId], last_index: u64) {
        self.followers.retain(|follower| members.contains(&follower.id));
        for id in members.iter().copied().filter(|id| *id != self.me) {
            if let Err(place) = self.followers.binary_search_by_key(&id, |follower| follower.id) {
                self.followers.insert(place, Follower::new(id, last_index));
            }
        }
    }

    /// Another was asked to take over, and will be voted for in spite of all leases.
    pub(super) fn end_leases(&mut self) {
        self.has_handed_over = true;
        self.lease_until = Time::ZERO;
        self.unconfirmed_rounds.clear();
    }

    /// The highest index that a quorum holds, the leader itself as far as its disk has it.
    pub(super) fn index_on_quorum(&mut self, configuration: &Configuration) -> u64 {
        self.reached_by_quorum(configuration, self.durable_index, |follower| follower.match_index)
    }

    /// The latest round that a quorum has acknowledged, the leader itself being always up to date.
    pub(super) fn confirmed_round(&mut self, configuration: &Configuration) -> u64 {
        self.reached_by_quorum(configuration, self.round, |follower| follower.acknowledged_round)
    }

    /// A leader counts itself only if it votes: it may manage a cluster that it no longer belongs to
    /// (thesis 4.2.2).
    fn reached_by_quorum(
        &mut self,
        configuration: &Configuration,
        own: u64,
        reached: impl Fn(&Follower) -> u64,
    ) -> u64 {
        let Self { me, followers, scratch, .. } = self;
        let reached_by = |node: NodeId| {
            if node == *me { own } else { followers.iter().find(|f| f.id == node).map_or(0, &reached) }
        };
        configuration.reached_by_quorum(scratch, reached_by)
    }

    /// Whether it was in touch with a quorum since it last asked.
    pub(super) fn take_heard_from_quorum(&mut self, configuration: &Configuration) -> bool {
        let has_heard = |node| node == self.me || self.followers.iter().any(|f| f.id == node && f.heard);
        let heard = configuration.has_quorum(has_heard);
        self.followers.iter_mut().for_each(|follower| follower.heard = false);
        heard
    }
}

impl Follower {
    /// Of whom nothing is known but that it is to hold the log up to `last_index`.
    const fn new(id: NodeId, last_index: u64) -> Self {
        Self {
            id,
            next_index: last_index + 1,
            match_index: 0,
            matches: false,
            heard: false,
            acknowledged_round: 0,
            outgoing: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nodes(of: std::ops::Range<u32>) -> Vec<NodeId> {
        of.map(NodeId::node).collect()
    }

    /// Of n0, which holds `own`, and of others, which hold these.
    fn leadership(own: u64, others: &[u64]) -> Leadership {
        let mut leadership = Leadership::new(NodeId::node(0), Vec::new(), &nodes(0..others.len() as u32 + 1), own);
        for (follower, index) in leadership.followers.iter_mut().zip(others) {
            follower.match_index = *index;
        }
        leadership
    }

    #[test]
    fn a_quorum_holds_what_more_than_half_hold() {
        let check = |own, others: &[u64], expected| {
            let all = Configuration::of(nodes(0..others.len() as u32 + 1));
            assert_eq!(leadership(own, others).index_on_quorum(&all), expected, "{own} {others:?}");
        };
        check(5, &[], 5);
        check(5, &[3], 3);
        check(5, &[3, 1], 3);
        check(2, &[3, 9], 3);
        check(5, &[4, 2, 1], 2);
        check(9, &[1, 8, 2, 7], 7);
    }

    #[test]
    fn a_leader_outside_the_configuration_does_not_count_itself() {
        let rest = Configuration::of(nodes(1..3));
        assert_eq!(leadership(9, &[4, 7]).index_on_quorum(&rest), 4);
        let mut leadership = leadership(9, &[4, 7]);
        leadership.followers[0].heard = true;
        assert!(!leadership.take_heard_from_quorum(&rest));
        leadership.followers.iter_mut().for_each(|follower| follower.heard = true);
        assert!(leadership.take_heard_from_quorum(&rest));
        assert!(!leadership.take_heard_from_quorum(&rest), "it has heard from nobody since");
    }

    #[test]
    fn what_is_known_of_those_who_stay_is_kept() {
        let mut leadership = leadership(9, &[4, 7]);
        leadership.set_members(&[0, 2, 1, 3].map(NodeId::node), 12);
        leadership.set_members(&[0, 3, 2].map(NodeId::node), 15);
        let known: Vec<_> = leadership.followers.iter().map(|f| (f.id, f.match_index, f.next_index)).collect();
        assert_eq!(known, [(NodeId::node(2), 7, 10), (NodeId::node(3), 0, 13)]);
    }
}
