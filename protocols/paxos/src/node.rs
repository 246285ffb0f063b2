//! One node: acceptor, learner and, now and then, proposer in one.

use parts::journal::Journal;
use parts::kv::{KvOp, KvReply, Machine};
use parts::timeouts::draw_timeout;
use sim_core::{Context, DiskEvent, Duration, NodeId, OperatorAction, Protocol, RequestId, State, Time};

use super::acceptor::{Acceptor, Proposal};
use super::ballot::Ballot;
use super::config::PaxosConfig;
use super::flaws::PaxosFlaw;
use super::learner::Learner;
use super::members::Members;
use super::message::{Command, Event, Message, Timer};
use super::operator::ACTIONS;
use super::proposer::Proposer;
use super::storage::{Record, Recovered, compacted};

/// A node of a Multi-Paxos cluster that replicates a key-value map.
#[derive(Debug)]
pub struct Paxos {
    pub(super) config: PaxosConfig,
    pub(super) me: NodeId,
    initial: Members,
    pub(super) journal: Journal,

    /// Durable before anybody is told of it.
    pub(super) acceptor: Acceptor<Command>,
    /// Durable up to its base; what was chosen behind that, acceptors know.
    pub(super) learner: Learner,

    // Volatile.
    /// The ballot that it works on, if it does.
    pub(super) proposer: Option<Box<Proposer>>,
    /// The highest ballot that it has heard of.
    pub(super) highest: Ballot,
    /// Who leads, as far as it knows.
    pub(super) leader: Option<NodeId>,
    /// When it last heard from a leader, or booted: a promise to another soon after would break a lease that it no
    /// longer remembers.
    pub(super) heard_from_leader: Time,
}

pub(super) type Ctx<'a> = Context<'a, Paxos>;

/// What others may see of a node: its properties do.
impl Paxos {
    /// A node that has not booted yet.
    pub fn new(config: &PaxosConfig, me: NodeId, nodes: &[NodeId]) -> Self {
        let initial = config.initial_members(nodes);
        let Recovered { acceptor, learner } = Recovered::nothing(&initial);
        Self {
            config: config.clone(),
            me,
            initial,
            journal: Journal::default(),
            acceptor,
            learner,
            proposer: None,
            highest: Ballot::NONE,
            leader: None,
            heard_from_leader: Time::ZERO,
        }
    }

    /// What it is to others that propose.
    #[inline]
    pub const fn acceptor(&self) -> &Acceptor<Command> {
        &self.acceptor
    }

    /// What it knows to be chosen.
    #[inline]
    pub const fn learner(&self) -> &Learner {
        &self.learner
    }

    /// The state that it has applied.
    pub const fn machine(&self) -> &Machine {
        self.learner.machine()
    }

    /// The ballot in which it leads, if it does.
    #[inline]
    pub fn leads(&self) -> Option<Ballot> {
        self.leadership().map(|proposer| proposer.ballot)
    }

    /// Until when, by its own clock, it answers reads without asking others, if it does.
    ///
    /// Nobody has chosen anything before that it has not applied: those who promised would have told of it.
    pub fn lease_until(&self) -> Option<Time> {
        let leader = self.leadership()?;
        let has_all = self.learner.applied() >= leader.found_to && self.leads_on();
        (has_all || self.has(PaxosFlaw::LeaseBeforeCaughtUp)).then_some(leader.lease_until)
    }

    /// Whether it has heard from a leader, or booted, within the shortest election timeout, by its own clock, which shows
    /// `now`.
    pub(super) fn hears_leader(&self, now: Time) -> bool {
        now.since(self.heard_from_leader) < self.config.election_timeout.0
    }

    #[inline]
    pub(super) fn leadership(&self) -> Option<&Proposer> {
        self.proposer.as_deref().filter(|proposer| proposer.leads)
    }
}

impl Protocol for Paxos {
    type Message = Message;
    type Timer = Timer;
    type Record = Record;
    type Op = KvOp;
    type Reply = KvReply;
    type Event = Event;

    const ACTIONS: &'static [&'static str] = &ACTIONS;
    /// It has no quorum of promises yet; it waits for a quorum to accept; it knows what was chosen behind what it
    /// does not know.
    const STATES: &'static [State<Self>] = &[
        State::new("preparing", |node| node.proposer.as_ref().is_some_and(|proposer| !proposer.leads)),
        State::new("proposing", |node| node.leadership().is_some_and(|leader| !leader.proposals.is_empty())),
        State::new("gap", |node| node.learner.last_chosen() > node.learner.applied()),
    ];

    fn on_start(&mut self, ctx: &mut Ctx<'_>) {
        let Some(records) = self.journal.open(ctx) else { return };
        let mut recovered = Recovered::nothing(&self.initial);
        records.into_iter().for_each(|record| recovered.replay(record));
        Recovered { acceptor: self.acceptor, learner: self.learner } = recovered;
        self.highest = self.acceptor.promised();
        self.heard_from_leader = ctx.now();
        self.arm_election_timer(ctx);
    }

    fn on_message(&mut self, from: NodeId, message: Message, ctx: &mut Ctx<'_>) {
        self.begin_step(ctx);
        match message {
            Message::Prepare { ballot, first } => self.on_prepare(from, ballot, first, ctx),
            Message::Promise { ballot, accepted } => self.on_promise(from, ballot, accepted, ctx),
            Message::Accept { instance, proposal } => self.on_accept(from, instance, proposal, ctx),
            Message::Accepted { ballot, instance } => self.on_accepted(from, ballot, instance, ctx),
            Message::Refused { ballot, promised } => self.on_refused(from, ballot, promised, ctx),
            Message::Heartbeat { ballot, round, first_unchosen } => {
                self.on_heartbeat(from, ballot, round, first_unchosen, ctx);
            }
            Message::HeartbeatReply { ballot, round, first_unchosen } => {
                self.on_heartbeat_reply(from, ballot, round);
                self.ask_for_missing(from, first_unchosen, ctx);
            }
            Message::Learn { first } => self.tell(from, first, ctx),
            Message::Chosen { first, commands, first_unchosen } => {
                self.on_chosen(from, first, commands, first_unchosen, ctx);
            }
            Message::Snapshot(snapshot) => self.on_snapshot(*snapshot, ctx),
        }
        self.end_step(ctx);
    }

    fn on_timer(&mut self, timer: Timer, ctx: &mut Ctx<'_>) {
        self.begin_step(ctx);
        match timer {
            Timer::Election => self.on_election_timeout(ctx),
            Timer::Heartbeat => self.on_heartbeat_due(ctx),
            Timer::CheckQuorum => self.on_check_quorum_due(ctx),
        }
        self.end_step(ctx);
    }

    fn on_request(&mut self, request: RequestId, op: KvOp, ctx: &mut Ctx<'_>) {
        self.begin_step(ctx);
        self.on_client_request(request, op, ctx);
        self.end_step(ctx);
    }

    fn on_disk(&mut self, event: DiskEvent, ctx: &mut Ctx<'_>) {
        // It asks for no sync that is reported when it is done.
        let DiskEvent::Synced(_) = event else { return ctx.halt("its disk fails it") };
    }

    fn on_operator(&mut self, action: &OperatorAction, ctx: &mut Ctx<'_>) {
        self.begin_step(ctx);
        self.on_operator_action(action, ctx);
        self.end_step(ctx);
    }
}

/// What all roles use.
impl Paxos {
    /// What begins every handler. Snapshots are taken here, before anything else happens, so that whoever looks after
    /// every step sees each command while it is still there.
    fn begin_step(&mut self, ctx: &mut Ctx<'_>) {
        self.acceptor.begin_step();
        self.learner.begin_step();
        self.take_snapshot_if_due(ctx);
    }

    /// What ends every handler: whatever has happened may allow the leader to propose more. One that is no acceptor any
    /// more leaves that to those who are.
    fn end_step(&mut self, ctx: &mut Ctx<'_>) {
        if !self.is_acceptor() {
            self.step_down(ctx);
        }
        self.propose_all(ctx);
        self.journal.make_durable(ctx);
    }

    /// Writes to the disk what the acceptor must not forget, which a flaw leaves out. Whoever tells others of it makes
    /// it durable first.
    pub(super) fn write(&mut self, record: Record, ctx: &mut Ctx<'_>) {
        if self.has(PaxosFlaw::AcceptorAmnesia) {
            return;
        }
        if self.has(PaxosFlaw::UnsyncedAcceptor) {
            ctx.disk().append(record);
        } else {
            self.journal.append(record, ctx);
        }
    }

    /// Replaces all records by those that are still needed.
    pub(super) fn rewrite(&mut self, ctx: &mut Ctx<'_>) {
        let mut records = compacted(&self.acceptor, self.learner.snapshot());
        if self.has(PaxosFlaw::SnapshotDropsAccepted) {
            records.retain(|record| !matches!(record, Record::Accepted { .. }));
        }
        if self.has(PaxosFlaw::AcceptorAmnesia) {
            records.retain(|record| matches!(record, Record::Snapshot(_)));
        }
        self.journal.rewrite(records, ctx);
    }

    /// Somebody leads, or tries to, in this ballot.
    pub(super) fn note(&mut self, ballot: Ballot) {
        self.highest = self.highest.max(ballot);
    }

    /// Whether it leads itself, or has heard so lately from another leader than `who`, by its own clock, that it does not
    /// help `who` to lead.
    fn must_not_help(&self, who: NodeId, ctx: &Ctx<'_>) -> bool {
        self.config.stable_leader
            && self.leader != Some(who)
            && (self.leadership().is_some() || self.hears_leader(ctx.now()))
    }

    /// Whether it may take this node for its leader: it hears from no other, or has promised this ballot.
    fn may_follow(&self, leader: NodeId, ballot: Ballot, ctx: &Ctx<'_>) -> bool {
        !self.must_not_help(leader, ctx) || ballot == self.acceptor.promised()
    }

    /// The leader of this ballot is there, and no higher one was promised.
    pub(super) fn follow(&mut self, leader: NodeId, ballot: Ballot, ctx: &mut Ctx<'_>) {
        self.note(ballot);
        self.step_down(ctx);
        self.leader = Some(leader);
        self.heard_from_leader = ctx.now();
        self.arm_election_timer(ctx);
    }

    /// Waits for a leader, or for its own ballot, for a time drawn anew.
    pub(super) fn arm_election_timer(&self, ctx: &mut Ctx<'_>) {
        let timeout: Duration = draw_timeout("election timeout", self.config.election_timeout, ctx);
        ctx.set_timer(Timer::Election, timeout);
    }

    /// Whether it is an acceptor in the first instance of which it does not know what was chosen.
    pub(super) fn is_acceptor(&self) -> bool {
        self.learner.memberships().of(self.learner.first_unchosen()).contains(self.me)
    }

    /// Whether a known bug is switched on.
    #[inline]
    pub(super) fn has(&self, flaw: PaxosFlaw) -> bool {
        self.config.flaws.has(flaw)
    }
}

/// The acceptor's side (Lamport 2001, 2.2).
impl Paxos {
    /// Phase 1b: promises to accept nothing below the ballot, and tells what it has accepted; where it no longer knows
    /// that, it does not promise. In any case it tells what it knows to be chosen: the proposer may be so far behind that
    /// it asks those who were acceptors once.
    fn on_prepare(&mut self, from: NodeId, ballot: Ballot, first: u64, ctx: &mut Ctx<'_>) {
        if first < self.learner.first_unchosen() {
            self.tell(from, first, ctx);
        }
        if self.must_not_help(from, ctx) {
            return;
        }
        self.note(ballot);
        if first <= self.learner.base() && !self.has(PaxosFlaw::PromisesForgotten) {
            return;
        }
        if ballot < self.acceptor.promised() {
            return self.refuse(from, ballot, ctx);
        }
        if ballot > self.acceptor.promised() {
            self.step_down(ctx);
            self.promise(ballot, ctx);
        }
        self.arm_election_timer(ctx);
        self.journal.make_durable(ctx);
        let accepted = self.accepted_from(first);
        ctx.send(from, Message::Promise { ballot, accepted });
    }

    /// Phase 2b: accepts, unless it has promised a higher ballot, or hears from another leader and has not promised this one. A
    /// proposer that does not know what was chosen is told.
    fn on_accept(&mut self, from: NodeId, instance: u64, proposal: Proposal<Command>, ctx: &mut Ctx<'_>) {
        let ballot = proposal.ballot;
        if instance < self.learner.first_unchosen() {
            return self.tell(from, instance, ctx);
        }
        if ballot < self.acceptor.promised() && !self.has(PaxosFlaw::AcceptsBelowPromise) {
            return self.refuse(from, ballot, ctx);
        }
        if self.may_follow(from, ballot, ctx) {
            self.follow(from, ballot, ctx);
        } else if self.leadership().is_some() {
            self.note(ballot);
            self.step_down(ctx);
        } else {
            // To accept is to promise, and the leader that it hears counts on its promise to nobody else. One that leads those
            // who were acceptors once may not know of that leader.
            return self.note(ballot);
        }
        self.accept(instance, proposal, ctx);
        self.journal.make_durable(ctx);
        ctx.send(from, Message::Accepted { ballot, instance });
    }

    /// Promises, on its disk.
    pub(super) fn promise(&mut self, ballot: Ballot, ctx: &mut Ctx<'_>) {
        self.acceptor.promise(ballot);
        self.write(Record::Promised(ballot), ctx);
    }

    /// Accepts, on its disk.
    pub(super) fn accept(&mut self, instance: u64, proposal: Proposal<Command>, ctx: &mut Ctx<'_>) {
        if self.acceptor.accepted(instance) != Some(&proposal) {
            self.write(Record::Accepted { instance, proposal: proposal.clone() }, ctx);
            self.acceptor.accept(instance, proposal, !self.has(PaxosFlaw::AcceptsWithoutPromise));
        }
    }

    /// What it tells a proposer that asks for what it has accepted.
    pub(super) fn accepted_from(&self, first: u64) -> Vec<(u64, Proposal<Command>)> {
        self.acceptor.accepted_from(first).map(|(instance, proposal)| (instance, proposal.clone())).collect()
    }

    fn refuse(&self, to: NodeId, ballot: Ballot, ctx: &mut Ctx<'_>) {
        if !self.has(PaxosFlaw::NeverRefuses) {
            ctx.send(to, Message::Refused { ballot, promised: self.acceptor.promised() });
        }
    }

    /// Follows the leader, unless it has promised a higher ballot, or hears from another and has not promised this one:
    /// that may lead those who were acceptors once, and whoever follows it would help it to lead those of now. To follow is
    /// to promise: what an earlier leader has sent must not make it help that one.
    fn on_heartbeat(&mut self, from: NodeId, ballot: Ballot, round: u64, first_unchosen: u64, ctx: &mut Ctx<'_>) {
        // What it promises once it is no acceptor any more, to those who do not know that, stops no leader.
        let is_in_vain = ballot < self.acceptor.promised() && !self.is_acceptor();
        if is_in_vain || !self.may_follow(from, ballot, ctx) {
            if first_unchosen < self.learner.first_unchosen() {
                self.tell(from, first_unchosen, ctx);
            }
            return;
        }
        if ballot < self.acceptor.promised() {
            return self.refuse(from, ballot, ctx);
        }
        self.follow(from, ballot, ctx);
        if ballot > self.acceptor.promised() {
            self.promise(ballot, ctx);
        }
        self.journal.make_durable(ctx);
        let reply = Message::HeartbeatReply { ballot, round, first_unchosen: self.learner.first_unchosen() };
        ctx.send(from, reply);
        self.ask_for_missing(from, first_unchosen, ctx);
    }
}
