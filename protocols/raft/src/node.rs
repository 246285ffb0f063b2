//! One node: what it knows, how events reach the code that handles them, and what must be durable
//! when.

use std::collections::BTreeMap;

use sim_core::{Context, DiskEvent, Duration, NodeId, OperatorAction, Protocol, RequestId, State, Time};

use super::config::{RaftConfig, Replication};
use super::flaws::RaftFlaw;
use super::follower_reads::WaitingRead;
use super::leadership::{Follower, Leadership};
use super::log::Log;
use super::message::{
    AppendEntriesReply, AppendOutcome, Event, InstallOutcome, InstallSnapshotReply, Message, Timer, VoteReply,
};
use super::operator::ACTIONS;
use super::snapshot::Incoming;
use super::snapshot::Snapshot;
use super::storage::{HardState, Record, Recovered, compacted};
use parts::journal::{Journal, Persistent};
use parts::kv::Machine;
use parts::kv::{KvOp, KvReply};

/// A node of a Raft cluster that replicates a key-value map.
#[derive(Debug)]
pub struct Raft {
    pub(super) config: RaftConfig,
    pub(super) me: NodeId,

    // Durable at the end of every step that changes it.
    pub(super) hard_state: Persistent<HardState>,
    /// The log is durable before anybody is told of it.
    pub(super) log: Log,

    pub(super) journal: Journal,
    /// Names the syncs in the background.
    pub(super) syncs: u64,

    // Volatile.
    pub(super) role: Role,
    /// The leader of the current term, if it is known.
    pub(super) leader: Option<NodeId>,
    /// When the node last heard from a leader, or booted: a vote soon after would break a lease
    /// that the node no longer remembers.
    pub(super) heard_from_leader: Time,
    pub(super) election_timeout: Duration,
    pub(super) commit_index: u64,
    pub(super) last_applied: u64,
    pub(super) machine: Machine,
    /// The snapshot of which it has been sent some of the chunks.
    pub(super) incoming: Option<Incoming>,
    /// Reads of clients that have seen more than this node has applied.
    pub(super) waiting_reads: BTreeMap<NodeId, WaitingRead>,
}

/// What a node is in the current term.
#[derive(Debug)]
pub(super) enum Role {
    Follower,
    /// Asks who would vote for it in the next term.
    PreCandidate {
        votes: Vec<NodeId>,
    },
    Candidate {
        votes: Vec<NodeId>,
        /// Whether the leader has handed over to it.
        by_transfer: bool,
    },
    Leader(Box<Leadership>),
}

/// What others may see of a node: its properties do.
impl Raft {
    /// A node that has not booted yet.
    pub fn new(config: &RaftConfig, me: NodeId, nodes: &[NodeId]) -> Self {
        let recovered = Recovered::nothing(config.initial_configuration(nodes));
        Self {
            config: config.clone(),
            me,
            hard_state: Persistent::written(recovered.hard_state),
            log: recovered.log,
            journal: Journal::default(),
            syncs: 0,
            role: Role::Follower,
            leader: None,
            heard_from_leader: Time::ZERO,
            election_timeout: config.election_timeout.0,
            commit_index: 0,
            last_applied: 0,
            machine: recovered.machine,
            incoming: None,
            waiting_reads: BTreeMap::new(),
        }
    }

    /// The latest term that it has seen.
    #[inline]
    pub const fn term(&self) -> u64 {
        self.hard_state.get().term
    }

    /// Whether it leads in the current term.
    #[inline]
    pub const fn is_leader(&self) -> bool {
        matches!(self.role, Role::Leader(_))
    }

    /// In which term it has given its vote, and to whom, as far as it knows.
    pub const fn vote(&self) -> Option<(u64, NodeId)> {
        match *self.hard_state.get() {
            HardState { term, voted_for: Some(candidate) } => Some((term, candidate)),
            HardState { voted_for: None, .. } => None,
        }
    }

    /// Whose votes it has counted in the current term, if it stands for election or was elected.
    pub(super) fn votes_granted(&self) -> &[NodeId] {
        match &self.role {
            Role::Candidate { votes, .. } => votes,
            Role::Leader(leadership) => &leadership.elected_by,
            Role::Follower | Role::PreCandidate { .. } => &[],
        }
    }

    /// How far it takes each of its followers to be, if it leads.
    pub(super) fn followers(&self) -> &[Follower] {
        match &self.role {
            Role::Leader(leadership) => &leadership.followers,
            _ => &[],
        }
    }

    /// Until when, by its own clock, it answers reads without asking the others, if it leads.
    pub const fn lease_until(&self) -> Option<Time> {
        match &self.role {
            Role::Leader(leadership) => Some(leadership.lease_until),
            _ => None,
        }
    }

    /// Its log.
    #[inline]
    pub const fn log(&self) -> &Log {
        &self.log
    }

    /// The last index that it knows to be committed.
    #[inline]
    pub const fn commit_index(&self) -> u64 {
        self.commit_index
    }

    /// The last index that it has applied to its state machine.
    #[inline]
    pub const fn last_applied(&self) -> u64 {
        self.last_applied
    }

    /// Its state machine.
    pub const fn machine(&self) -> &Machine {
        &self.machine
    }
}

impl Protocol for Raft {
    type Message = Message;
    type Timer = Timer;
    type Record = Record;
    type Op = KvOp;
    type Reply = KvReply;
    type Event = Event;

    const ACTIONS: &'static [&'static str] = &ACTIONS;
    /// It stands for election; it leads with entries that are not committed; its membership is between
    /// two.
    const STATES: &'static [State<Self>] = &[
        State::new("candidate", |node| matches!(node.role, Role::Candidate { .. })),
        State::new("uncommitted", |node| node.is_leader() && node.commit_index < node.log.last_index()),
        State::new("joint", |node| node.log.configuration().is_joint()),
    ];

    fn on_start(&mut self, ctx: &mut Context<'_, Self>) {
        let mut recovered = Recovered::nothing(self.log.configuration().clone());
        if self.journal.open_while(ctx, |record| recovered.replay(record)).is_none() {
            return;
        }
        self.hard_state = Persistent::written(recovered.hard_state);
        *self.hard_state = self.with_term_of(&recovered.log, recovered.hard_state);
        self.commit_index = recovered.log.base().index;
        self.last_applied = self.commit_index;
        self.log = recovered.log;
        self.machine = recovered.machine;
        self.make_durable(ctx);
        self.heard_from_leader = ctx.now();
        self.draw_election_timeout(ctx);
        self.arm_election_timer(ctx);
    }

    fn on_message(&mut self, from: NodeId, message: Message, ctx: &mut Context<'_, Self>) {
        self.begin_step(ctx);
        if self.admit(from, &message, ctx) {
            match message {
                Message::PreVote(request) => self.on_pre_vote(from, &request, ctx),
                Message::PreVoteReply(reply) => self.on_pre_vote_reply(from, &reply, ctx),
                Message::RequestVote(request) => self.on_request_vote(from, &request, ctx),
                Message::RequestVoteReply(reply) => self.on_request_vote_reply(from, &reply, ctx),
                Message::AppendEntries(request) => self.on_entries(from, &request, Replication::Entries, ctx),
                Message::AppendEntriesReply(reply) => self.on_append_entries_reply(from, &reply, ctx),
                Message::InstallSnapshot(request) => self.on_install_snapshot(from, *request, ctx),
                Message::InstallSnapshotReply(reply) => self.on_install_snapshot_reply(from, &reply, ctx),
                Message::TimeoutNow(_) => self.on_timeout_now(ctx),
                Message::ReplaceSuffix(request) => self.on_entries(from, &request, Replication::Suffix, ctx),
            }
        }
        self.end_step(ctx);
    }

    fn on_timer(&mut self, timer: Timer, ctx: &mut Context<'_, Self>) {
        self.begin_step(ctx);
        match timer {
            Timer::Election => self.on_election_timeout(ctx),
            Timer::Heartbeat => self.on_heartbeat_due(ctx),
            Timer::CheckQuorum => self.on_check_quorum_due(ctx),
            Timer::CatchUp => self.give_up_change(ctx),
            Timer::Transfer => self.give_up_transfer(ctx),
        }
        self.end_step(ctx);
    }

    fn on_request(&mut self, request: RequestId, op: KvOp, ctx: &mut Context<'_, Self>) {
        self.begin_step(ctx);
        self.on_client_request(request, op, ctx);
        self.end_step(ctx);
    }

    fn on_disk(&mut self, event: DiskEvent, ctx: &mut Context<'_, Self>) {
        let DiskEvent::Synced(token) = event else {
            return ctx.halt("its disk fails it");
        };
        self.begin_step(ctx);
        self.on_synced(token, ctx);
        self.end_step(ctx);
    }

    fn on_operator(&mut self, action: &OperatorAction, ctx: &mut Context<'_, Self>) {
        self.begin_step(ctx);
        self.on_operator_action(action, ctx);
        self.end_step(ctx);
    }
}

/// Terms (5.1): they are a logical clock, and every message tells the time.
impl Raft {
    /// Whether a message is to be handled, which is then of the current term or of one to come.
    fn admit(&mut self, from: NodeId, message: &Message, ctx: &mut Context<'_, Self>) -> bool {
        if self.is_stale(message) {
            return self.is_admitted_though_stale(from, message, ctx);
        }
        if self.must_not_vote_yet(message, ctx) {
            return false;
        }
        if message.term() > self.term() && !message.is_of_a_future_term() {
            self.adopt_term(message.term(), ctx);
        }
        true
    }

    /// Whether a message is of a term that is over; a pre-vote asks for one that has yet to begin.
    const fn is_stale(&self, message: &Message) -> bool {
        let is_too_late = matches!(message, Message::PreVote(request) if request.term == self.term());
        message.term() < self.term() || is_too_late
    }

    /// A message of a term that is over is not handled. Whoever asks something in it is told of
    /// the current term, a leader too. With check-quorum and pre-vote this is not mere politeness:
    /// a node whose term is ahead could otherwise neither follow the leader nor win against it.
    fn is_admitted_though_stale(&self, from: NodeId, message: &Message, ctx: &mut Context<'_, Self>) -> bool {
        let term = self.term();
        match message {
            Message::PreVote(_) | Message::AppendEntries(_) | Message::ReplaceSuffix(_)
                if self.has(RaftFlaw::PreVoteCheckQuorum) => {}
            Message::PreVote(_) => ctx.send(from, Message::PreVoteReply(VoteReply { term, granted: false })),
            Message::RequestVote(_) => {
                ctx.send(from, Message::RequestVoteReply(VoteReply { term, granted: false }));
            }
            Message::AppendEntries(request) | Message::ReplaceSuffix(request) => {
                let outcome = AppendOutcome::StaleTerm;
                let reply = AppendEntriesReply { term, round: request.round, outcome };
                ctx.send(from, Message::AppendEntriesReply(reply));
            }
            Message::InstallSnapshot(_) => {
                let outcome = InstallOutcome::StaleTerm;
                ctx.send(from, Message::InstallSnapshotReply(InstallSnapshotReply { term, outcome }));
            }
            Message::RequestVoteReply(_) => return self.has(RaftFlaw::StaleVoteReply),
            _ => {}
        }
        false
    }

    /// Whoever hears from a leader does not help to replace it: a node that was cut off for a while
    /// must not disrupt the others (4.2.3, 6.2, 9.6), and lease reads rest on it (6.4.1).
    fn must_not_vote_yet(&self, message: &Message, ctx: &Context<'_, Self>) -> bool {
        let asks = match message {
            Message::PreVote(_) => true,
            Message::RequestVote(request) => self.config.check_quorum && !request.by_transfer,
            _ => false,
        };
        asks && self.hears_leader(ctx.now())
    }

    /// Whether it leads itself, or has heard from a leader so lately, by its own clock, that it votes
    /// for nobody.
    pub(super) fn hears_leader(&self, now: Time) -> bool {
        self.is_leader() || now.since(self.heard_from_leader) < self.config.election_timeout.0
    }

    /// Moves on to a higher term, in which it has not voted and knows no leader.
    fn adopt_term(&mut self, term: u64, ctx: &mut Context<'_, Self>) {
        self.leader = None;
        self.become_follower(ctx);
        *self.hard_state = HardState { term, voted_for: None };
    }
}

/// Steps and what must be durable in them.
impl Raft {
    /// Entries may have reached the disk in a step that did not end, and their term not: the node has
    /// seen it all the same. Of no log is the term of an entry above the current one (thesis,
    /// appendix B).
    fn with_term_of(&self, log: &Log, found: HardState) -> HardState {
        let term = log.last().term;
        if term > found.term && !self.has(RaftFlaw::TermAmnesia) { HardState { term, voted_for: None } } else { found }
    }

    /// What begins every handler. Snapshots are taken here, before anything else happens, so that
    /// an observer who looks after every step sees each entry while it is still in the log.
    fn begin_step(&mut self, ctx: &mut Context<'_, Self>) {
        self.log.begin_step();
        self.take_snapshot_if_due(ctx);
    }

    /// What ends every handler: nobody has to be told for a new term to be kept.
    fn end_step(&mut self, ctx: &mut Context<'_, Self>) {
        if !self.waiting_reads.is_empty() {
            self.serve_waiting_reads(ctx);
        }
        if self.hard_state.has_changed() {
            self.make_durable(ctx);
        }
    }

    /// Waits until the disk holds all that the node knows; what it says after that, it will not
    /// have forgotten after a crash.
    pub(super) fn make_durable(&mut self, ctx: &mut Context<'_, Self>) {
        if self.hard_state.mark_written() {
            let record = Record::HardState(self.durable_hard_state());
            if self.has(RaftFlaw::UnsyncedVote) {
                ctx.disk().append(record);
            } else {
                self.journal.append(record, ctx);
            }
        }
        self.journal.make_durable(ctx);
    }

    /// What of the hard state goes to the disk: all of it.
    pub(super) fn durable_hard_state(&self) -> HardState {
        if self.has(RaftFlaw::TermAmnesia) {
            HardState::default()
        } else if self.has(RaftFlaw::VoteAmnesia) {
            HardState { voted_for: None, ..*self.hard_state }
        } else {
            *self.hard_state
        }
    }

    /// Replaces all records by a snapshot and what is behind it.
    pub(super) fn rewrite(&mut self, snapshot: Snapshot, ctx: &mut Context<'_, Self>) {
        self.hard_state.mark_written();
        self.journal.rewrite(compacted(self.durable_hard_state(), snapshot, &self.log), ctx);
    }

    /// Whether a known bug is switched on.
    #[inline]
    pub(super) fn has(&self, flaw: RaftFlaw) -> bool {
        self.config.flaws.has(flaw)
    }
}
