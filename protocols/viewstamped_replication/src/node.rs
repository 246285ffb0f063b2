//! One replica.

use std::collections::BTreeMap;

use parts::journal::Journal;
use parts::kv::{KvOp, KvReply, Machine};
use parts::timeouts::draw_timeout;
use sim_core::{Context, NodeId, Protocol, RequestId, State as NodeState, kind_of};

use super::config::{Stable, VrConfig, majority};
use super::crashes::CrashVector;
use super::flaws::VrFlaw;
use super::log::{Entry, Log};
use super::message::{Body, Event, Message, Timer};
use super::recovery::Recovery;
use super::view_change::ViewChange;

/// A replica of a group that replicates a key-value map.
#[derive(Debug)]
pub struct Vr {
    pub(super) config: VrConfig,
    pub(super) me: NodeId,
    pub(super) replicas: Vec<NodeId>,
    pub(super) journal: Journal,
    pub(super) status: Status,
    pub(super) view: u64,
    /// The last view in which its status was normal.
    pub(super) last_normal: u64,
    pub(super) log: Log,
    /// All up to here is committed, as far as it knows, and executed.
    pub(super) commit_number: u64,
    /// The state after that.
    pub(super) machine: Machine,
    pub(super) crashes: CrashVector,
    /// As the primary: up to where the logs of the others go.
    pub(super) acknowledged: BTreeMap<NodeId, u64>,
    pub(super) change: ViewChange,
    pub(super) recovery: Recovery,
    /// What it has executed in this step, with the op-numbers.
    executed: Vec<(u64, Entry)>,
    /// Those whose answers made it take a step of a view change or of a recovery, in this step.
    answered: Vec<NodeId>,
}

/// What a replica does (Liskov and Cowling 2012, Figure 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It takes part in its view.
    Normal,
    /// It waits for its view to start.
    ViewChange,
    /// It has lost what it knew, and takes part in nothing.
    Recovering,
}

/// What a replica writes to its disk, if it has one: the view in which it takes part, or that is to start.
pub type Record = u64;

pub(super) type Ctx<'a> = Context<'a, Vr>;

/// What others may see of a replica: its properties do.
impl Vr {
    /// A replica that has not booted yet.
    pub fn new(config: &VrConfig, me: NodeId, replicas: &[NodeId]) -> Self {
        Self {
            config: config.clone(),
            me,
            replicas: replicas.to_vec(),
            journal: Journal::default(),
            status: Status::Normal,
            view: 0,
            last_normal: 0,
            log: Log::default(),
            commit_number: 0,
            machine: Machine::default(),
            crashes: CrashVector::zeros(replicas.len()),
            acknowledged: BTreeMap::new(),
            change: ViewChange::default(),
            recovery: Recovery::default(),
            executed: Vec::new(),
            answered: Vec::new(),
        }
    }

    /// What it does.
    #[inline]
    pub const fn status(&self) -> Status {
        self.status
    }

    /// Its view-number.
    #[inline]
    pub const fn view(&self) -> u64 {
        self.view
    }

    /// Its log.
    #[inline]
    pub const fn log(&self) -> &Log {
        &self.log
    }

    /// Its commit-number: it has executed all up to here.
    #[inline]
    pub const fn commit_number(&self) -> u64 {
        self.commit_number
    }

    /// The state after that.
    pub const fn machine(&self) -> &Machine {
        &self.machine
    }

    /// What it knows of crashes.
    #[inline]
    pub const fn crashes(&self) -> &CrashVector {
        &self.crashes
    }

    /// Whether it is the primary of its view, and that has started.
    #[inline]
    pub fn is_primary(&self) -> bool {
        self.status == Status::Normal && self.primary_of(self.view) == self.me
    }

    /// What it has executed in the last step, with the op-numbers.
    #[inline]
    pub fn executed(&self) -> &[(u64, Entry)] {
        &self.executed
    }

    /// Those whose answers made it take a step of a view change or of a recovery in the last step, itself among them
    /// where that counts.
    #[inline]
    pub fn answered(&self) -> &[NodeId] {
        &self.answered
    }
}

/// What is done everywhere.
impl Vr {
    #[inline]
    pub(super) fn has(&self, flaw: VrFlaw) -> bool {
        self.config.flaws.has(flaw)
    }

    /// "The primary is chosen round-robin" (4).
    #[inline]
    pub(super) fn primary_of(&self, view: u64) -> NodeId {
        self.replicas[(view % self.replicas.len() as u64) as usize]
    }

    /// How many replicas it takes.
    #[inline]
    pub(super) fn majority(&self) -> usize {
        majority(self.replicas.len())
    }

    /// Whether crashes are told by vectors.
    #[inline]
    pub(super) fn has_vectors(&self) -> bool {
        self.config.stable == Stable::Nothing && !self.has(VrFlaw::VrrDisklessRecovery)
    }

    pub(super) fn send(&self, to: NodeId, body: Body, ctx: &mut Ctx<'_>) {
        ctx.send(to, Message { crashes: self.crashes.clone(), body });
    }

    pub(super) fn broadcast(&self, body: Body, ctx: &mut Ctx<'_>) {
        ctx.broadcast(Message { crashes: self.crashes.clone(), body });
    }

    /// Waits for the primary, or for a view change, for a time drawn anew.
    pub(super) fn arm_view_change_timer(&self, ctx: &mut Ctx<'_>) {
        let timeout = draw_timeout("view change timeout", self.config.view_change_timeout, ctx);
        ctx.set_timer(Timer::ViewChange, timeout);
    }

    /// Turns to another view, which is on its disk before anybody hears of it, if it has one.
    pub(super) fn turn_to(&mut self, view: u64, status: Status, ctx: &mut Ctx<'_>) {
        if self.is_primary() {
            ctx.emit(Event::SteppedDown { view: self.view });
            ctx.cancel_timer(Timer::Heartbeat);
        }
        let is_new = self.view != view;
        (self.view, self.status) = (view, status);
        if status == Status::Normal {
            self.last_normal = view;
            self.acknowledged.clear();
            self.change = ViewChange::default();
            ctx.cancel_timer(Timer::Retransmit);
        }
        if is_new && self.config.stable == Stable::View && !self.has(VrFlaw::ViewNotDurable) {
            self.journal.rewrite(vec![view], ctx);
            self.journal.make_durable(ctx);
        }
    }

    /// Takes the answers of these for enough.
    pub(super) fn rests_on(&mut self, answered: Vec<NodeId>) {
        self.answered = answered;
    }

    pub(super) fn note_executed(&mut self, op_number: u64, entry: Entry) {
        self.executed.push((op_number, entry));
    }

    fn begin_step(&mut self) {
        self.executed.clear();
        self.answered.clear();
    }

    /// Takes in what the sender knows of crashes. Says whether the message is to be heard: what a replica has said before
    /// a crash of which somebody knows is not, but for its questions when it recovers.
    fn hears(&mut self, from: NodeId, message: &Message, ctx: &mut Ctx<'_>) -> bool {
        let asks = matches!(message.body, Body::ReadVector { .. } | Body::Recovery { .. });
        let is_of_now = message.crashes.of(from) >= self.crashes.of(from) || self.has(VrFlaw::CountsPastAnswers);
        if self.crashes.includes(&message.crashes) {
            return is_of_now || asks;
        }
        for index in 0..self.replicas.len() {
            let replica = self.replicas[index];
            if self.crashes.raise(replica, message.crashes.of(replica)) {
                self.learn_of_crash(replica, ctx);
            }
        }
        is_of_now || asks
    }

    /// A replica has crashed and recovers, or has recovered: what it has answered before is no answer any more.
    fn learn_of_crash(&mut self, replica: NodeId, ctx: &mut Ctx<'_>) {
        if replica == self.me {
            return self.on_overtaken(ctx);
        }
        if self.has(VrFlaw::CountsPastAnswers) {
            return;
        }
        self.acknowledged.remove(&replica);
        // Both: whoever is overtaken in a view change recovers, and has answers to both.
        if [self.change.forget(replica), self.recovery.forget(replica)].contains(&true) {
            ctx.emit(Event::DroppedAnswers { of: replica.to_string() });
        }
    }
}

impl Protocol for Vr {
    type Message = Message;
    type Timer = Timer;
    type Record = Record;
    type Op = KvOp;
    type Reply = KvReply;
    type Event = Event;

    const STATES: &'static [NodeState<Self>] = &[
        NodeState::recovering("recovering", |replica| replica.status == Status::Recovering),
        NodeState::new("view-change", |replica| replica.status == Status::ViewChange),
    ];

    /// "It knows it is restarting" (Michael et al. 2017, 3): at its first boot it has nothing to recover.
    fn on_start(&mut self, ctx: &mut Ctx<'_>) {
        if self.config.stable == Stable::View {
            let Some(records) = self.journal.open(ctx) else { return };
            self.view = records.last().copied().copied().unwrap_or_default();
        }
        if ctx.is_restart() {
            self.status = Status::Recovering;
            self.begin_recovery(ctx);
        } else if self.is_primary() {
            self.lead(ctx);
        } else {
            self.arm_view_change_timer(ctx);
        }
    }

    fn on_message(&mut self, from: NodeId, message: Message, ctx: &mut Ctx<'_>) {
        self.begin_step();
        if !self.hears(from, &message, ctx) {
            return;
        }
        let Message { crashes, body } = message;
        match body {
            Body::ReadVector { nonce } => self.on_read_vector(from, nonce, ctx),
            Body::Vector { nonce } => self.on_vector(from, nonce, ctx),
            Body::Recovery { nonce, view } => self.on_recovery(from, nonce, view, ctx),
            Body::RecoveryResponse { nonce, view, state } => {
                self.on_recovery_response((from, &crashes), nonce, view, state, ctx);
            }
            Body::StartViewChange { view } => self.on_start_view_change(from, view, ctx),
            Body::DoViewChange { view, report } => self.on_do_view_change(from, view, *report, ctx),
            _ if self.status == Status::Recovering => {}
            Body::Prepare { view, op_number, entry, commit_number } => {
                self.on_prepare(from, view, (op_number, entry), commit_number, ctx);
            }
            Body::PrepareOk { view, op_number } => self.on_prepare_ok(from, view, op_number, ctx),
            Body::Commit { view, commit_number } => self.on_commit(from, view, commit_number, ctx),
            Body::StartView { view, log, commit_number } => self.on_start_view(view, *log, commit_number, ctx),
            Body::GetState { view, op_number } => self.on_get_state(from, view, op_number, ctx),
            Body::NewState { view, part, commit_number } => self.on_new_state(view, part, commit_number, ctx),
        }
    }

    fn on_timer(&mut self, timer: Timer, ctx: &mut Ctx<'_>) {
        self.begin_step();
        match timer {
            Timer::ViewChange => self.begin_view_change(self.view + 1, ctx),
            Timer::Heartbeat => self.on_heartbeat_due(ctx),
            Timer::Retransmit => self.retransmit(ctx),
        }
    }

    fn on_request(&mut self, request: RequestId, op: KvOp, ctx: &mut Ctx<'_>) {
        self.begin_step();
        self.on_client_request(request, op, ctx);
    }

    fn kind(message: &Message) -> &'static str {
        kind_of(&message.body)
    }

    fn round(message: &Message) -> Option<u64> {
        match &message.body {
            Body::Prepare { view, .. }
            | Body::PrepareOk { view, .. }
            | Body::Commit { view, .. }
            | Body::StartViewChange { view }
            | Body::DoViewChange { view, .. }
            | Body::StartView { view, .. }
            | Body::GetState { view, .. }
            | Body::NewState { view, .. }
            | Body::RecoveryResponse { view, .. } => Some(*view),
            Body::ReadVector { .. } | Body::Vector { .. } | Body::Recovery { .. } => None,
        }
    }
}
