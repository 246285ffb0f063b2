//! A node: a participant, and a coordinator of what clients ask of it.

use std::collections::{BTreeMap, BTreeSet};

use parts::journal::{Journal, good_records};
use sim_core::{Context, NodeId, Protocol, RequestId, State};

use super::bank::{BankOp, BankReply, Ledger, Posting};
use super::config::CommitConfig;
use super::coordinator::{Committing, Phase, Transaction, announce_commit};
use super::flaws::CommitFlaw;
use super::locks::{Locks, Mode};
use super::message::{Decision, Event, Message, Timer, Txn};
use super::participant::{Doubt, Work};
use super::paxos_commit::{Acceptor, Leading};
use super::storage::{Fits, Outcome, Record};
use super::undecided::Undecided;

/// A node.
#[derive(Debug)]
pub struct AtomicCommit {
    pub(super) config: CommitConfig,
    pub(super) me: NodeId,
    pub(super) journal: Journal,
    /// How often it has booted, as its disk says.
    pub(super) boots: u64,
    /// The highest number in an age that it has heard of.
    pub(super) clock: u64,
    /// How many transactions it has begun since the last boot.
    pub(super) begun: u64,
    /// What it coordinates, by client.
    pub(super) transactions: BTreeMap<NodeId, Transaction>,
    /// What it has decided to commit, and who has not acknowledged that.
    pub(super) committing: BTreeMap<Txn, Committing>,
    /// What it coordinated when it went down, and what others may decide without it: in three-phase commit participants,
    /// in Paxos Commit whoever leads a ballot.
    pub(super) undecided: BTreeMap<Txn, Undecided>,
    /// In Paxos Commit, what it has promised and accepted as an acceptor.
    pub(super) acceptors: BTreeMap<Txn, Acceptor>,
    /// In Paxos Commit, the ballots that it leads.
    pub(super) leading: BTreeMap<Txn, Leading>,
    /// In Paxos Commit, the highest round of a ballot that it has led or was outbid by.
    pub(super) round: u64,
    /// The last request of each client of which it knows what became of it.
    pub(super) outcomes: BTreeMap<NodeId, (RequestId, Outcome)>,
    /// The accounts of its shard to which something was posted.
    pub(super) ledgers: BTreeMap<u32, Ledger>,
    pub(super) locks: Locks,
    /// The transactions in which it takes part.
    pub(super) works: BTreeMap<Txn, Work>,
    /// Those that are over; nothing is known of the end of those in which it has only read. Of earlier boots it has
    /// those for which it had voted yes.
    pub(super) ended: BTreeMap<Txn, Option<Decision>>,
}

pub(super) type Ctx<'a> = Context<'a, AtomicCommit>;

impl AtomicCommit {
    pub(super) fn new(config: &CommitConfig, me: NodeId) -> Self {
        Self {
            config: config.clone(),
            me,
            journal: Journal::default(),
            boots: 0,
            clock: 0,
            begun: 0,
            transactions: BTreeMap::new(),
            committing: BTreeMap::new(),
            undecided: BTreeMap::new(),
            acceptors: BTreeMap::new(),
            leading: BTreeMap::new(),
            round: 0,
            outcomes: BTreeMap::new(),
            ledgers: BTreeMap::new(),
            locks: Locks::default(),
            works: BTreeMap::new(),
            ended: BTreeMap::new(),
        }
    }

    pub(super) fn has(&self, flaw: CommitFlaw) -> bool {
        self.config.flaws.has(flaw)
    }

    /// What is in an account.
    pub(super) fn ledger(&self, account: u32) -> Ledger {
        self.ledgers.get(&account).cloned().unwrap_or_default()
    }

    pub(super) fn post(&mut self, postings: &[(u32, Posting)]) {
        for (account, posting) in postings {
            self.ledgers.entry(*account).or_default().0.push(*posting);
        }
    }

    /// Whether it has voted yes and does not know what was decided, of any transaction.
    fn is_in_doubt(&self) -> bool {
        self.works.values().any(|work| work.in_doubt.is_some())
    }

    /// Knows again what a record says.
    fn recall(&mut self, record: &Record) {
        match record {
            Record::Boot(boots) => self.boots = *boots,
            Record::Prepared { txn, age, participants, postings } => {
                let is_steady = self.has(CommitFlaw::CountsTheRestarted);
                let (postings, in_doubt) = (postings.clone(), Some(Doubt::new(participants.clone(), is_steady)));
                self.works.insert(*txn, Work { age: *age, reads: BTreeSet::new(), postings, waits: None, in_doubt });
            }
            Record::PreCommitted { txn } => {
                if let Some(doubt) = self.works.get_mut(txn).and_then(|work| work.in_doubt.as_mut()) {
                    doubt.stand.is_pre_committed = true;
                }
            }
            Record::Finished { txn, decision } => {
                let work = self.works.remove(txn).filter(|_| *decision == Decision::Commit);
                self.post(&work.map(|work| work.postings).unwrap_or_default());
                self.ended.insert(*txn, Some(*decision));
            }
            Record::Entrusted { txn, request, reply, participants } => {
                let (request, reply, participants) = (*request, reply.clone(), participants.clone());
                self.undecided.insert(*txn, Undecided { request, reply, participants });
            }
            Record::Promised { txn, ballot } => self.acceptors.entry(*txn).or_default().promise(*ballot),
            Record::Accepted { txn, ballot, votes } => self.acceptors.entry(*txn).or_default().accept(*ballot, votes),
            Record::Commit { txn, request, reply, participants } => {
                self.undecided.remove(txn);
                self.committing.insert(*txn, Committing::new(*request, participants.clone()));
                self.comes_to(*request, Outcome::Committed(reply.clone()));
            }
            Record::End { txn } => {
                self.undecided.remove(txn);
                self.committing.remove(txn);
            }
            Record::Refused { request, outcome } => self.comes_to(*request, outcome.clone()),
        }
    }

    fn comes_to(&mut self, request: RequestId, outcome: Outcome) {
        if !self.has(CommitFlaw::ForgetsOutcomes) {
            self.outcomes.insert(request.client, (request, outcome));
        }
    }

    /// Goes on with what was under way: it locks again what it is in doubt about, and tells and asks.
    fn resume(&mut self, ctx: &mut Ctx<'_>) {
        ctx.emit(Event::Recovered { in_doubt: self.works.len() });
        if !self.has(CommitFlaw::RecoversWithoutLocks) {
            for (txn, work) in &self.works {
                work.postings.iter().for_each(|(account, _)| self.locks.take(*account, *txn, Mode::Exclusive));
            }
        }
        for txn in self.works.keys().copied().collect::<Vec<_>>() {
            ctx.emit(Event::VotedYes { txn });
            self.silence(txn, ctx);
        }
        for txn in self.committing.keys().copied().collect::<Vec<_>>() {
            announce_commit(txn, &self.committing[&txn], ctx);
            self.spread(txn, ctx);
        }
        for txn in self.undecided.keys().copied().collect::<Vec<_>>() {
            self.ask_how_it_ended(txn, ctx);
        }
    }
}

impl Protocol for AtomicCommit {
    type Message = Message;
    type Timer = Timer;
    type Record = Record;
    type Op = BankOp;
    type Reply = BankReply;
    type Event = Event;

    const STATES: &'static [State<Self>] = &[
        State::new("coordinating", |node| !node.transactions.is_empty()),
        State::new("committing", |node| !node.committing.is_empty()),
        State::new("in-doubt", Self::is_in_doubt),
    ];

    /// What it reads it writes once more: a failed sync may have left records that can be read and that no later
    /// sync makes durable (Rebello et al., USENIX ATC 2020).
    fn on_start(&mut self, ctx: &mut Ctx<'_>) {
        if self.has(CommitFlaw::ResumesUnsynced) {
            let records = good_records(ctx.disk().records()).unwrap_or_default();
            ctx.disk().truncate(records.len() as u64);
            records.iter().for_each(|record| self.recall(record));
            self.boots += 1;
            self.journal.append(Record::Boot(self.boots), ctx);
            return self.resume(ctx);
        }
        // Where the disk is broken, the node has been stopped.
        let mut fits = Fits::default();
        let Some(records) = self.journal.open_while(ctx, |record| fits.next(record)) else { return };
        records.iter().for_each(|record| self.recall(record));
        self.boots += 1;
        let boot = Record::Boot(self.boots);
        self.journal.rewrite(records.into_iter().cloned().chain([boot]).collect(), ctx);
        self.journal.make_durable(ctx);
        self.resume(ctx);
    }

    fn on_message(&mut self, from: NodeId, message: Message, ctx: &mut Ctx<'_>) {
        match message {
            Message::Read { txn, age, accounts } => self.read(txn, age, accounts, ctx),
            Message::ReadOk { txn, boot, ledgers } => self.read_ok(from, (txn, boot), ledgers, ctx),
            Message::Write { txn, age, boot, postings } => self.write((txn, age), boot, postings, ctx),
            Message::WriteOk { txn } => self.write_ok(from, txn, ctx),
            Message::Die { txn, older } => self.died(txn, older, ctx),
            Message::Prepare { txn, boot, participants } => self.prepare(txn, boot, participants, ctx),
            Message::Vote { txn, vote } => self.voted(from, txn, vote, ctx),
            Message::PreCommit { txn } => self.told_to_pre_commit(from, txn, ctx),
            Message::PreCommitted { txn } => self.answered(from, txn, Phase::PreCommitting, ctx),
            Message::InDoubt { txn, stand } => self.heard_of_doubt(from, txn, stand),
            Message::Decide { txn, decision } => {
                self.decided(txn, decision, ctx);
                self.has_ended(txn, decision, ctx);
            }
            Message::Ack { txn } => self.acknowledged(from, txn, ctx),
            Message::Inquire { txn } => self.inquired(from, txn, ctx),
            Message::Collect { txn, ballot } => self.asked_to_promise(from, txn, ballot, ctx),
            Message::Promise { txn, ballot, accepted } => self.have_promised(from, (txn, ballot), accepted, ctx),
            Message::Accept { txn, ballot, votes } => self.asked_to_accept(from, (txn, ballot), votes, ctx),
            Message::Accepted { txn, ballot, votes } => self.have_accepted(from, (txn, ballot), &votes, ctx),
            Message::Outbid { ballot, .. } => self.was_outbid(ballot),
        }
    }

    fn on_timer(&mut self, timer: Timer, ctx: &mut Ctx<'_>) {
        match timer {
            Timer::Retransmit(txn) => self.retransmit(txn, ctx),
            Timer::Restart(client) => self.restart(client, ctx),
            Timer::Deadline(client) => self.deadline(client, ctx),
            Timer::Silence(txn) => self.silence(txn, ctx),
            Timer::Poll(txn) => self.has_polled(txn, ctx),
            Timer::Undecided(txn) => self.ask_how_it_ended(txn, ctx),
            Timer::Ballot(txn) => self.lead_again(txn, ctx),
        }
    }

    fn on_request(&mut self, request: RequestId, op: BankOp, ctx: &mut Ctx<'_>) {
        self.requested(request, op, ctx);
    }
}
