//! A node: the keeper, a replica, or one that waits to become a replica.

use std::collections::{BTreeMap, BTreeSet};

use parts::journal::Journal;
use sim_core::{Context, NodeId, OperatorAction, Protocol, RequestId, State as NodeState};

use super::config::CounterConfig;
use super::configuration::Configuration;
use super::coordinator::PendingRead;
use super::flaws::CounterFlaw;
use super::keeper::Keeper;
use super::message::{Event, Message, Round, Timer};
use super::operations::{CounterOp, CounterReply};
use super::state::{Entry, State};
use super::storage::{Record, last_record};

const PROMOTE: &str = "promote";
const DEMOTE: &str = "demote";

/// A node.
#[derive(Debug)]
pub struct FaultTolerantCounter {
    pub(super) config: CounterConfig,
    pub(super) me: NodeId,
    /// What only the keeper has.
    pub(super) keeper: Option<Keeper>,
    /// The latest open configuration that it knows.
    pub(super) configuration: Configuration,
    pub(super) journal: Journal,
    /// What it has as a replica, on its disk too.
    pub(super) installed: Option<Record>,
    /// Whether the configuration that is installed is open.
    pub(super) is_open: bool,
    /// Drawn at this boot: an answer to what it said before an earlier one, when it may have had another disk, does
    /// not carry it.
    pub(super) nonce: u64,
    /// Whether the keeper has told it that it needs no state.
    pub(super) is_spare: bool,
    /// The last round in which it has asked the other replicas.
    pub(super) round: Round,
    /// Who has answered in that round.
    pub(super) answered: BTreeSet<NodeId>,
    /// What each of the other replicas surely has on its disk.
    pub(super) known: BTreeMap<NodeId, State>,
    /// The change that each client waits for.
    pub(super) changes: BTreeMap<NodeId, RequestId>,
    /// The read that each client waits for.
    pub(super) reads: BTreeMap<NodeId, PendingRead>,
}

pub(super) type Ctx<'a> = Context<'a, FaultTolerantCounter>;

impl FaultTolerantCounter {
    pub(super) fn new(config: &CounterConfig, me: NodeId) -> Self {
        Self {
            config: config.clone(),
            me,
            keeper: (me == CounterConfig::KEEPER).then(|| Keeper::new(config)),
            configuration: Configuration::default(),
            journal: Journal::default(),
            installed: None,
            is_open: false,
            nonce: 0,
            is_spare: false,
            round: Round::default(),
            answered: BTreeSet::new(),
            known: BTreeMap::new(),
            changes: BTreeMap::new(),
            reads: BTreeMap::new(),
        }
    }

    pub(super) fn has(&self, flaw: CounterFlaw) -> bool {
        self.config.flaws.has(flaw)
    }

    /// Its incarnation as a replica of the configuration that is installed.
    pub(super) fn entry(&self) -> Option<Entry> {
        self.installed.as_ref().and_then(|record| record.configuration.entry_of(self.me))
    }

    /// Whether it may acknowledge changes and answer reads.
    pub(super) fn serves(&self) -> bool {
        self.is_open && self.installed.as_ref().is_some_and(|record| !record.is_sealed)
    }

    /// Whether it booted from an empty disk, and has not heard since whether it has lost anything.
    fn is_blank(&self) -> bool {
        self.keeper.is_none() && self.installed.is_none() && !self.is_spare
    }

    /// What it draws for the keeper's answers to name, while it has no state.
    pub(super) fn nonce(&self) -> Option<u64> {
        self.installed.is_none().then_some(self.nonce)
    }

    /// Writes down what it has as a replica.
    pub(super) fn write(&mut self, ctx: &mut Ctx<'_>) {
        if let Some(record) = &self.installed {
            self.journal.append(record.clone(), ctx);
        }
    }

    /// Goes on with what it finds on its disk. It writes that once more: a failed sync may have left records that can be
    /// read and that no later sync makes durable (Rebello et al., USENIX ATC 2020).
    fn recover(&mut self, mut record: Record, ctx: &mut Ctx<'_>) {
        record.boots += 1;
        if self.has(CounterFlaw::RequestsNotDurable) {
            record.state.forget_requests();
        }
        self.round.boot = record.boots;
        self.installed = Some(record.clone());
        if let Some(entry) = self.entry() {
            let (number, totals) = (record.configuration.number, record.state.totals(entry));
            ctx.emit(Event::Recovered { entry, number, totals });
        }
        self.journal.rewrite(vec![record], ctx);
        self.journal.make_durable(ctx);
    }
}

impl Protocol for FaultTolerantCounter {
    type Message = Message;
    type Timer = Timer;
    type Record = Record;
    type Op = CounterOp;
    type Reply = CounterReply;
    type Event = Event;

    const ACTIONS: &'static [&'static str] = &[PROMOTE, DEMOTE];

    const STATES: &'static [NodeState<Self>] = &[
        NodeState::recovering("blank", Self::is_blank),
        NodeState::new("sealed", |node| node.installed.as_ref().is_some_and(|record| record.is_sealed)),
        NodeState::new("unopened", |node| node.installed.is_some() && !node.is_open),
        NodeState::new("changing", |node| !node.changes.is_empty()),
        NodeState::new("reading", |node| !node.reads.is_empty()),
        NodeState::new("sealing", |node| node.keeper.as_ref().is_some_and(Keeper::is_sealing)),
        NodeState::new("installing", |node| node.keeper.as_ref().is_some_and(Keeper::is_installing)),
    ];

    fn on_start(&mut self, ctx: &mut Ctx<'_>) {
        if self.keeper.is_some() {
            return ctx.set_timer(Timer::Check, self.config.heartbeat_interval);
        }
        self.nonce = ctx.rng().bits();
        match last_record(ctx.disk().records()) {
            None => ctx.emit(Event::Blank),
            Some(record) => self.recover(record.clone(), ctx),
        }
        ctx.set_timer(Timer::Retransmit, self.config.retransmit_interval);
        self.beat(ctx);
    }

    fn on_message(&mut self, from: NodeId, message: Message, ctx: &mut Ctx<'_>) {
        match message {
            Message::Replicate { number, round, state } => self.replicate(from, (number, round), &state, ctx),
            Message::Stored { number, round, state } => self.stored(from, (number, round), &state, ctx),
            Message::Forward { request, amount, entry } => self.forwarded(request, amount, entry, ctx),
            Message::Open { configuration } => self.opened(configuration, ctx),
            Message::Spare { nonce } => self.is_spare |= self.nonce() == Some(nonce),
            Message::Seal { number } => self.seal(number, ctx),
            Message::Install { configuration, state, nonce } => self.install(configuration, state, nonce, ctx),
            message => {
                if let Some(keeper) = &mut self.keeper {
                    keeper.receives(from, message, ctx);
                }
            }
        }
    }

    fn on_timer(&mut self, timer: Timer, ctx: &mut Ctx<'_>) {
        match timer {
            Timer::Beat => {
                self.beat(ctx);
                if !self.has(CounterFlaw::LostToldOnce) {
                    self.tell_loss(ctx);
                }
            }
            Timer::Retransmit => self.retransmit(ctx),
            Timer::Check => {
                if let Some(keeper) = &mut self.keeper {
                    keeper.check(ctx);
                    ctx.set_timer(Timer::Check, self.config.heartbeat_interval);
                }
            }
        }
    }

    fn on_request(&mut self, request: RequestId, op: CounterOp, ctx: &mut Ctx<'_>) {
        self.requested(request, op, ctx);
    }

    /// Any node passes on to the keeper what it is asked for.
    fn on_operator(&mut self, action: &OperatorAction, ctx: &mut Ctx<'_>) {
        let nodes = action.nodes.clone();
        let wish = if action.name == PROMOTE { Message::Promote { nodes } } else { Message::Demote { nodes } };
        ctx.send(CounterConfig::KEEPER, wish);
    }
}
