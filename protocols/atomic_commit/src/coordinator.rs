//! A node as a coordinator: it carries out what clients ask for, one transaction of each client at a time.

use std::collections::{BTreeMap, BTreeSet};

use sim_core::{NodeId, RequestId};

use super::bank::{BankOp, BankReply, Ledger, Posting};
use super::flaws::CommitFlaw;
use super::message::{Age, Decision, Event, Message, Timer, Txn, Vote};
use super::node::{AtomicCommit, Ctx};
use super::storage::{Outcome, Record};

/// What a client asked for, in one of its attempts.
#[derive(Debug)]
pub(super) struct Transaction {
    pub(super) request: RequestId,
    op: BankOp,
    pub(super) age: Age,
    pub(super) txn: Txn,
    pub(super) phase: Phase,
    /// The participants.
    pub(super) shards: BTreeMap<NodeId, Shard>,
    /// What was read.
    ledgers: BTreeMap<u32, Ledger>,
    /// What is to be posted; nothing, if it does not write.
    postings: Vec<(u32, Posting)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    Reading,
    Writing,
    Preparing,
    /// In three-phase commit: all have voted yes, and are told so.
    PreCommitting,
    /// It has died, and will be begun again.
    Dead,
}

/// What is known of a participant.
#[derive(Debug, Default)]
pub(super) struct Shard {
    /// What is read there.
    accounts: Vec<u32>,
    /// The boot in which it has locked that.
    boot: u64,
    /// What is posted there.
    postings: Vec<(u32, Posting)>,
    /// Whether its vote is logged.
    pub(super) is_logged: bool,
    /// Whether it has answered in this phase.
    pub(super) has_answered: bool,
    /// In Paxos Commit, the acceptors that have accepted its vote in the first ballot.
    pub(super) accepted_by: BTreeSet<NodeId>,
}

impl Transaction {
    /// Whether a participant is asked in this phase.
    fn asks(&self, shard: &Shard) -> bool {
        match self.phase {
            Phase::Reading | Phase::Preparing => true,
            Phase::Writing => !shard.postings.is_empty(),
            Phase::PreCommitting => shard.is_logged,
            Phase::Dead => false,
        }
    }

    /// The participants whose votes are logged.
    pub(super) fn participants(&self) -> BTreeSet<NodeId> {
        self.shards.iter().filter(|(_, shard)| shard.is_logged).map(|(node, _)| *node).collect()
    }

    fn message(&self, shard: &Shard) -> Option<Message> {
        let (txn, age, boot) = (self.txn, self.age, shard.boot);
        Some(match self.phase {
            Phase::Reading => Message::Read { txn, age, accounts: shard.accounts.clone() },
            Phase::Writing => Message::Write { txn, age, boot, postings: shard.postings.clone() },
            Phase::Preparing => Message::Prepare { txn, boot, participants: self.participants() },
            Phase::PreCommitting => Message::PreCommit { txn },
            Phase::Dead => return None,
        })
    }

    /// Enters a phase in which nobody has answered yet.
    pub(super) fn enter(&mut self, phase: Phase) {
        self.phase = phase;
        self.shards.values_mut().for_each(|shard| shard.has_answered = false);
    }

    pub(super) fn reply(&self) -> BankReply {
        let ledgers =
            self.op.accounts().into_iter().map(|account| self.ledgers.get(&account).cloned().unwrap_or_default());
        let is_done = !self.postings.is_empty() || matches!(self.op, BankOp::Audit { .. });
        if is_done { BankReply::Done(ledgers.collect()) } else { BankReply::TooLittle(ledgers.collect()) }
    }
}

/// A transaction that is decided to commit, and not all participants have acknowledged that.
#[derive(Debug)]
pub(super) struct Committing {
    pub(super) request: RequestId,
    pub(super) participants: BTreeSet<NodeId>,
    /// Those that have not.
    pub(super) missing: BTreeSet<NodeId>,
}

impl Committing {
    /// Nobody has.
    pub(super) fn new(request: RequestId, participants: BTreeSet<NodeId>) -> Self {
        Self { request, missing: participants.clone(), participants }
    }
}

/// Requests.
impl AtomicCommit {
    pub(super) fn requested(&mut self, request: RequestId, op: BankOp, ctx: &mut Ctx<'_>) {
        match self.outcomes.get(&request.client) {
            // The client has gone on since.
            Some((known, _)) if *known > request && !self.has(CommitFlaw::RepeatsOlderRequests) => return,
            Some((known, outcome)) if *known == request => return tell(request, outcome.clone(), ctx),
            _ => {}
        }
        // It asks how that has ended, and the client will ask once more.
        if self.undecided.values().any(|undecided| undecided.request == request) {
            return;
        }
        if let Some(current) = self.transactions.get(&request.client) {
            if current.request >= request || self.is_entrusted(current) {
                return;
            }
            // The client has given that up.
            self.abort(request.client, ctx);
        }
        ctx.set_timer(Timer::Deadline(request.client), self.config.transaction_timeout);
        self.clock += 1;
        let age = Age { number: self.clock, coordinator: self.me };
        self.begin(request, op, age, ctx);
    }

    fn begin(&mut self, request: RequestId, op: BankOp, age: Age, ctx: &mut Ctx<'_>) {
        self.begun += 1;
        let boot = if self.has(CommitFlaw::ReusesTransactionNumbers) { 0 } else { self.boots };
        let txn = Txn { coordinator: self.me, boot, number: self.begun };
        let mut shards: BTreeMap<NodeId, Shard> = BTreeMap::new();
        for account in op.accounts() {
            shards.entry(self.shard_of(account, ctx.nodes())).or_default().accounts.push(account);
        }
        ctx.emit(Event::Began { txn, request });
        let (ledgers, postings) = Default::default();
        let transaction = Transaction { request, op, age, txn, phase: Phase::Reading, shards, ledgers, postings };
        self.ask(&transaction, ctx);
        self.transactions.insert(request.client, transaction);
    }

    /// Asks whoever has not answered, now and again later.
    pub(super) fn ask(&self, transaction: &Transaction, ctx: &mut Ctx<'_>) {
        for (node, shard) in transaction.shards.iter().filter(|(_, shard)| !shard.has_answered) {
            if let Some(message) = transaction.message(shard).filter(|_| transaction.asks(shard)) {
                ctx.send(*node, message);
            }
        }
        ctx.set_timer(Timer::Retransmit(transaction.txn), self.config.retransmit_interval);
    }

    pub(super) fn retransmit(&mut self, txn: Txn, ctx: &mut Ctx<'_>) {
        if let Some(transaction) = self.transactions.values().find(|transaction| transaction.txn == txn) {
            if self.config.is_three_phase() && transaction.phase >= Phase::Preparing {
                return self.has_waited(transaction.request.client, ctx);
            }
            self.ask(transaction, ctx);
        } else if self.committing.contains_key(&txn) {
            self.spread(txn, ctx);
        }
    }

    /// The transaction `txn`, if it is in this phase.
    pub(super) fn in_phase(&mut self, txn: Txn, phase: Phase) -> Option<&mut Transaction> {
        self.transactions.values_mut().find(|transaction| transaction.txn == txn && transaction.phase == phase)
    }

    /// A participant has answered. If all have, the next phase begins.
    pub(super) fn answered(&mut self, from: NodeId, txn: Txn, phase: Phase, ctx: &mut Ctx<'_>) {
        let Some(transaction) = self.in_phase(txn, phase) else { return };
        if let Some(shard) = transaction.shards.get_mut(&from) {
            shard.has_answered = true;
        }
        if transaction.shards.values().any(|shard| transaction.asks(shard) && !shard.has_answered) {
            return;
        }
        let client = transaction.request.client;
        match phase {
            Phase::Reading => self.has_read(client, ctx),
            Phase::Writing => self.has_executed(client, ctx),
            Phase::Preparing if self.config.is_three_phase() => self.pre_commit(client, ctx),
            Phase::Preparing | Phase::PreCommitting => self.commit(client, ctx),
            Phase::Dead => {}
        }
    }

    /// The node that keeps an account.
    fn shard_of(&self, account: u32, nodes: &[NodeId]) -> NodeId {
        let shards = self.config.shards(nodes);
        let first = if self.has(CommitFlaw::CountsFromItself) { self.me.index() } else { 0 };
        shards[(first + account) as usize % shards.len()]
    }
}

/// Execution.
impl AtomicCommit {
    pub(super) fn read_ok(
        &mut self,
        from: NodeId,
        (txn, boot): (Txn, u64),
        ledgers: Vec<(u32, Ledger)>,
        ctx: &mut Ctx<'_>,
    ) {
        let Some(transaction) = self.in_phase(txn, Phase::Reading) else { return };
        let Some(shard) = transaction.shards.get_mut(&from).filter(|shard| !shard.has_answered) else { return };
        shard.boot = boot;
        for (account, ledger) in ledgers {
            transaction.ledgers.entry(account).or_insert(ledger);
        }
        self.answered(from, txn, Phase::Reading, ctx);
    }

    pub(super) fn write_ok(&mut self, from: NodeId, txn: Txn, ctx: &mut Ctx<'_>) {
        self.answered(from, txn, Phase::Writing, ctx);
    }

    /// All is read.
    fn has_read(&mut self, client: NodeId, ctx: &mut Ctx<'_>) {
        let least = if self.has(CommitFlaw::RefusesToEmpty) { 1 } else { 0 };
        let Some(transaction) = self.transactions.get_mut(&client) else { return };
        let postings = transaction.op.postings();
        let balance = |account: &u32| transaction.ledgers.get(account).map_or(0, Ledger::balance);
        let is_covered = postings.iter().all(|(account, posting)| balance(account) + posting.amount >= least);
        if postings.is_empty() || !is_covered {
            return self.has_executed(client, ctx);
        }
        for shard in transaction.shards.values_mut() {
            let here = postings.iter().filter(|(account, _)| shard.accounts.contains(account));
            shard.postings = here.copied().collect();
        }
        transaction.postings = postings;
        transaction.enter(Phase::Writing);
        if let Some(transaction) = self.transactions.get(&client) {
            self.ask(transaction, ctx);
        }
    }

    /// All is locked.
    fn has_executed(&mut self, client: NodeId, ctx: &mut Ctx<'_>) {
        let Some(transaction) = self.transactions.get_mut(&client) else { return };
        let all = !self.config.counts_read_only();
        transaction.shards.values_mut().for_each(|shard| shard.is_logged = all || !shard.postings.is_empty());
        transaction.enter(Phase::Preparing);
        ctx.emit(Event::Executed { txn: transaction.txn });
        if self.config.is_paxos() {
            self.entrust(client, ctx);
        }
        if let Some(transaction) = self.transactions.get(&client) {
            self.ask(transaction, ctx);
        }
    }

    /// The transaction has died at a participant, and will be begun again.
    pub(super) fn died(&mut self, txn: Txn, older: Option<Age>, ctx: &mut Ctx<'_>) {
        self.clock = self.clock.max(older.map_or(0, |older| older.number));
        let is_executed = |phase| phase == Phase::Reading || phase == Phase::Writing;
        let transaction = self.transactions.values().find(|transaction| transaction.txn == txn);
        if let Some(transaction) = transaction.filter(|transaction| is_executed(transaction.phase)) {
            self.begin_again(transaction.request.client, ctx);
        }
    }

    pub(super) fn begin_again(&mut self, client: NodeId, ctx: &mut Ctx<'_>) {
        self.decide_abort(client, ctx);
        if let Some(transaction) = self.transactions.get_mut(&client) {
            transaction.phase = Phase::Dead;
        }
        if self.has(CommitFlaw::NeverBeginsAgain) {
            return;
        }
        let (shortest, longest) = self.config.restart_after;
        let after = ctx.choose_duration("restart", shortest, longest);
        ctx.set_timer(Timer::Restart(client), after);
    }

    pub(super) fn restart(&mut self, client: NodeId, ctx: &mut Ctx<'_>) {
        let is_dead = |transaction: &Transaction| transaction.phase == Phase::Dead;
        if self.transactions.get(&client).is_some_and(is_dead)
            && let Some(Transaction { request, op, age, ledgers, .. }) = self.transactions.remove(&client)
        {
            self.begin(request, op, age, ctx);
            if self.has(CommitFlaw::KeepsOldReads)
                && let Some(transaction) = self.transactions.get_mut(&client)
            {
                transaction.ledgers = ledgers;
            }
        }
    }

    /// Others may commit it without this node from now on: it must not forget that.
    pub(super) fn entrust(&mut self, client: NodeId, ctx: &mut Ctx<'_>) {
        let Some(transaction) = self.transactions.get(&client) else { return };
        let (txn, request, reply) = (transaction.txn, transaction.request, transaction.reply());
        let participants = transaction.participants();
        self.journal.append(Record::Entrusted { txn, request, reply, participants }, ctx);
        self.journal.make_durable(ctx);
    }

    /// Whether others may commit a transaction without this node: then it cannot abort it by itself.
    fn is_entrusted(&self, transaction: &Transaction) -> bool {
        transaction.phase == Phase::PreCommitting || self.config.is_paxos() && transaction.phase == Phase::Preparing
    }

    /// It has taken too long.
    pub(super) fn deadline(&mut self, client: NodeId, ctx: &mut Ctx<'_>) {
        let Some(transaction) = self.transactions.get(&client) else { return };
        let (txn, request, participants) = (transaction.txn, transaction.request, transaction.participants());
        if self.is_entrusted(transaction) && !self.has(CommitFlaw::AbortsAlone) {
            ctx.set_timer(Timer::Deadline(client), self.config.silence_timeout);
            return self.lead_ballot(txn, participants, ctx);
        }
        if self.has(CommitFlaw::CommitsAfterTimeout) {
            self.decide_abort(client, ctx);
        } else {
            self.abort(client, ctx);
        }
        self.refuse(request, Outcome::Aborted, ctx);
        self.journal.make_durable(ctx);
        self.outcomes.insert(client, (request, Outcome::Aborted));
        tell(request, Outcome::Aborted, ctx);
    }

    /// Remembers that it does not carry out what a client asked for. The request may come once more, late or twice, and
    /// would be carried out then.
    fn refuse(&mut self, request: RequestId, outcome: Outcome, ctx: &mut Ctx<'_>) {
        if !self.has(CommitFlaw::ForgetsRefusals) {
            self.journal.append(Record::Refused { request, outcome }, ctx);
        }
    }
}

/// Decisions.
impl AtomicCommit {
    pub(super) fn voted(&mut self, from: NodeId, txn: Txn, vote: Vote, ctx: &mut Ctx<'_>) {
        let Some(transaction) = self.in_phase(txn, Phase::Preparing) else { return };
        if vote == Vote::No {
            let client = transaction.request.client;
            return self.begin_again(client, ctx);
        }
        if self.has(CommitFlaw::CountsVotes) {
            return self.count_vote(txn, ctx);
        }
        self.answered(from, txn, Phase::Preparing, ctx);
    }

    /// Counts a vote as that of whoever has not voted yet.
    fn count_vote(&mut self, txn: Txn, ctx: &mut Ctx<'_>) {
        let Some(transaction) = self.in_phase(txn, Phase::Preparing) else { return };
        let silent = transaction.shards.iter().find(|(_, shard)| !shard.has_answered).map(|(node, _)| *node);
        if let Some(node) = silent {
            self.answered(node, txn, Phase::Preparing, ctx);
        }
    }

    /// All have voted yes, or have only read.
    pub(super) fn commit(&mut self, client: NodeId, ctx: &mut Ctx<'_>) {
        let Some(transaction) = self.transactions.remove(&client) else { return };
        let participants = transaction.participants();
        let (txn, request, reply) = (transaction.txn, transaction.request, transaction.reply());
        ctx.cancel_timer(Timer::Retransmit(txn));
        ctx.cancel_timer(Timer::Deadline(client));
        let outcome = Outcome::Committed(reply.clone());
        self.outcomes.insert(client, (request, outcome.clone()));
        if participants.is_empty() && matches!(reply, BankReply::TooLittle(_)) {
            self.refuse(request, outcome.clone(), ctx);
        }
        if !participants.is_empty() && !self.has(CommitFlaw::CoordinatorAmnesia) {
            self.journal.append(Record::Commit { txn, request, reply, participants: participants.clone() }, ctx);
        }
        if !self.has(CommitFlaw::TellsBeforeSync) {
            self.journal.make_durable(ctx);
        }
        let committing = Committing::new(request, participants);
        announce_commit(txn, &committing, ctx);
        tell(request, outcome, ctx);
        if !committing.missing.is_empty() {
            self.committing.insert(txn, committing);
            self.spread(txn, ctx);
        }
    }

    /// Tells those of a commit that have not acknowledged it, now and again later.
    pub(super) fn spread(&mut self, txn: Txn, ctx: &mut Ctx<'_>) {
        let Some(committing) = self.committing.get(&txn) else { return };
        committing.missing.iter().for_each(|node| ctx.send(*node, Message::Decide { txn, decision: Decision::Commit }));
        if self.has(CommitFlaw::DecidesOnce) {
            return self.complete(txn, ctx);
        }
        ctx.set_timer(Timer::Retransmit(txn), self.config.retransmit_interval);
    }

    pub(super) fn acknowledged(&mut self, from: NodeId, txn: Txn, ctx: &mut Ctx<'_>) {
        let Some(committing) = self.committing.get_mut(&txn) else { return };
        committing.missing.remove(&from);
        if committing.missing.is_empty() {
            self.complete(txn, ctx);
        }
    }

    /// All know of the commit: nobody will ask for it any more.
    fn complete(&mut self, txn: Txn, ctx: &mut Ctx<'_>) {
        self.committing.remove(&txn);
        ctx.cancel_timer(Timer::Retransmit(txn));
        self.journal.append(Record::End { txn }, ctx);
        ctx.emit(Event::Completed { txn });
    }

    /// Aborts what a client asked for.
    fn abort(&mut self, client: NodeId, ctx: &mut Ctx<'_>) {
        ctx.cancel_timer(Timer::Restart(client));
        ctx.cancel_timer(Timer::Deadline(client));
        self.decide_abort(client, ctx);
        self.transactions.remove(&client);
    }

    /// Decides to abort an attempt, unless it is dead already. It writes nothing, and tells everybody once: whoever
    /// does not hear of it asks, and is told the same.
    fn decide_abort(&mut self, client: NodeId, ctx: &mut Ctx<'_>) {
        let Some(transaction) = self.transactions.get(&client) else { return };
        if transaction.phase == Phase::Dead {
            return;
        }
        let (txn, request, decision) = (transaction.txn, transaction.request, Decision::Abort);
        ctx.cancel_timer(Timer::Retransmit(txn));
        if self.is_entrusted(transaction) {
            self.journal.append(Record::End { txn }, ctx);
        }
        ctx.emit(Event::Decided { txn, request, decision, participants: transaction.participants() });
        transaction.shards.keys().for_each(|node| ctx.send(*node, Message::Decide { txn, decision }));
    }

    /// Whether this node coordinates a transaction, and has not decided.
    pub(super) fn is_open(&self, txn: Txn) -> bool {
        let is_open = |transaction: &Transaction| transaction.txn == txn && transaction.phase != Phase::Dead;
        self.transactions.values().any(is_open)
    }

    /// What was decided of a transaction that this node coordinates, unless it is open. What is not known any more was
    /// aborted, or all participants have committed it. In three-phase commit it may not know, after a restart.
    pub(super) fn decision_of(&self, txn: Txn) -> Option<Decision> {
        if self.committing.contains_key(&txn) {
            Some(Decision::Commit)
        } else if self.undecided.contains_key(&txn) {
            self.ended.get(&txn).copied().flatten()
        } else if self.has(CommitFlaw::PresumesCommit) {
            Some(Decision::Commit)
        } else {
            Some(Decision::Abort)
        }
    }
}

pub(super) fn announce_commit(txn: Txn, committing: &Committing, ctx: &mut Ctx<'_>) {
    let Committing { request, participants, .. } = committing;
    let (request, participants) = (*request, participants.clone());
    ctx.emit(Event::Decided { txn, request, decision: Decision::Commit, participants });
}

pub(super) fn tell(request: RequestId, outcome: Outcome, ctx: &mut Ctx<'_>) {
    match outcome {
        Outcome::Committed(reply) => ctx.reply(request, reply),
        Outcome::Aborted => ctx.reject(request),
    }
}
