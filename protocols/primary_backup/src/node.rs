//! A node: the view service, or a replica, or one that could become a replica.

use parts::epoch_log::{Continuity, Log};
use parts::journal::{Journal, Persistent};
use parts::kv::{KvOp, KvReply, Machine};
use sim_core::{Context, DiskEvent, Duration, NodeId, OperatorAction, Protocol, RequestId, State, kind_of};

use super::config::{BackupConfig, Shipping};
use super::flaws::BackupFlaw;
use super::message::{Event, Message, Record, Timer};
use super::primary::Leading;
use super::view::View;
use super::view_service::ViewService;

const FAIL_OVER: &str = "fail_over";

/// A node.
#[derive(Debug)]
pub struct PrimaryBackup {
    pub(super) config: BackupConfig,
    pub(super) me: NodeId,
    /// What only a node of the view service has.
    pub(super) service: Option<ViewService>,
    pub(super) journal: Journal,
    /// It takes part in no view before this one.
    pub(super) promised: Persistent<u64>,
    /// What it had promised when it booted: in a view up to this one it may have been the primary before.
    pub(super) promised_at_boot: u64,
    /// The latest view that it knows.
    pub(super) view: View,
    pub(super) log: Log,
    /// How many entries are acknowledged, or may be.
    pub(super) commit: u64,
    /// What so many entries have made of the map.
    pub(super) machine: Machine,
    /// How many those are.
    pub(super) applied: u64,
    /// The number of the last view in which its log was found to begin as that of the primary.
    pub(super) matched: u64,
    /// What only a primary has.
    pub(super) leading: Option<Leading>,
    /// How long the last answer of the view service took.
    pub(super) latency: Duration,
}

pub(super) type Ctx<'a> = Context<'a, PrimaryBackup>;

/// Tells the view service something. Of three nodes, the one that acts for it takes note.
pub(super) fn tell_service(config: &BackupConfig, message: &Message, ctx: &mut Ctx<'_>) {
    for server in config.servers_of(ctx.nodes()) {
        ctx.send(*server, message.clone());
    }
}

impl PrimaryBackup {
    pub(super) fn new(config: &BackupConfig, me: NodeId, nodes: &[NodeId]) -> Self {
        Self {
            config: config.clone(),
            me,
            service: config.is_server(me).then(|| ViewService::new(config, me, nodes)),
            journal: Journal::default(),
            promised: Persistent::default(),
            promised_at_boot: 0,
            view: View::none(),
            log: Log::default(),
            commit: 0,
            machine: Machine::default(),
            applied: 0,
            matched: 0,
            leading: None,
            latency: Duration::ZERO,
        }
    }

    pub(super) fn has(&self, flaw: BackupFlaw) -> bool {
        self.config.flaws.has(flaw)
    }

    pub(super) const fn is_asynchronous(&self) -> bool {
        matches!(self.config.shipping, Shipping::Asynchronous)
    }

    /// Whether it serves as the primary.
    pub(super) fn is_active(&self) -> bool {
        self.leading.as_ref().is_some_and(|leading| leading.is_active)
    }

    /// Whether it is the primary of its view, and may not go on as that: it has booted since, or was sealed.
    pub(super) fn resumes(&self) -> bool {
        self.view.primary == self.me && self.view.number > 0 && self.leading.is_none()
    }

    /// Whether it cannot have been the primary of this view before it booted. If it was, it has forgotten whom it counts.
    pub(super) const fn may_lead(&self, number: u64) -> bool {
        number > self.promised_at_boot
    }

    /// Takes part in no view before this one any more. Tells whether it takes part in this one.
    pub(super) fn joins(&mut self, number: u64, ctx: &mut Ctx<'_>) -> bool {
        if number < *self.promised {
            return self.has(BackupFlaw::SplitBrain);
        }
        *self.promised = number;
        if self.promised.mark_written() {
            if !self.has(BackupFlaw::PromiseInMemory) {
                self.journal.append(Record::Promised(number), ctx);
                self.journal.make_durable(ctx);
            }
            if self.leading.as_ref().is_some_and(|leading| leading.number < number) && self.view.number < number {
                self.step_down(ctx);
            }
        }
        true
    }

    /// Goes on with what it finds on its disk. It writes that once more: a failed sync may have left records that can be
    /// read and that no later sync makes durable (Rebello et al., USENIX ATC 2020).
    fn recover(&mut self, ctx: &mut Ctx<'_>) {
        let mut log = Continuity::default();
        let fits = |record: &Record| match record {
            Record::Entry { offset, .. } => log.adds(*offset),
            Record::Truncated(to) => log.cuts(*to),
            Record::Promised(_) | Record::Number(_) | Record::View(_) | Record::Raft(_) => true,
        };
        // Where the disk is broken, the node has been stopped.
        let Some(records) = self.journal.open_while(ctx, fits) else { return };
        let (mut promised, mut commit) = (0, 0);
        for record in records {
            match record {
                Record::Promised(number) => promised = promised.max(*number),
                Record::Entry { entry, commit: known, .. } => {
                    self.log.push(entry.clone());
                    commit = *known;
                }
                Record::Truncated(to) => self.log.truncate(*to),
                // The view service's.
                Record::Number(_) | Record::View(_) | Record::Raft(_) => {}
            }
        }
        // Nobody was told of an entry whose view was forgotten; others may be told of it now.
        let promised = promised.max(self.log.position().epoch);
        self.promised = Persistent::written(promised);
        self.promised_at_boot = promised;
        self.commit = self.log.end().min(commit);
        let entries = self.log.entries().iter().zip(1..);
        let entries =
            entries.map(|(entry, offset)| Record::Entry { offset, entry: entry.clone(), commit: self.commit });
        self.journal.rewrite([Record::Promised(promised)].into_iter().chain(entries).collect(), ctx);
        self.journal.make_durable(ctx);
        ctx.emit(Event::Recovered { position: self.log.position() });
        self.apply(ctx);
    }
}

impl Protocol for PrimaryBackup {
    type Message = Message;
    type Timer = Timer;
    type Record = Record;
    type Op = KvOp;
    type Reply = KvReply;
    type Event = Event;

    const ACTIONS: &'static [&'static str] = &[FAIL_OVER];

    const STATES: &'static [State<Self>] = &[
        State::new("active", Self::is_active),
        State::new("activating", |node| node.leading.as_ref().is_some_and(|leading| !leading.is_active)),
        State::new("passive", |node| node.view.passive.contains(&node.me)),
        State::new("recovering", |node| node.view.recovering.contains(&node.me)),
        State::new("sealed", |node| *node.promised > node.view.number),
        State::new("held-back", |node| node.is_active() && node.commit < node.log.end()),
        State::new("failing-over", |node| node.service.as_ref().is_some_and(ViewService::is_failing_over)),
    ];

    fn on_start(&mut self, ctx: &mut Ctx<'_>) {
        if let Some(service) = &mut self.service {
            return service.boot(ctx);
        }
        self.recover(ctx);
        ctx.set_timer(Timer::Ship, self.config.ship_interval);
        self.beat(ctx);
    }

    fn on_message(&mut self, from: NodeId, message: Message, ctx: &mut Ctx<'_>) {
        if let Some(service) = &mut self.service {
            return match message {
                Message::Raft(message) => service.raft_message(from, *message, ctx),
                message => service.receives(from, message, ctx),
            };
        }
        match message {
            Message::Alive { number, is_granted, sent } => self.answered(number, is_granted, sent, ctx),
            Message::NewView { view } => self.learn(view, ctx),
            Message::Seal { number } => self.seal(number, ctx),
            Message::Ship { number, after, entries, commit } => {
                self.shipped(from, number, (after, entries), commit, ctx);
            }
            Message::Stored { number, end } => self.stored(from, number, end, ctx),
            Message::AskEpoch { number, position } => self.epoch_asked(from, number, position, ctx),
            Message::EpochEnd { number, asked, end } => self.epoch_told(from, number, (asked, end), ctx),
            Message::Confirm { number, round } => {
                if self.joins(number, ctx) {
                    ctx.send(from, Message::Confirmed { number, round });
                }
            }
            Message::Confirmed { number, round } => self.confirmed(from, number, round, ctx),
            // These are for the view service.
            Message::Beat { .. }
            | Message::Sealed { .. }
            | Message::CaughtUp { .. }
            | Message::Unreachable { .. }
            | Message::FailOver
            | Message::Raft(_) => {}
        }
    }

    fn on_timer(&mut self, timer: Timer, ctx: &mut Ctx<'_>) {
        match timer {
            Timer::Beat => self.beat(ctx),
            Timer::Ship => {
                self.ship_again(ctx);
                ctx.set_timer(Timer::Ship, self.config.ship_interval);
            }
            Timer::Answer => self.look_at_stored(ctx),
            Timer::Check => {
                if let Some(service) = &mut self.service {
                    service.check(ctx);
                    ctx.set_timer(Timer::Check, self.config.heartbeat_interval);
                }
            }
            Timer::Raft(timer) => {
                if let Some(service) = &mut self.service {
                    service.raft_timer(timer, ctx);
                }
            }
        }
    }

    fn on_request(&mut self, request: RequestId, op: KvOp, ctx: &mut Ctx<'_>) {
        match &self.service {
            Some(service) => ctx.redirect(request, Some(service.view().primary)),
            None => self.requested(request, op, ctx),
        }
    }

    /// Any node passes on to the view service what it is asked for.
    fn on_operator(&mut self, _: &OperatorAction, ctx: &mut Ctx<'_>) {
        tell_service(&self.config, &Message::FailOver, ctx);
    }

    fn on_disk(&mut self, event: DiskEvent, ctx: &mut Ctx<'_>) {
        match (&mut self.service, event) {
            (Some(service), _) => service.on_disk(event, ctx),
            (None, DiskEvent::Synced(_)) => {}
            (None, _) => ctx.halt("its disk fails it"),
        }
    }

    /// Replicas are told by the view service, where it matters to them.
    fn on_stopped(&mut self, node: NodeId, ctx: &mut Ctx<'_>) {
        if let Some(service) = &mut self.service {
            service.has_stopped(node, ctx);
        }
    }

    fn kind(message: &Message) -> &'static str {
        match message {
            Message::Raft(message) => kind_of(message),
            _ => kind_of(message),
        }
    }
}
