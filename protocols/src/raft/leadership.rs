//! What only a leader keeps: how far its followers are, and who waits for what. It is made when an
//! election is won and dropped when the node steps down.

use std::collections::{BTreeMap, VecDeque};

use sim_core::{NodeId, RequestId, SyncToken, Time};

/// The volatile state of a leader (Figure 2).
#[derive(Debug)]
pub(super) struct Leadership {
    /// Where the term began in the log. Once this is committed, so is all before it.
    pub(super) no_op_index: u64,
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
    /// When it was last sent a snapshot.
    pub(super) snapshot_sent: Option<Time>,
}

/// A read that waits until the leader may answer it.
#[derive(Debug)]
pub(super) struct PendingRead {
    pub(super) request: RequestId,
    pub(super) key: u32,
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
}

impl Leadership {
    /// Of a node whose log is durable up to `last_index` and whose term begins behind it.
    pub(super) fn new(others: &[NodeId], last_index: u64) -> Self {
        let follower = |id: &NodeId| Follower {
            id: *id,
            next_index: last_index + 1,
            match_index: 0,
            matches: false,
            heard: false,
            acknowledged_round: 0,
            snapshot_sent: None,
        };
        Self {
            no_op_index: last_index + 1,
            followers: others.iter().map(follower).collect(),
            durable_index: last_index,
            syncing: None,
            round: 0,
            unconfirmed_rounds: VecDeque::new(),
            lease_until: Time::ZERO,
            reads: VecDeque::new(),
            in_log: BTreeMap::new(),
            scratch: Vec::with_capacity(others.len() + 1),
        }
    }

    pub(super) fn follower(&mut self, id: NodeId) -> Option<&mut Follower> {
        self.followers.iter_mut().find(|follower| follower.id == id)
    }

    /// The highest index that a majority holds, the leader itself up to `own`.
    pub(super) fn index_on_majority(&mut self, own: u64) -> u64 {
        self.reached_by_majority(own, |follower| follower.match_index)
    }

    /// The latest round that a majority has acknowledged, the leader among them.
    pub(super) fn confirmed_round(&mut self) -> u64 {
        self.reached_by_majority(self.round, |follower| follower.acknowledged_round)
    }

    fn reached_by_majority(&mut self, own: u64, reached: impl Fn(&Follower) -> u64) -> u64 {
        self.scratch.clear();
        self.scratch.push(own);
        self.scratch.extend(self.followers.iter().map(reached));
        let beyond_minority = self.scratch.len() / 2;
        *self.scratch.select_nth_unstable_by(beyond_minority, |a, b| b.cmp(a)).1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(own: u64, others: &[u64], expected: u64) {
        let ids: Vec<NodeId> = (1..=others.len() as u32).map(NodeId::node).collect();
        let mut leadership = Leadership::new(&ids, 0);
        for (follower, index) in leadership.followers.iter_mut().zip(others) {
            follower.match_index = *index;
        }
        assert_eq!(leadership.index_on_majority(own), expected, "{own} {others:?}");
    }

    #[test]
    fn a_majority_holds_what_more_than_half_hold() {
        check(5, &[], 5);
        check(5, &[3], 3);
        check(5, &[3, 1], 3);
        check(2, &[3, 9], 3);
        check(5, &[4, 2, 1], 2);
        check(9, &[1, 8, 2, 7], 7);
    }
}
