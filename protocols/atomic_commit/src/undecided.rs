//! How a transaction ends without its coordinator: what three-phase commit and Paxos Commit share.

use std::collections::BTreeSet;

use sim_core::{NodeId, RequestId};

use super::bank::BankReply;
use super::coordinator::{Committing, Phase, announce_commit, tell};
use super::message::{Decision, Event, Message, Timer, Txn};
use super::node::{AtomicCommit, Ctx};
use super::storage::{Outcome, Record};

/// A transaction that a coordinator does not know the end of, as it has restarted.
#[derive(Debug)]
pub(super) struct Undecided {
    pub(super) request: RequestId,
    pub(super) reply: BankReply,
    pub(super) participants: BTreeSet<NodeId>,
}

impl AtomicCommit {
    /// It has restarted, and asks what became of a transaction.
    pub(super) fn ask_how_it_ended(&mut self, txn: Txn, ctx: &mut Ctx<'_>) {
        let Some(undecided) = self.undecided.get(&txn) else { return };
        if self.config.is_paxos() {
            return self.lead_ballot(txn, undecided.participants.clone(), ctx);
        }
        undecided.participants.iter().for_each(|node| ctx.send(*node, Message::Inquire { txn }));
        ctx.set_timer(Timer::Undecided(txn), self.config.silence_timeout);
    }

    /// Somebody has told how a transaction has ended.
    pub(super) fn has_ended(&mut self, txn: Txn, decision: Decision, ctx: &mut Ctx<'_>) {
        self.stop_leading(txn, ctx);
        if self.config.is_paxos()
            && let Some(client) = self.in_phase(txn, Phase::Preparing).map(|transaction| transaction.request.client)
        {
            // Others have found that out meanwhile.
            match decision {
                Decision::Commit => self.commit(client, ctx),
                Decision::Abort => self.begin_again(client, ctx),
            }
        }
        let Some(Undecided { request, reply, participants }) = self.undecided.remove(&txn) else { return };
        ctx.cancel_timer(Timer::Undecided(txn));
        match decision {
            Decision::Abort => {
                self.journal.append(Record::End { txn }, ctx);
                ctx.emit(Event::Decided { txn, request, decision, participants });
            }
            Decision::Commit => {
                let outcome = Outcome::Committed(reply.clone());
                self.journal.append(Record::Commit { txn, request, reply, participants: participants.clone() }, ctx);
                self.journal.make_durable(ctx);
                if self.outcomes.get(&request.client).is_none_or(|(known, _)| *known < request) {
                    self.outcomes.insert(request.client, (request, outcome.clone()));
                }
                let committing = Committing::new(request, participants);
                announce_commit(txn, &committing, ctx);
                tell(request, outcome, ctx);
                self.committing.insert(txn, committing);
                self.spread(txn, ctx);
            }
        }
    }

    /// Decides in place of the coordinator.
    pub(super) fn lead_to(&mut self, decision: Decision, txn: Txn, participants: BTreeSet<NodeId>, ctx: &mut Ctx<'_>) {
        let mut told = participants.clone();
        told.insert(txn.coordinator);
        told.remove(&self.me);
        ctx.emit(Event::Led { txn, decision, participants });
        self.decided(txn, decision, ctx);
        self.has_ended(txn, decision, ctx);
        told.into_iter().for_each(|node| ctx.send(node, Message::Decide { txn, decision }));
    }
}
