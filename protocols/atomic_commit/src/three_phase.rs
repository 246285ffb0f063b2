//! Three-phase commit: what is different from two-phase commit.
//!
//! Between the votes and the commit, the coordinator tells all participants that all have voted yes, and waits until
//! they know: they are *pre-committed*. So nobody commits while somebody is in doubt about the votes, and the
//! participants that are up can decide without the coordinator (Skeen 1981; Bernstein, Hadzilacos and Goodman 1987,
//! section 7.5, whose termination protocol this is). It rests on timeouts: whoever does not answer in time has crashed.
//!
//! **Termination.** A participant that hears nothing asks all others where they stand. Of those that have been up since
//! they voted, the one with the lowest name decides: to abort if none of them is pre-committed; otherwise it tells
//! all to pre-commit, waits until they have, and commits. The others wait for it, and ask again if it goes down, too.
//!
//! **Recovery.** Those that have restarted do not count: the others may have decided without them. They ask until
//! somebody tells them. If all have been down, nobody can: then all must be back, the coordinator among them, and the
//! lowest decides to commit if anybody is pre-committed, and to abort if not. A coordinator that has restarted asks,
//! too, unless it had told nobody to pre-commit: then nobody can have committed.

use sim_core::NodeId;

use super::coordinator::Phase;
use super::flaws::CommitFlaw;
use super::message::{Decision, Event, Message, Stand, Timer, Txn};
use super::node::{AtomicCommit, Ctx};
use super::storage::Record;

/// The coordinator.
impl AtomicCommit {
    /// All have voted yes, or have only read.
    pub(super) fn pre_commit(&mut self, client: NodeId, ctx: &mut Ctx<'_>) {
        let skips = self.has(CommitFlaw::SkipsPreCommit);
        let Some(transaction) = self.transactions.get_mut(&client) else { return };
        let participants = transaction.participants();
        if participants.is_empty() || skips {
            return self.commit(client, ctx);
        }
        transaction.enter(Phase::PreCommitting);
        // From here on, it cannot abort.
        ctx.cancel_timer(Timer::Deadline(client));
        self.entrust(client, ctx);
        if let Some(transaction) = self.transactions.get(&client) {
            self.ask(transaction, ctx);
        }
    }

    /// Whoever has not answered has crashed.
    pub(super) fn has_waited(&mut self, client: NodeId, ctx: &mut Ctx<'_>) {
        let Some(transaction) = self.transactions.get(&client) else { return };
        let answered = |is: bool| transaction.shards.values().any(|shard| shard.is_logged && shard.has_answered == is);
        match transaction.phase {
            Phase::Preparing => self.begin_again(client, ctx),
            Phase::PreCommitting if answered(true) => self.commit(client, ctx),
            // Nobody is left. When they are back, they will not have decided: the coordinator has not told them to.
            _ => self.ask(transaction, ctx),
        }
    }
}

/// Participants.
impl AtomicCommit {
    /// All have voted yes, say the coordinator or who decides in its place.
    pub(super) fn told_to_pre_commit(&mut self, from: NodeId, txn: Txn, ctx: &mut Ctx<'_>) {
        if let Some(decision) = self.ended.get(&txn).copied().flatten() {
            return ctx.send(from, Message::Decide { txn, decision });
        }
        if self.works.get(&txn).is_some_and(|work| work.in_doubt.is_some()) {
            self.pre_commits(txn, ctx);
            self.hears_of(txn, ctx);
            ctx.send(from, Message::PreCommitted { txn });
        }
    }

    fn pre_commits(&mut self, txn: Txn, ctx: &mut Ctx<'_>) {
        let Some(doubt) = self.works.get_mut(&txn).and_then(|work| work.in_doubt.as_mut()) else { return };
        if !std::mem::replace(&mut doubt.stand.is_pre_committed, true) {
            self.journal.append(Record::PreCommitted { txn }, ctx);
            self.journal.make_durable(ctx);
            ctx.emit(Event::PreCommitted { txn });
        }
    }

    /// Asks all others where they stand.
    pub(super) fn poll(&mut self, txn: Txn, ctx: &mut Ctx<'_>) {
        let Some(doubt) = self.works.get_mut(&txn).and_then(|work| work.in_doubt.as_mut()) else { return };
        doubt.answers.clear();
        doubt.is_moving = false;
        let mut asked = doubt.participants.clone();
        asked.insert(txn.coordinator);
        asked.remove(&self.me);
        ctx.emit(Event::Inquired { txn });
        asked.into_iter().for_each(|node| ctx.send(node, Message::Inquire { txn }));
        ctx.set_timer(Timer::Poll(txn), self.config.retransmit_interval);
    }

    pub(super) fn heard_of_doubt(&mut self, from: NodeId, txn: Txn, stand: Stand) {
        if let Some(doubt) = self.works.get_mut(&txn).and_then(|work| work.in_doubt.as_mut()) {
            doubt.answers.insert(from, stand);
        }
    }

    /// Whoever is up has answered.
    pub(super) fn has_polled(&mut self, txn: Txn, ctx: &mut Ctx<'_>) {
        let Some(doubt) = self.works.get_mut(&txn).and_then(|work| work.in_doubt.as_mut()) else { return };
        let participants = doubt.participants.clone();
        if doubt.is_moving {
            return self.lead_to(Decision::Commit, txn, participants, ctx);
        }
        let me = self.me;
        let others = || doubt.answers.iter().filter(|(node, _)| participants.contains(node));
        let is_pre_committed = |is_counted: fn(&Stand) -> bool| {
            let all = others().map(|(_, stand)| stand).chain([&doubt.stand]);
            all.filter(|stand| is_counted(stand)).any(|stand| stand.is_pre_committed)
        };
        if doubt.stand.is_steady {
            if others().any(|(node, stand)| stand.is_steady && *node < me) {
                self.hears_of(txn, ctx);
            } else if is_pre_committed(|stand| stand.is_steady) {
                self.move_all(txn, ctx);
            } else {
                self.lead_to(Decision::Abort, txn, participants, ctx);
            }
            return;
        }
        let is_heard = |node: &NodeId| *node == me || doubt.answers.contains_key(node);
        let are_all_back = doubt.participants.iter().chain([&txn.coordinator]).all(is_heard);
        let is_anybody_steady = others().any(|(_, stand)| stand.is_steady);
        if !are_all_back || is_anybody_steady || doubt.participants.first() != Some(&me) {
            self.hears_of(txn, ctx);
        } else if is_pre_committed(|_| true) {
            self.lead_to(Decision::Commit, txn, participants, ctx);
        } else {
            self.lead_to(Decision::Abort, txn, participants, ctx);
        }
    }

    /// Tells all others to pre-commit, and waits until they have.
    fn move_all(&mut self, txn: Txn, ctx: &mut Ctx<'_>) {
        self.pre_commits(txn, ctx);
        let Some(doubt) = self.works.get_mut(&txn).and_then(|work| work.in_doubt.as_mut()) else { return };
        doubt.is_moving = true;
        let others = doubt.participants.iter().filter(|node| **node != self.me);
        others.for_each(|node| ctx.send(*node, Message::PreCommit { txn }));
        ctx.set_timer(Timer::Poll(txn), self.config.retransmit_interval);
    }
}
