//! One replica: what it knows, how events reach the code that handles them, and what must be durable
//! when.

use std::collections::BTreeMap;
use std::rc::Rc;

use sim_core::{Context, DiskEvent, Duration, NodeId, Protocol, RequestId, Signed, State};

use super::certificate::{Checkpoint, CheckpointCertificate, Commit, PrePrepare, Prepare, Proposal, Votes};
use super::committee::Committee;
use super::config::PbftConfig;
use super::execution::Applied;
use super::flaws::PbftFlaw;
use super::message::{Event, Message, Timer};
use super::request::{Batch, Digest, Op, Reply};
use super::requests::{Waiting, Watch};
use super::slots::Slots;
use super::storage::{Record, States};
use super::view::{Diligence, NewView, ViewChange};
use parts::journal::Journal;
use parts::kv::Machine;

/// A replica of a PBFT group that replicates a key-value map.
#[derive(Debug)]
pub struct Pbft {
    pub(super) config: PbftConfig,
    pub(super) committee: Committee,
    pub(super) me: NodeId,

    // The view.
    pub(super) view: u64,
    /// Whether the view has begun: otherwise the replica waits for its primary to begin it.
    pub(super) is_active: bool,
    /// What began the view; nothing in view 0, and while it has not begun.
    pub(super) new_view: Option<Rc<Signed<NewView>>>,
    /// The last place that the view began with.
    pub(super) inherited: u64,
    /// The message by which the replica asked for the view.
    pub(super) own_view_change: Option<Rc<Signed<ViewChange>>>,
    /// The latest valid message of each replica.
    pub(super) view_changes: BTreeMap<NodeId, Rc<Signed<ViewChange>>>,
    /// Proposals for the view that have come before it has begun, by place.
    pub(super) early: BTreeMap<u64, (Signed<PrePrepare>, Rc<Batch>)>,

    // The order.
    pub(super) slots: Slots,
    /// The place of the primary's next batch.
    pub(super) next_sequence: u64,
    /// The latest request of each client that the primary has proposed in this view.
    pub(super) proposed: BTreeMap<NodeId, RequestId>,

    // The state.
    pub(super) machine: Machine,
    /// The last place that is executed.
    pub(super) executed: u64,
    /// What it had executed before a crash, at most: until it is there again, its state may be older
    /// than what it has told clients.
    pub(super) promised: u64,
    pub(super) states: States,
    pub(super) stable: Rc<CheckpointCertificate>,
    /// Checkpoint messages for places between the watermarks.
    pub(super) checkpoints: BTreeMap<u64, Votes<Checkpoint>>,
    /// A stable checkpoint that it has not reached: it asks others for the state.
    pub(super) wanted: Option<Rc<CheckpointCertificate>>,
    /// How often it has asked for a state: each time another replica.
    pub(super) fetches: usize,

    // Clients.
    /// Clients that wait for a request to be executed, those first that wait longest.
    pub(super) waiting: Vec<Waiting>,
    /// What the timer is armed for.
    pub(super) watch: Watch,
    /// How long the timer is armed for.
    pub(super) timeout: Duration,
    /// What was executed when the last status was sent.
    pub(super) reported: u64,

    pub(super) journal: Journal,
    pub(super) acts: Acts,
}

/// What a replica has done in a step, for those who observe it.
#[derive(Debug, Default)]
pub struct Acts {
    /// The requests that it has executed.
    pub applied: Vec<Applied>,
    /// The proposals that it has made or accepted.
    pub accepted: Vec<Proposal>,
    /// The batches that it has found prepared.
    pub prepared: Vec<Proposal>,
    /// The batches that it has found committed, by itself or by a proof.
    pub committed: Vec<Proposal>,
}

/// What others may see of a replica: its properties do.
impl Pbft {
    /// A replica that has not booted yet.
    pub fn new(config: &PbftConfig, me: NodeId, nodes: &[NodeId]) -> Self {
        let machine = Machine::default();
        let stable = Rc::new(CheckpointCertificate::of_the_beginning(Digest::of(&machine)));
        Self {
            config: config.clone(),
            committee: Committee::new(config, nodes),
            me,
            view: 0,
            is_active: true,
            new_view: None,
            inherited: 0,
            own_view_change: None,
            view_changes: BTreeMap::new(),
            early: BTreeMap::new(),
            slots: Slots::new(config.log_size),
            next_sequence: 1,
            proposed: BTreeMap::new(),
            states: States::from([(0, Rc::new(machine.clone()))]),
            machine,
            executed: 0,
            promised: 0,
            stable,
            checkpoints: BTreeMap::new(),
            wanted: None,
            fetches: 0,
            waiting: Vec::new(),
            watch: Watch::Nothing,
            timeout: config.view_change_timeout,
            reported: 0,
            journal: Journal::default(),
            acts: Acts::default(),
        }
    }

    /// Its view.
    #[inline]
    pub const fn view(&self) -> u64 {
        self.view
    }

    /// Whether its view has begun, for all it knows.
    pub const fn is_active(&self) -> bool {
        self.is_active
    }

    /// What began its view; nothing in view 0, and while it has not begun.
    #[inline]
    pub const fn new_view(&self) -> Option<&Rc<Signed<NewView>>> {
        self.new_view.as_ref()
    }

    /// The message by which it asked for its view, while that has not begun.
    #[inline]
    pub const fn own_view_change(&self) -> Option<&Rc<Signed<ViewChange>>> {
        self.own_view_change.as_ref()
    }

    /// The last place that it has executed.
    #[inline]
    pub const fn executed(&self) -> u64 {
        self.executed
    }

    /// Its last stable checkpoint.
    pub fn stable(&self) -> &CheckpointCertificate {
        &self.stable
    }

    /// Its message log.
    pub const fn slots(&self) -> &Slots {
        &self.slots
    }

    /// Its state.
    pub const fn machine(&self) -> &Machine {
        &self.machine
    }

    /// What it has done in its last step.
    #[inline]
    pub const fn acts(&self) -> &Acts {
        &self.acts
    }

    /// Whether it is the primary of a view that has begun.
    pub fn is_primary(&self) -> bool {
        self.is_active && self.committee.primary(self.view) == self.me
    }
}

impl Protocol for Pbft {
    type Message = Message;
    type Timer = Timer;
    type Record = Record;
    type Op = Op;
    type Reply = Reply;
    type Event = Event;

    /// It waits for a view to begin; it waits for the state of another.
    const STATES: &'static [State<Self>] = &[
        State::new("changing-view", |node| !node.is_active),
        State::new("fetching-state", |node| node.wanted.is_some()),
    ];

    fn on_start(&mut self, ctx: &mut Context<'_, Self>) {
        let Some(records) = self.journal.open(ctx) else { return };
        records.into_iter().for_each(|record| self.replay(record));
        self.resume(ctx);
        ctx.set_timer(Timer::Status, self.config.status_interval);
        self.end_step(ctx);
    }

    fn on_message(&mut self, from: NodeId, message: Message, ctx: &mut Context<'_, Self>) {
        self.begin_step();
        match message {
            Message::Request(request) => self.on_relayed_request(request, ctx),
            Message::PrePrepare(pre_prepare, batch) => self.on_pre_prepare(pre_prepare, batch, ctx),
            Message::Prepare(prepare) => self.on_prepare(prepare, ctx),
            Message::Commit(commit) => self.on_commit(commit, ctx),
            Message::Checkpoint(checkpoint) => self.on_checkpoint(checkpoint, ctx),
            Message::ViewChange(change) => self.on_view_change(change, ctx),
            Message::NewView(new_view) => self.on_new_view(new_view, ctx),
            Message::Status(status) => self.on_status(from, status, ctx),
            Message::Committed(certificate, batch) => self.on_committed(certificate, batch, ctx),
            Message::Stable(certificate) => self.on_stable(&certificate, ctx),
            Message::FetchState { sequence } => self.on_fetch_state(from, sequence, ctx),
            Message::State(certificate, state) => self.on_state(certificate, state, ctx),
            Message::FetchBatch { digest } => self.on_fetch_batch(from, digest, ctx),
            Message::Batch(batch) => self.on_batch(batch, ctx),
        }
        self.end_step(ctx);
    }

    fn on_timer(&mut self, timer: Timer, ctx: &mut Context<'_, Self>) {
        self.begin_step();
        match timer {
            Timer::ViewChange => self.on_view_change_timeout(ctx),
            Timer::Status => self.on_status_due(ctx),
        }
        self.end_step(ctx);
    }

    fn on_request(&mut self, request: RequestId, op: Op, ctx: &mut Context<'_, Self>) {
        self.begin_step();
        self.on_client_request(request, &op, ctx);
        self.end_step(ctx);
    }

    fn on_disk(&mut self, event: DiskEvent, ctx: &mut Context<'_, Self>) {
        if !matches!(event, DiskEvent::Synced(_)) {
            ctx.halt("its disk fails it");
        }
    }

    fn round(message: &Message) -> Option<u64> {
        message.round()
    }
}

/// Steps, and what is left of them after a crash.
impl Pbft {
    fn begin_step(&mut self) {
        let Acts { applied, accepted, prepared, committed } = &mut self.acts;
        applied.clear();
        accepted.clear();
        prepared.clear();
        committed.clear();
    }

    fn end_step(&mut self, ctx: &mut Context<'_, Self>) {
        self.keep_watch(ctx);
    }

    /// Replaces all records by what is still needed.
    pub(super) fn compact(&mut self, ctx: &mut Context<'_, Self>) {
        let states = self.states.iter();
        let mut records: Vec<Record> =
            states.map(|(sequence, state)| Record::State { sequence: *sequence, state: Rc::clone(state) }).collect();
        records.push(Record::Stable(Rc::clone(&self.stable)));
        records.extend(self.new_view.clone().map(Record::NewView));
        records.extend(self.own_view_change.clone().map(Record::ViewChange));
        records.extend(self.slots.batches().cloned().map(Record::Batch));
        for (_, slot) in self.slots.iter() {
            let accepted = slot.pre_prepare.clone().filter(|_| slot.is_accepted);
            records.extend(accepted.map(Record::Accepted));
            records.extend(slot.prepared.clone().map(Record::Prepared));
            records.extend(slot.committed.clone().map(Record::Committed));
        }
        self.journal.rewrite(records, ctx);
    }

    /// Takes note of what it had written before a crash. What does not fit was not durable: a disk
    /// that reorders its writes can have lost a batch, or what moved the watermarks, and kept what was
    /// written behind that.
    fn replay(&mut self, record: &Record) {
        match record {
            Record::Batch(batch) => {
                self.slots.keep_batch(batch.digest(), Rc::clone(batch));
            }
            Record::Accepted(pre_prepare) => self.replay_accepted(pre_prepare),
            Record::Prepared(certificate) => {
                let sequence = certificate.proposal().sequence;
                if self.admits(sequence) {
                    self.slots.at(sequence).prepared = Some(Rc::clone(certificate));
                    self.promised = self.promised.max(sequence);
                }
            }
            Record::Committed(certificate) => {
                let Proposal { sequence, digest, .. } = certificate.proposal;
                if self.admits(sequence) && self.slots.batch(digest).is_some() {
                    self.slots.at(sequence).committed = Some(Rc::clone(certificate));
                    self.promised = self.promised.max(sequence);
                }
            }
            Record::State { sequence, state } => drop(self.states.insert(*sequence, Rc::clone(state))),
            Record::Stable(certificate) => {
                self.stable = Rc::clone(certificate);
                self.states = self.states.split_off(&certificate.sequence());
                self.slots.move_to(certificate.sequence());
            }
            Record::ViewChange(change) => {
                self.leave_view(change.content().view);
                self.own_view_change = Some(Rc::clone(change));
            }
            Record::NewView(new_view) => self.adopt_view(new_view),
        }
    }

    fn replay_accepted(&mut self, pre_prepare: &Signed<PrePrepare>) {
        let proposal = pre_prepare.content().0;
        let fits = self.admits(proposal.sequence) && self.slots.batch(proposal.digest).is_some();
        if proposal.view <= self.view && fits {
            let slot = self.slots.at(proposal.sequence);
            slot.pre_prepare = Some(pre_prepare.clone());
            slot.is_accepted = true;
            if self.committee.primary(proposal.view) == self.me {
                self.next_sequence = self.next_sequence.max(proposal.sequence + 1);
            }
        }
    }

    /// Its state is the latest that it has written, but for those beyond the high watermark, which were
    /// not durable. Where that is, is known only when all records are read: a state stands before the
    /// record that makes it stable.
    fn take_up_state(&mut self) {
        let high = self.slots.high();
        let is_flawed = self.has(PbftFlaw::UncheckedWatermarks);
        self.states.retain(|sequence, _| *sequence <= high || is_flawed);
        if let Some((sequence, state)) = self.states.last_key_value() {
            self.machine = Machine::clone(state);
            self.executed = *sequence;
        }
    }

    /// Goes on where it was before a crash, or begins.
    fn resume(&mut self, ctx: &mut Context<'_, Self>) {
        self.take_up_state();
        if self.is_primary() {
            ctx.emit(Event::BecamePrimary { view: self.view });
        }
        if let Some(change) = &self.own_view_change {
            self.view_changes.insert(self.me, Rc::clone(change));
        }
        self.restore_votes(ctx);
        self.execute_ready(ctx);
        self.adopt_proposals(ctx);
    }

    /// Its own votes follow from what it has written.
    fn restore_votes(&mut self, ctx: &mut Context<'_, Self>) {
        let accepted = self.slots.iter().filter(|(_, slot)| slot.is_accepted);
        let accepted: Vec<Proposal> = accepted.filter_map(|(_, slot)| slot.proposal_in(self.view)).collect();
        for proposal in accepted {
            let is_primary = self.committee.primary(self.view) == self.me;
            let slot = self.slots.at(proposal.sequence);
            if !is_primary {
                slot.prepares.add(ctx.sign(Prepare(proposal)));
            }
            if slot.is_prepared_in(proposal.view) {
                slot.commits.add(ctx.sign(Commit(proposal)));
            }
        }
        for (sequence, state) in &self.states {
            let checkpoint = Checkpoint { sequence: *sequence, digest: Digest::of(&**state) };
            if *sequence > self.stable.sequence() {
                self.checkpoints.entry(*sequence).or_default().add(ctx.sign(checkpoint));
            }
        }
    }

    /// Whether a known bug is switched on.
    #[inline]
    pub(super) fn has(&self, flaw: PbftFlaw) -> bool {
        self.config.flaws.has(flaw)
    }

    /// How carefully it looks at certificates.
    pub(super) fn diligence(&self) -> Diligence {
        Diligence {
            verifies_prepared: !self.has(PbftFlaw::UnverifiedCertificates),
            verifies_checkpoints: !self.has(PbftFlaw::NoCheckpointProof),
            checks_watermarks: !self.has(PbftFlaw::UncheckedWatermarks),
            inherits_prepared: !self.has(PbftFlaw::NewViewWithoutCertificates),
            prefers_latest: !self.has(PbftFlaw::StaleCertificateWins),
            fills_gaps: !self.has(PbftFlaw::NoNullRequests),
        }
    }
}
