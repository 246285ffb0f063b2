//! A node as a participant: it keeps a shard of the accounts, locks them for transactions, and votes.
//!
//! **Deadlocks.** A transaction may wait for a lock only if all that are in its way are younger; otherwise it dies and
//! is begun again with the age that it had: *wait-die* (Rosenkrantz, Stearns and Lewis 1978). So nobody waits for
//! itself, through any shards, and the oldest never dies.
//!
//! **Lost locks.** Locks are not on the disk before the vote. A participant that has restarted would vote yes for what
//! it no longer protects; so it says in which boot it has locked what was read, and is asked for its vote with that.
//! After the vote, a restart locks again what is to be posted. What was only read need not be locked any more: the
//! transaction has all of its locks by then.

use std::collections::{BTreeMap, BTreeSet};

use sim_core::NodeId;

use super::bank::Posting;
use super::flaws::CommitFlaw;
use super::locks::Mode;
use super::message::{Age, Decision, Event, Message, Stand, Timer, Txn, Vote};
use super::node::{AtomicCommit, Ctx};
use super::storage::Record;

/// A transaction of which a participant has not heard the end.
#[derive(Debug)]
pub(super) struct Work {
    pub(super) age: Age,
    /// What it has read here.
    pub(super) reads: BTreeSet<u32>,
    /// What is to be posted to which accounts here.
    pub(super) postings: Vec<(u32, Posting)>,
    /// The locks that it waits for.
    pub(super) waits: Option<Wait>,
    /// If this participant has voted yes.
    pub(super) in_doubt: Option<Doubt>,
}

/// What a participant knows that has voted yes, and not what was decided.
#[derive(Debug)]
pub(super) struct Doubt {
    /// Those whose votes are logged, this participant among them.
    pub(super) participants: BTreeSet<NodeId>,
    pub(super) stand: Stand,
    /// In three-phase commit, where the others stand that it has asked.
    pub(super) answers: BTreeMap<NodeId, Stand>,
    /// In three-phase commit, whether it has told the others that all have voted yes, and is about to commit.
    pub(super) is_moving: bool,
}

impl Doubt {
    /// It has just voted, or has just booted.
    pub(super) const fn new(participants: BTreeSet<NodeId>, is_steady: bool) -> Self {
        let stand = Stand { is_pre_committed: false, is_steady };
        Self { participants, stand, answers: BTreeMap::new(), is_moving: false }
    }
}

impl Work {
    const fn new(age: Age, waits: Option<Wait>) -> Self {
        Self { age, reads: BTreeSet::new(), postings: Vec::new(), waits, in_doubt: None }
    }
}

/// Locks that are waited for, all of one mode.
#[derive(Debug)]
pub(super) struct Wait {
    pub(super) accounts: Vec<u32>,
    pub(super) mode: Mode,
}

/// Whether a transaction gets its locks.
enum Turn {
    Granted,
    Waits,
    /// This is older, and in its way.
    Dies(Age),
}

/// Locks.
impl AtomicCommit {
    /// Whether a transaction gets the locks that it waits for.
    fn turn(&self, txn: Txn, work: &Work, wait: &Wait) -> Turn {
        let is_fair = !self.has(CommitFlaw::WaitsInCircles);
        let overtakes = wait.mode == Mode::Shared && self.has(CommitFlaw::ReadersOvertake);
        let in_the_way = |mode: Mode| mode.conflicts(wait.mode) || self.has(CommitFlaw::ReadersExclude);
        let mut must_wait = false;
        for account in &wait.accounts {
            for (other, mode) in self.locks.holders(*account) {
                // Somebody who holds a lock is in the table, unless a flaw has dropped it.
                let Some(holder) = self.works.get(&other).filter(|_| other != txn && in_the_way(mode)) else {
                    continue;
                };
                if holder.age < work.age && is_fair {
                    return Turn::Dies(holder.age);
                }
                must_wait = true;
            }
            // An older transaction that waits must not be overtaken for ever.
            let wants = |other: &&Work| {
                let of_other = other.waits.as_ref();
                other.age < work.age
                    && of_other.is_some_and(|of| of.accounts.contains(account) && of.mode.conflicts(wait.mode))
            };
            if let Some(older) = self.works.values().find(wants).filter(|_| is_fair && !overtakes) {
                return Turn::Dies(older.age);
            }
        }
        if must_wait { Turn::Waits } else { Turn::Granted }
    }

    /// Gives the locks that are free to those that wait for them, the oldest first.
    fn settle(&mut self, ctx: &mut Ctx<'_>) {
        let waiting = self.works.iter().filter(|(_, work)| work.waits.is_some());
        let mut waiting: Vec<(Age, Txn)> = waiting.map(|(txn, work)| (work.age, *txn)).collect();
        waiting.sort_unstable();
        for (_, txn) in waiting {
            let Some(work) = self.works.get(&txn) else { continue };
            let Some(wait) = &work.waits else { continue };
            match self.turn(txn, work, wait) {
                Turn::Waits => {}
                Turn::Granted => self.grant(txn, ctx),
                Turn::Dies(older) => {
                    self.die(txn, older, ctx);
                    // What it had locked is free.
                    return self.settle(ctx);
                }
            }
        }
    }

    fn grant(&mut self, txn: Txn, ctx: &mut Ctx<'_>) {
        let Some(work) = self.works.get_mut(&txn) else { return };
        let Some(Wait { accounts, mode }) = work.waits.take() else { return };
        let keeps_shared = mode == Mode::Exclusive && self.config.flaws.has(CommitFlaw::UpgradeForgotten);
        let taken = if keeps_shared { Mode::Shared } else { mode };
        accounts.iter().for_each(|account| self.locks.take(*account, txn, taken));
        match mode {
            Mode::Shared => {
                work.reads.extend(accounts);
                self.tell_read(txn, ctx);
                if self.has(CommitFlaw::ShortReadLocks) {
                    self.locks.release(txn);
                }
            }
            Mode::Exclusive => ctx.send(txn.coordinator, Message::WriteOk { txn }),
        }
    }

    fn die(&mut self, txn: Txn, older: Age, ctx: &mut Ctx<'_>) {
        ctx.emit(Event::Died { txn });
        ctx.send(txn.coordinator, Message::Die { txn, older: Some(older) });
        self.forget(txn, Some(Decision::Abort), ctx);
    }

    /// Nothing is left to do for a transaction: it lets go of its locks.
    fn forget(&mut self, txn: Txn, end: Option<Decision>, ctx: &mut Ctx<'_>) {
        self.works.remove(&txn);
        self.locks.release(txn);
        self.ended.insert(txn, end);
        ctx.cancel_timer(Timer::Silence(txn));
    }
}

/// Execution.
impl AtomicCommit {
    pub(super) fn read(&mut self, txn: Txn, age: Age, accounts: Vec<u32>, ctx: &mut Ctx<'_>) {
        self.clock = self.clock.max(age.number);
        if self.ended.contains_key(&txn) {
            return ctx.send(txn.coordinator, Message::Die { txn, older: None });
        }
        self.hears_of(txn, ctx);
        match self.works.get(&txn) {
            Some(work) if work.waits.is_some() => {}
            Some(_) => self.tell_read(txn, ctx),
            None => {
                self.works.insert(txn, Work::new(age, Some(Wait { accounts, mode: Mode::Shared })));
                self.settle(ctx);
            }
        }
    }

    fn tell_read(&self, txn: Txn, ctx: &mut Ctx<'_>) {
        let Some(work) = self.works.get(&txn) else { return };
        let ledgers = work.reads.iter().map(|account| (*account, self.ledger(*account))).collect();
        ctx.send(txn.coordinator, Message::ReadOk { txn, boot: self.boots, ledgers });
    }

    pub(super) fn write(
        &mut self,
        (txn, age): (Txn, Age),
        boot: u64,
        postings: Vec<(u32, Posting)>,
        ctx: &mut Ctx<'_>,
    ) {
        if self.has(CommitFlaw::JoinsLate) && !self.ended.contains_key(&txn) {
            self.works.entry(txn).or_insert_with(|| Work::new(age, None));
        } else if boot != self.boots || !self.works.contains_key(&txn) {
            if !self.has(CommitFlaw::SilentOnForgotten) {
                ctx.send(txn.coordinator, Message::Die { txn, older: None });
            }
            return;
        }
        self.hears_of(txn, ctx);
        let Some(work) = self.works.get_mut(&txn).filter(|work| work.waits.is_none()) else { return };
        if work.postings.is_empty() {
            let accounts = postings.iter().map(|(account, _)| *account).collect();
            work.waits = Some(Wait { accounts, mode: Mode::Exclusive });
            work.postings = postings;
            self.settle(ctx);
        } else {
            ctx.send(txn.coordinator, Message::WriteOk { txn });
        }
    }

    /// The coordinator is there: its silence begins anew.
    pub(super) fn hears_of(&self, txn: Txn, ctx: &mut Ctx<'_>) {
        ctx.set_timer(Timer::Silence(txn), self.config.silence_timeout);
    }
}

/// Votes and decisions.
impl AtomicCommit {
    pub(super) fn prepare(&mut self, txn: Txn, boot: u64, participants: BTreeSet<NodeId>, ctx: &mut Ctx<'_>) {
        let vote = |vote, ctx: &mut Ctx<'_>| ctx.send(txn.coordinator, Message::Vote { txn, vote });
        match self.ended.get(&txn) {
            Some(Some(Decision::Commit)) => return,
            Some(Some(Decision::Abort)) => return vote(Vote::No, ctx),
            Some(None) => return vote(Vote::ReadOnly, ctx),
            None => {}
        }
        if self.has(CommitFlaw::VotesForForgotten) && !self.works.contains_key(&txn) {
            return vote(Vote::Yes, ctx);
        }
        let is_known = boot == self.boots || self.has(CommitFlaw::JoinsLate);
        let Some(work) = self.works.get_mut(&txn) else { return vote(Vote::No, ctx) };
        if work.in_doubt.is_some() {
            return self.vote_yes(txn, ctx);
        }
        if !is_known || work.waits.is_some() {
            self.give_up(txn, ctx);
            return vote(Vote::No, ctx);
        }
        if work.postings.is_empty() && self.config.counts_read_only() {
            self.forget(txn, None, ctx);
            vote(Vote::ReadOnly, ctx);
            return self.settle(ctx);
        }
        work.in_doubt = Some(Doubt::new(participants.clone(), true));
        let (age, postings) = (work.age, work.postings.clone());
        let record = Record::Prepared { txn, age, participants, postings: postings.clone() };
        if !self.has(CommitFlaw::ParticipantAmnesia) {
            self.journal.append(record, ctx);
        }
        if !self.has(CommitFlaw::VotesBeforeSync) {
            self.journal.make_durable(ctx);
        }
        ctx.emit(Event::VotedYes { txn });
        self.vote_yes(txn, ctx);
        self.hears_of(txn, ctx);
        if self.has(CommitFlaw::PostsAtPrepare) {
            self.post(&postings);
        }
        if self.has(CommitFlaw::ReleasesAtPrepare) || self.has(CommitFlaw::PostsAtPrepare) {
            self.locks.release(txn);
            self.settle(ctx);
        }
    }

    fn vote_yes(&self, txn: Txn, ctx: &mut Ctx<'_>) {
        if self.config.is_paxos() {
            self.cast_vote(txn, ctx);
        } else {
            ctx.send(txn.coordinator, Message::Vote { txn, vote: Vote::Yes });
        }
    }

    pub(super) fn decided(&mut self, txn: Txn, decision: Decision, ctx: &mut Ctx<'_>) {
        match (self.works.get(&txn), decision) {
            (Some(work), _) if work.in_doubt.is_some() => self.finish(txn, decision, ctx),
            (Some(_), Decision::Abort) => self.give_up(txn, ctx),
            // It has not voted, and so nobody can have decided that.
            (Some(_), Decision::Commit) | (None, Decision::Abort) => {}
            (None, Decision::Commit) if self.has(CommitFlaw::AcksOnce) => {}
            (None, Decision::Commit) => ctx.send(txn.coordinator, Message::Ack { txn }),
        }
    }

    /// Carries out what was decided.
    pub(super) fn finish(&mut self, txn: Txn, decision: Decision, ctx: &mut Ctx<'_>) {
        let Some(work) = self.works.get(&txn) else { return };
        let postings = work.postings.clone();
        let has_posted = self.has(CommitFlaw::PostsAtPrepare);
        self.journal.append(Record::Finished { txn, decision }, ctx);
        match decision {
            Decision::Commit => {
                if !self.has(CommitFlaw::AcksBeforeSync) {
                    self.journal.make_durable(ctx);
                }
                if !has_posted {
                    self.post(&postings);
                }
                ctx.emit(Event::Committed { txn, postings });
                ctx.send(txn.coordinator, Message::Ack { txn });
            }
            Decision::Abort => {
                // If this is lost, a coordinator says so again, but nobody else may know.
                if self.config.is_three_phase() {
                    self.journal.make_durable(ctx);
                }
                if has_posted {
                    self.take_back(&postings);
                }
                ctx.emit(Event::Aborted { txn });
            }
        }
        self.forget(txn, Some(decision), ctx);
        self.settle(ctx);
    }

    /// Aborts a transaction for which it has not voted: it may do so at any time.
    fn give_up(&mut self, txn: Txn, ctx: &mut Ctx<'_>) {
        ctx.emit(Event::GaveUp { txn });
        self.forget(txn, Some(Decision::Abort), ctx);
        self.settle(ctx);
    }
}

/// Termination.
impl AtomicCommit {
    /// Nothing was heard of a transaction.
    pub(super) fn silence(&mut self, txn: Txn, ctx: &mut Ctx<'_>) {
        let Some(work) = self.works.get(&txn) else { return };
        match &work.in_doubt {
            None => self.give_up(txn, ctx),
            Some(_) if self.has(CommitFlaw::AbortsAfterYes) => self.finish(txn, Decision::Abort, ctx),
            Some(_) if self.has(CommitFlaw::NeverInquires) => {}
            Some(_) if self.config.is_three_phase() => self.poll(txn, ctx),
            Some(Doubt { participants, .. }) if self.config.is_paxos() => {
                self.lead_ballot(txn, participants.clone(), ctx);
            }
            Some(Doubt { participants, .. }) => {
                ctx.emit(Event::Inquired { txn });
                ctx.send(txn.coordinator, Message::Inquire { txn });
                if self.config.cooperative_termination && !self.has(CommitFlaw::AsksCoordinatorAlone) {
                    let others = participants.iter().filter(|other| **other != self.me && **other != txn.coordinator);
                    others.for_each(|other| ctx.send(*other, Message::Inquire { txn }));
                }
                self.hears_of(txn, ctx);
            }
        }
    }

    /// A participant in doubt asks. Who coordinates the transaction knows what was decided, or that nothing was:
    /// then it is aborted. Another participant knows if it has been told, or has not voted yes.
    pub(super) fn inquired(&mut self, from: NodeId, txn: Txn, ctx: &mut Ctx<'_>) {
        if txn.coordinator == self.me && self.is_open(txn) {
            return;
        }
        let stand = self.works.get(&txn).and_then(|work| Some(work.in_doubt.as_ref()?.stand));
        let decision = if txn.coordinator == self.me {
            self.decision_of(txn)
        } else if stand.is_some() {
            None
        } else if self.works.contains_key(&txn) {
            if !self.has(CommitFlaw::AnswersAndVotes) {
                self.give_up(txn, ctx);
            }
            Some(Decision::Abort)
        } else {
            // If it knows nothing of it, it has not voted yes, and will not: this is another boot than the one that is
            // asked for its vote.
            self.ended.get(&txn).copied().unwrap_or(Some(Decision::Abort))
        };
        if let Some(decision) = decision {
            ctx.send(from, Message::Decide { txn, decision });
        } else if self.config.is_three_phase() {
            ctx.send(from, Message::InDoubt { txn, stand: stand.unwrap_or_default() });
        }
    }
}
