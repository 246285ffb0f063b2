//! A node: the master, or a server that is in the chain or could be.

use std::collections::BTreeMap;

use parts::epoch_log::{Continuity, Entry, Log};
use parts::journal::{Journal, Persistent};
use parts::kv::{KvOp, KvReply, Machine};
use sim_core::{Context, NodeId, Protocol, RequestId, State};

use super::chain::Chain;
use super::config::ChainConfig;
use super::flaws::ChainFlaw;
use super::master::Master;
use super::message::{Event, Message, Record, Timer};
use super::place::Place;

/// A node.
#[derive(Debug)]
pub struct ChainServer {
    pub(super) config: ChainConfig,
    pub(super) me: NodeId,
    /// What only the master has.
    pub(super) master: Option<Master>,
    pub(super) journal: Journal,
    /// It takes part in no configuration before this one.
    pub(super) promised: Persistent<u64>,
    /// What it had promised when it booted: in a configuration up to this one it may have had a place before.
    pub(super) promised_at_boot: u64,
    /// The latest configuration that it knows.
    pub(super) chain: Chain,
    /// Hist: the updates that it has, in their order.
    pub(super) history: Log,
    /// How many of them are known to be committed. Those behind are Sent: they are, or will be, on their way to the
    /// tail.
    pub(super) committed: u64,
    /// What so many have made of the map: the clean versions.
    pub(super) machine: Machine,
    /// How many those are.
    pub(super) applied: u64,
    /// The number of the last configuration in which its history was found to begin as its predecessor's.
    pub(super) linked: u64,
    /// What it has as a server of the chain, or as the one that joins.
    pub(super) place: Option<Place>,
    /// For one known bug: what it has itself ordered.
    pub(super) ordered: BTreeMap<NodeId, RequestId>,
}

pub(super) type Ctx<'a> = Context<'a, ChainServer>;

impl ChainServer {
    pub(super) fn new(config: &ChainConfig, me: NodeId) -> Self {
        Self {
            config: config.clone(),
            me,
            master: (me == ChainConfig::MASTER).then(|| Master::new(config)),
            journal: Journal::default(),
            promised: Persistent::default(),
            promised_at_boot: 0,
            chain: Chain::none(),
            history: Log::default(),
            committed: 0,
            machine: Machine::default(),
            applied: 0,
            linked: 0,
            place: None,
            ordered: BTreeMap::new(),
        }
    }

    /// The number of the configuration in which it has a place, as a server of the chain or as the one that joins.
    pub fn number(&self) -> Option<u64> {
        self.place.as_ref().map(|place| place.number)
    }

    pub(super) fn has(&self, flaw: ChainFlaw) -> bool {
        self.config.flaws.has(flaw)
    }

    /// Whether it has a place in the chain, and not behind it.
    pub(super) fn serves(&self) -> bool {
        self.place.is_some() && self.chain.servers.contains(&self.me)
    }

    /// Whether it orders updates.
    pub fn is_head(&self) -> bool {
        self.serves() && self.chain.head() == Some(self.me)
    }

    /// Whether it acknowledges updates.
    pub fn is_tail(&self) -> bool {
        self.serves() && self.chain.tail() == Some(self.me)
    }

    /// Whether it is in the configuration that it knows, and may not go on in it: it has booted since.
    fn has_booted(&self) -> bool {
        self.place.is_none() && self.chain.number > 0 && self.chain.members().any(|node| node == self.me)
    }

    /// Whether it cannot have had a place in this configuration before it booted. If it had, it has forgotten whether
    /// it has handed over to another tail.
    pub(super) fn may_take_place(&self, number: u64) -> bool {
        number > self.promised_at_boot || self.has(ChainFlaw::ResumesInPlace)
    }

    /// Whether it keeps to what it has promised.
    pub(super) fn fences(&self) -> bool {
        !self.has(ChainFlaw::NoFencing)
    }

    /// Takes part in no configuration before this one any more. Tells whether it takes part in this one.
    pub(super) fn joins(&mut self, number: u64, ctx: &mut Ctx<'_>) -> bool {
        if number < *self.promised {
            return !self.fences();
        }
        *self.promised = number;
        if self.promised.mark_written() {
            if !self.has(ChainFlaw::PromiseInMemory) {
                self.journal.append(Record::Promised(number), ctx);
                self.journal.make_durable(ctx);
            }
            if self.fences() {
                self.leave_place(ctx);
            }
        }
        true
    }

    pub(super) fn beat(&mut self, ctx: &mut Ctx<'_>) {
        let beat = Message::Beat { number: self.chain.number, has_booted: self.has_booted(), sent: ctx.now() };
        ctx.send(ChainConfig::MASTER, beat);
        ctx.set_timer(Timer::Beat, self.config.heartbeat_interval);
    }

    /// Adds an update to its history.
    pub(super) fn add(&mut self, entry: Entry, ctx: &mut Ctx<'_>) {
        self.history.push(entry.clone());
        let record = Record::Entry { offset: self.history.end(), entry, committed: self.committed };
        self.journal.append(record, ctx);
    }

    /// Waits until what it was sent is durable.
    pub(super) fn store(&mut self, ctx: &mut Ctx<'_>) {
        if !self.has(ChainFlaw::AcksBeforeStored) {
            self.journal.make_durable(ctx);
        }
    }

    /// Removes all updates but so many, and makes the map anew of what is left.
    pub(super) fn truncate(&mut self, to: u64, ctx: &mut Ctx<'_>) {
        let from = self.history.end();
        if to >= from {
            return;
        }
        self.history.truncate(to);
        self.journal.append(Record::Truncated(to), ctx);
        ctx.emit(Event::Truncated { from, to });
        self.committed = self.committed.min(to);
        self.machine = Default::default();
        self.applied = 0;
        self.apply(false, ctx);
    }

    /// Goes on with what it finds on its disk. It writes that once more: a failed sync may have left records that can
    /// be read and that no later sync makes durable (Rebello et al., USENIX ATC 2020).
    fn recover(&mut self, ctx: &mut Ctx<'_>) {
        let mut log = Continuity::default();
        let fits = |record: &Record| match record {
            Record::Entry { offset, .. } => log.adds(*offset),
            Record::Truncated(to) => log.cuts(*to),
            Record::Promised(_) | Record::Chain(_) => true,
        };
        // Where the disk is broken, the node has been stopped.
        let Some(records) = self.journal.open_while(ctx, fits) else { return };
        let (mut promised, mut committed) = (0, 0);
        for record in records {
            match record {
                Record::Promised(number) => promised = promised.max(*number),
                Record::Entry { entry, committed: known, .. } => {
                    self.history.push(entry.clone());
                    committed = *known;
                }
                Record::Truncated(to) => self.history.truncate(*to),
                // The master's.
                Record::Chain(_) => {}
            }
        }
        // The promise may be lost and an update of that configuration be there: nobody was told of it then, and others
        // may be told of it now.
        let promised = promised.max(self.history.position().epoch);
        self.promised = Persistent::written(promised);
        self.promised_at_boot = promised;
        self.committed = self.history.end().min(committed);
        let entries = self.history.entries().iter().zip(1..);
        let committed = self.committed;
        let entries = entries.map(|(entry, offset)| Record::Entry { offset, entry: entry.clone(), committed });
        self.journal.rewrite([Record::Promised(promised)].into_iter().chain(entries).collect(), ctx);
        self.journal.make_durable(ctx);
        ctx.emit(Event::Recovered { position: self.history.position() });
        self.apply(false, ctx);
    }
}

impl Protocol for ChainServer {
    type Message = Message;
    type Timer = Timer;
    type Record = Record;
    type Op = KvOp;
    type Reply = KvReply;
    type Event = Event;

    const STATES: &'static [State<Self>] = &[
        State::new("head", Self::is_head),
        State::new("tail", Self::is_tail),
        State::new("joining", |node| node.place.is_some() && !node.serves()),
        State::new("handing-over", |node| node.is_tail() && node.is_handing_over()),
        State::new("dirty", |node| node.serves() && node.committed < node.history.end()),
        State::new("fenced", |node| *node.promised > node.chain.number),
        State::new("removing", |node| node.master.as_ref().is_some_and(|master| master.waits_for_leases)),
    ];

    fn on_start(&mut self, ctx: &mut Ctx<'_>) {
        if let Some(master) = &mut self.master {
            return master.boot(ctx);
        }
        self.recover(ctx);
        ctx.set_timer(Timer::Resend, self.config.resend_interval);
        self.beat(ctx);
    }

    fn on_message(&mut self, from: NodeId, message: Message, ctx: &mut Ctx<'_>) {
        match message {
            Message::Alive { number, is_granted, sent } => self.is_alive(number, is_granted, sent, ctx),
            Message::NewChain { chain } => self.learn(chain, ctx),
            Message::Have { number, epochs } => self.successor_has(from, number, &epochs, ctx),
            Message::Update { number, shared, after, entries, committed } => {
                self.updated(from, number, shared, (after, entries), committed, ctx);
            }
            Message::Ack { number, stored, committed } => self.acked(from, number, (stored, committed), ctx),
            Message::AskVersion { number, round } => self.version_asked(from, number, round, ctx),
            Message::Version { number, round, committed } => self.version_told(number, round, committed, ctx),
            Message::Confirm { number, round } => {
                if self.joins(number, ctx) || self.has(ChainFlaw::ConfirmsOlder) {
                    ctx.send(from, Message::Confirmed { number, round });
                }
            }
            Message::Confirmed { number, round } => self.confirmed(from, number, round, ctx),
            // These are for the master.
            message @ (Message::Beat { .. } | Message::CaughtUp { .. } | Message::Unreachable { .. }) => {
                if let Some(master) = &mut self.master {
                    master.receives(from, &message, ctx);
                }
            }
        }
    }

    fn on_timer(&mut self, timer: Timer, ctx: &mut Ctx<'_>) {
        match timer {
            Timer::Beat => self.beat(ctx),
            Timer::Resend => {
                self.resend(ctx);
                ctx.set_timer(Timer::Resend, self.config.resend_interval);
            }
            Timer::Answer => self.answer(ctx),
            Timer::Check => {
                if let Some(master) = &mut self.master {
                    master.check(ctx);
                    ctx.set_timer(Timer::Check, self.config.heartbeat_interval);
                }
            }
        }
    }

    fn on_request(&mut self, request: RequestId, op: KvOp, ctx: &mut Ctx<'_>) {
        match &self.master {
            Some(master) => {
                let chain = master.chain();
                ctx.redirect(request, if op.is_read() { chain.tail() } else { chain.head() });
            }
            None => self.requested(request, op, ctx),
        }
    }

    /// The perfect detector tells everybody, and it is for the master to act.
    fn on_stopped(&mut self, node: NodeId, ctx: &mut Ctx<'_>) {
        if let Some(master) = &mut self.master {
            master.has_stopped(node, ctx);
        }
    }
}
