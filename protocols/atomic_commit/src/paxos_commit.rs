//! Paxos Commit: what is different from two-phase commit (Gray and Lamport 2006).
//!
//! There is an instance of Paxos for each participant of a transaction, which agrees on its vote. A participant that
//! can commit makes that durable and asks the acceptors to accept its vote, in the first ballot. Only it may ask for
//! anything in that ballot, so nothing needs to be collected before. The coordinator leads the ballot: it commits when
//! for each participant a majority of the acceptors has accepted that it votes for it.
//!
//! **Termination.** Whoever hears nothing leads a later ballot, about all votes at once: a participant in doubt, or the
//! coordinator that has restarted or is out of time. It collects what a majority has accepted. For each participant it
//! goes on with the vote of the latest ballot, and where there is none, with a vote to abort. Once a majority has
//! accepted these, they are the votes. Leaders may outbid each other, and so each tries again after a time that it
//! draws.
//!
//! A participant that cannot commit says so to the coordinator alone, which aborts at once: nobody else asks for
//! anything in the first ballot in its name. Once participants are asked for their votes, the coordinator cannot abort
//! for any other reason: others may be about to find that all have voted to commit.

use std::collections::{BTreeMap, BTreeSet};

use sim_core::NodeId;

use super::coordinator::Phase;
use super::flaws::CommitFlaw;
use super::message::{AcceptedVotes, Ballot, Decision, Event, Message, Timer, Txn, Votes};
use super::node::{AtomicCommit, Ctx};
use super::storage::Record;

/// What an acceptor knows of a transaction.
#[derive(Debug, Default)]
pub(super) struct Acceptor {
    pub(super) promised: Option<Ballot>,
    accepted: AcceptedVotes,
}

impl Acceptor {
    pub(super) const fn promise(&mut self, ballot: Ballot) {
        self.promised = Some(ballot);
    }

    pub(super) fn accept(&mut self, ballot: Ballot, votes: &Votes) {
        self.promise(ballot);
        self.accepted.extend(votes.iter().map(|(node, vote)| (*node, (ballot, *vote))));
    }

    fn has_accepted(&self, ballot: Ballot, votes: &Votes) -> bool {
        votes.iter().all(|(node, vote)| self.accepted.get(node) == Some(&(ballot, *vote)))
    }
}

/// A ballot that this node leads, beside the first one.
#[derive(Debug)]
pub(super) struct Leading {
    ballot: Ballot,
    participants: BTreeSet<NodeId>,
    /// What acceptors have accepted that have promised.
    promises: BTreeMap<NodeId, AcceptedVotes>,
    /// Whether a majority has, and acceptors are asked to accept votes.
    has_proposed: bool,
    /// Those that have accepted them.
    accepted: BTreeSet<NodeId>,
}

impl Leading {
    /// The votes that may be asked for: of each participant the one of the latest ballot.
    fn votes(&self, of_the_silent: Decision) -> Votes {
        let vote = |node: &NodeId| {
            let accepted = self.promises.values().filter_map(|accepted| accepted.get(node));
            (*node, accepted.max().map_or(of_the_silent, |(_, vote)| *vote))
        };
        self.participants.iter().map(vote).collect()
    }
}

/// Acceptors.
impl AtomicCommit {
    pub(super) fn asked_to_promise(&mut self, from: NodeId, txn: Txn, ballot: Ballot, ctx: &mut Ctx<'_>) {
        if let Some(decision) = self.end_of(txn) {
            return ctx.send(from, Message::Decide { txn, decision });
        }
        let acceptor = self.acceptors.entry(txn).or_default();
        match acceptor.promised {
            Some(promised) if promised > ballot => return ctx.send(from, Message::Outbid { txn, ballot: promised }),
            Some(promised) if promised == ballot => {}
            _ => {
                acceptor.promise(ballot);
                self.keep(Record::Promised { txn, ballot }, ctx);
            }
        }
        let accepted = self.acceptors.get(&txn).map(|acceptor| acceptor.accepted.clone()).unwrap_or_default();
        ctx.send(from, Message::Promise { txn, ballot, accepted });
    }

    pub(super) fn asked_to_accept(
        &mut self,
        from: NodeId,
        (txn, ballot): (Txn, Ballot),
        votes: Votes,
        ctx: &mut Ctx<'_>,
    ) {
        let acceptor = self.acceptors.entry(txn).or_default();
        if let Some(promised) = acceptor.promised.filter(|promised| *promised > ballot) {
            return ctx.send(from, Message::Outbid { txn, ballot: promised });
        }
        if !acceptor.has_accepted(ballot, &votes) {
            acceptor.accept(ballot, &votes);
            self.keep(Record::Accepted { txn, ballot, votes: votes.clone() }, ctx);
            ctx.emit(Event::Accepted { txn, ballot, votes: votes.clone() });
        }
        ctx.send(ballot.leader, Message::Accepted { txn, ballot, votes });
    }

    /// Makes durable what it tells others as an acceptor.
    fn keep(&mut self, record: Record, ctx: &mut Ctx<'_>) {
        if !self.has(CommitFlaw::AcceptorAmnesia) {
            self.journal.append(record, ctx);
            self.journal.make_durable(ctx);
        }
    }

    /// How a transaction has ended, if this node knows.
    fn end_of(&self, txn: Txn) -> Option<Decision> {
        let as_participant = self.ended.get(&txn).copied().flatten();
        let coordinates = txn.coordinator == self.me && !self.is_open(txn);
        as_participant.or_else(|| if coordinates { self.decision_of(txn) } else { None })
    }
}

/// Participants, and the coordinator of the first ballot.
impl AtomicCommit {
    /// Asks for its own vote to commit to be accepted.
    pub(super) fn cast_vote(&self, txn: Txn, ctx: &mut Ctx<'_>) {
        let votes = Votes::from([(self.me, Decision::Commit)]);
        self.ask_acceptors(&Message::Accept { txn, ballot: Ballot::first(txn), votes }, ctx);
    }

    fn ask_acceptors(&self, message: &Message, ctx: &mut Ctx<'_>) {
        for acceptor in self.config.acceptors(ctx.nodes()) {
            ctx.send(*acceptor, message.clone());
        }
    }

    /// An acceptor has accepted votes in a ballot that this node leads.
    pub(super) fn have_accepted(
        &mut self,
        from: NodeId,
        (txn, ballot): (Txn, Ballot),
        votes: &Votes,
        ctx: &mut Ctx<'_>,
    ) {
        let majority = self.config.majority(ctx.nodes());
        if ballot == Ballot::first(txn) {
            for participant in votes.keys() {
                let transaction = self.in_phase(txn, Phase::Preparing);
                let Some(shard) = transaction.and_then(|of| of.shards.get_mut(participant)) else { return };
                shard.accepted_by.insert(from);
                if shard.accepted_by.len() >= majority {
                    self.answered(*participant, txn, Phase::Preparing, ctx);
                }
            }
            return;
        }
        let Some(leading) = self.leading.get_mut(&txn).filter(|leading| leading.ballot == ballot) else { return };
        leading.accepted.insert(from);
        if leading.accepted.len() >= majority {
            let all_commit = votes.values().all(|vote| *vote == Decision::Commit);
            let decision = if all_commit { Decision::Commit } else { Decision::Abort };
            let participants = leading.participants.clone();
            self.lead_to(decision, txn, participants, ctx);
        }
    }
}

/// Later ballots.
impl AtomicCommit {
    /// Finds out what was decided, unless it is about to.
    pub(super) fn lead_ballot(&mut self, txn: Txn, participants: BTreeSet<NodeId>, ctx: &mut Ctx<'_>) {
        if self.leading.contains_key(&txn) {
            return;
        }
        self.round += 1;
        let ballot = Ballot { round: self.round, leader: self.me, boot: self.boots };
        let (promises, accepted) = Default::default();
        self.leading.insert(txn, Leading { ballot, participants, promises, has_proposed: false, accepted });
        ctx.emit(Event::LedBallot { txn, ballot });
        if self.has(CommitFlaw::SkipsPhase1) {
            self.propose(txn, ctx);
        } else {
            self.ask_acceptors(&Message::Collect { txn, ballot }, ctx);
        }
        let patience = self.config.silence_timeout;
        let again = ctx.choose_duration("ballot", patience, patience * 2);
        ctx.set_timer(Timer::Ballot(txn), again);
    }

    /// The ballot has not ended.
    pub(super) fn lead_again(&mut self, txn: Txn, ctx: &mut Ctx<'_>) {
        if let Some(Leading { participants, .. }) = self.leading.remove(&txn) {
            self.lead_ballot(txn, participants, ctx);
        }
    }

    /// The transaction has ended.
    pub(super) fn stop_leading(&mut self, txn: Txn, ctx: &mut Ctx<'_>) {
        if self.leading.remove(&txn).is_some() {
            ctx.cancel_timer(Timer::Ballot(txn));
        }
    }

    pub(super) fn have_promised(
        &mut self,
        from: NodeId,
        (txn, ballot): (Txn, Ballot),
        accepted: AcceptedVotes,
        ctx: &mut Ctx<'_>,
    ) {
        let majority = self.config.majority(ctx.nodes());
        let Some(leading) = self.leading.get_mut(&txn).filter(|leading| leading.ballot == ballot) else { return };
        leading.promises.insert(from, accepted);
        if !leading.has_proposed && leading.promises.len() >= majority {
            self.propose(txn, ctx);
        }
    }

    fn propose(&mut self, txn: Txn, ctx: &mut Ctx<'_>) {
        let takes_silence_for_yes = self.has(CommitFlaw::SilenceIsYes);
        let Some(leading) = self.leading.get_mut(&txn) else { return };
        let votes = leading.votes(if takes_silence_for_yes { Decision::Commit } else { Decision::Abort });
        leading.has_proposed = true;
        let ballot = leading.ballot;
        self.ask_acceptors(&Message::Accept { txn, ballot, votes }, ctx);
    }

    /// An acceptor has promised somebody else to accept nothing from this node.
    pub(super) fn was_outbid(&mut self, ballot: Ballot) {
        self.round = self.round.max(ballot.round);
    }
}
