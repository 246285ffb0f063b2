//! One replica.

use std::collections::BTreeMap;

use serde::Serialize;
use sim_core::{Context, DiskEvent, Kinds, NodeId, Protocol, RequestId, Stored, TraceHasher, kind_of};

use super::config::{LwwConfig, OrderOfDelivery, Stamps};
use super::flaws::LwwFlaw;
use super::history::{LwwOp, LwwReply};
use super::message::{Body, Message};
use super::updates::Update;
use parts::clocks::{CausalContext, Dot, Early, Stamp, VectorClock};
use parts::journal::Journal;
use parts::kv::WriteId;

/// A replica of the store.
#[derive(Debug)]
pub struct Lww {
    pub(super) config: LwwConfig,
    me: NodeId,
    journal: Journal,
    /// How often it has booted, as its disk says.
    boots: u64,
    /// Under this name it makes updates until it boots again.
    origin: u64,
    /// All that it has applied.
    applied: CausalContext,
    /// The same, to be told to others.
    log: BTreeMap<Dot, Update>,
    /// What waits for other updates.
    early: Early<Update>,
    /// By key, the write that has won, and its stamp.
    cells: BTreeMap<u32, (Stamp, WriteId)>,
    /// The highest stamp that it has seen.
    clock: u64,
    /// What was answered to the writes that it knows of.
    answered: BTreeMap<RequestId, LwwReply>,
    /// Requests of sessions that have seen more than this replica.
    waiting: BTreeMap<NodeId, (RequestId, CausalContext, LwwOp)>,
}

/// What a replica waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Timer {
    /// It is time to tell the others what it has.
    AntiEntropy,
}

/// What a replica writes to its disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Record {
    /// It has booted for this time.
    Boot(u64),
    /// It has applied an update.
    Update(Update),
}

/// What a replica announces.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Kinds)]
pub enum Event {
    /// It has made an update, which all are to apply.
    Made(Dot),
    /// It has applied an update.
    Applied(Dot),
    /// It has booted, and still has this update.
    Recovered {
        /// The update.
        dot: Dot,
        /// Whether it was made here.
        is_own: bool,
    },
}

type Ctx<'a> = Context<'a, Lww>;

impl Lww {
    pub(super) fn new(config: &LwwConfig, me: NodeId) -> Self {
        Self {
            config: config.clone(),
            me,
            journal: Journal::default(),
            boots: 0,
            origin: 0,
            applied: CausalContext::default(),
            log: BTreeMap::new(),
            early: Early::default(),
            cells: BTreeMap::new(),
            clock: 0,
            answered: BTreeMap::new(),
            waiting: BTreeMap::new(),
        }
    }

    /// What replicas that have the same updates have in common: the value of each key.
    pub(super) fn digest(&self) -> u64 {
        let values: BTreeMap<u32, WriteId> = self.cells.iter().map(|(key, (_, write))| (*key, *write)).collect();
        let mut hasher = TraceHasher::new();
        hasher.value(&values);
        hasher.finish()
    }

    /// Takes an update into account that is durable or about to be.
    fn apply(&mut self, update: Update) {
        self.clock = self.clock.max(update.stamp.time);
        self.applied.insert(update.dot);
        let wins =
            |(stamp, _): &(Stamp, WriteId)| *stamp < update.stamp || self.config.flaws.has(LwwFlaw::ArrivalOrder);
        if self.cells.get(&update.key).is_none_or(wins) {
            self.cells.insert(update.key, (update.stamp, update.write));
        }
        let reply = LwwReply::Done { dot: update.dot, stamp: update.stamp };
        self.answered.insert(update.request, reply);
        self.log.insert(update.dot, update);
    }

    /// Applies an update, durably unless it is flawed: nothing that is announced after that is undone
    /// by a crash.
    fn apply_durably(&mut self, update: Update, ctx: &mut Ctx<'_>) {
        self.journal.append(Record::Update(update.clone()), ctx);
        if !self.config.flaws.has(LwwFlaw::AckBeforeSync) {
            self.journal.make_durable(ctx);
        }
        self.apply(update);
    }

    /// The same with an update of another.
    fn deliver(&mut self, update: Update, ctx: &mut Ctx<'_>) {
        let dot = update.dot;
        self.apply_durably(update, ctx);
        ctx.emit(Event::Applied(dot));
    }
}

/// Boots.
impl Lww {
    /// Boots with these records, which are what could be read.
    ///
    /// They are written once more before anything is told of them: a crash leaves records that no sync has
    /// covered, and a failed sync leaves such that no later one will cover. Only what is written anew is
    /// durable once the sync has succeeded.
    fn start(&mut self, records: Vec<Record>, ctx: &mut Ctx<'_>) {
        let is_hasty = self.config.flaws.has(LwwFlaw::RecoversUnsynced);
        let recovered = self.recover(&records, ctx);
        if is_hasty {
            recovered.iter().for_each(|event| ctx.emit(event.clone()));
        }
        let boot = Record::Boot(self.boots);
        if self.config.flaws.has(LwwFlaw::RetriesSync) {
            self.journal.append(boot, ctx);
        } else {
            self.journal.rewrite(records.into_iter().chain([boot]).collect(), ctx);
        }
        self.journal.make_durable(ctx);
        if !is_hasty {
            recovered.into_iter().for_each(|event| ctx.emit(event));
        }
        if !self.config.flaws.has(LwwFlaw::NoAntiEntropy) {
            ctx.set_timer(Timer::AntiEntropy, self.config.anti_entropy_interval);
        }
    }

    /// Comes to what it had before a crash, under a new name, and tells what is to be announced of it
    /// once it is durable.
    fn recover(&mut self, records: &[Record], ctx: &Ctx<'_>) -> Vec<Event> {
        let replicas = ctx.nodes().len();
        let mut recovered = Vec::new();
        for record in records {
            match record {
                Record::Boot(boots) => self.boots = *boots,
                Record::Update(update) => {
                    self.apply(update.clone());
                    let is_own = self.is_own(update.dot.origin, replicas);
                    recovered.push(Event::Recovered { dot: update.dot, is_own });
                }
            }
        }
        self.boots += 1;
        self.origin = self.boots * replicas as u64 + u64::from(self.me.index());
        recovered
    }
}

/// Requests.
impl Lww {
    fn answer(&mut self, request: RequestId, op: &LwwOp, ctx: &mut Ctx<'_>) {
        match *op {
            LwwOp::Get { key } => {
                let write = self.cells.get(&key).map(|(_, write)| *write);
                ctx.reply(request, LwwReply::Value { write, visible: self.applied.clone() });
            }
            LwwOp::Put { key, write } => self.write(request, key, write, ctx),
            LwwOp::After { .. } => unreachable!("the token has been taken off"),
        }
    }

    fn write(&mut self, request: RequestId, key: u32, write: WriteId, ctx: &mut Ctx<'_>) {
        if let Some(reply) = self.answered.get(&request) {
            return ctx.reply(request, reply.clone());
        }
        let update = Update {
            dot: Dot { origin: self.origin, number: self.applied.all_up_to(self.origin) + 1 },
            stamp: self.next_stamp(ctx),
            after: self.dependencies(ctx.nodes().len()),
            request,
            key,
            write,
        };
        let reply = LwwReply::Done { dot: update.dot, stamp: update.stamp };
        self.apply_durably(update.clone(), ctx);
        ctx.emit(Event::Made(update.dot));
        ctx.emit(Event::Applied(update.dot));
        ctx.reply(request, reply);
        // Told in a step of its own: whoever hears of an update can be sure that it was announced.
        ctx.send(self.me, Message::new(Body::Update(update)));
    }

    fn next_stamp(&self, ctx: &Ctx<'_>) -> Stamp {
        let time = match self.config.stamps {
            Stamps::Lamport => self.clock + 1,
            Stamps::WallClock => ctx.wall_clock().as_nanos(),
        };
        Stamp { time, replica: self.me.index() }
    }

    /// What others must have applied before the update that it makes now.
    fn dependencies(&self, replicas: usize) -> VectorClock {
        let applied = self.applied.without_gaps();
        match self.config.delivery {
            OrderOfDelivery::Causal => applied.clone(),
            OrderOfDelivery::Fifo => applied.iter().filter(|dot| self.is_own(dot.origin, replicas)).collect(),
            OrderOfDelivery::Unordered => VectorClock::default(),
        }
    }

    /// Whether it is one of the names that this replica has had.
    fn is_own(&self, origin: u64, replicas: usize) -> bool {
        origin % replicas as u64 == u64::from(self.me.index())
    }

    fn serve_waiting(&mut self, ctx: &mut Ctx<'_>) {
        while let Some(client) = self.first_ready()
            && let Some((request, _, op)) = self.waiting.remove(&client)
        {
            self.answer(request, &op, ctx);
        }
    }

    fn first_ready(&self) -> Option<NodeId> {
        let is_ready =
            |(_, (_, token, _)): &(&NodeId, &(RequestId, CausalContext, LwwOp))| self.applied.includes(token);
        self.waiting.iter().find(is_ready).map(|(client, _)| *client)
    }
}

/// CausalContext of others.
impl Lww {
    fn receive(&mut self, update: Update, ctx: &mut Ctx<'_>) {
        if self.applied.contains(update.dot) {
            if self.config.flaws.has(LwwFlaw::DeliversTwice) {
                self.deliver(update, ctx);
            }
            return;
        }
        self.early.insert(update.dot, update);
        while let applied = self.applied.without_gaps()
            && let Some(update) = self.early.take_due(|_, update| update.after.is_within(applied))
        {
            self.deliver(update, ctx);
        }
        self.serve_waiting(ctx);
    }

    fn lacking(&self, has: &VectorClock) -> Vec<Update> {
        let resends_all = self.config.flaws.has(LwwFlaw::ResendsAll);
        let has_it = |dot: &Dot| !resends_all && has.includes(*dot);
        self.log.values().filter(|update| !has_it(&update.dot)).cloned().collect()
    }
}

impl Protocol for Lww {
    type Message = Message;
    type Timer = Timer;
    type Record = Record;
    type Op = LwwOp;
    type Reply = LwwReply;
    type Event = Event;

    fn on_start(&mut self, ctx: &mut Ctx<'_>) {
        // What is not readable was torn by a power loss before it was durable.
        let records = ctx.disk().records().iter().filter_map(Stored::readable).cloned().collect();
        self.start(records, ctx);
    }

    fn on_disk(&mut self, event: DiskEvent, ctx: &mut Ctx<'_>) {
        match event {
            DiskEvent::Synced(_) => {}
            DiskEvent::ReadFailed { record } if self.config.flaws.has(LwwFlaw::SkipsUnreadable) => {
                let records = (0..).zip(ctx.disk().records()).filter(|(place, _)| *place != record);
                let records = records.filter_map(|(_, stored)| stored.readable()).cloned().collect();
                self.start(records, ctx);
            }
            // What a record says that cannot be read now, the next boot may tell.
            _ => ctx.halt("its disk fails it"),
        }
    }

    fn on_message(&mut self, from: NodeId, message: Message, ctx: &mut Ctx<'_>) {
        if !message.is_intact() && !self.config.flaws.has(LwwFlaw::TrustsLinks) {
            return;
        }
        match message.body {
            Body::Update(update) if from == self.me => ctx.broadcast(Message::new(Body::Update(update))),
            Body::Update(update) => self.receive(update, ctx),
            Body::Lacking(updates) => updates.into_iter().for_each(|update| self.receive(update, ctx)),
            Body::Have(has) => {
                let lacking = self.lacking(&has);
                if !lacking.is_empty() {
                    ctx.send(from, Message::new(Body::Lacking(lacking)));
                }
            }
        }
    }

    fn kind(message: &Message) -> &'static str {
        kind_of(&message.body)
    }

    fn on_timer(&mut self, _: Timer, ctx: &mut Ctx<'_>) {
        ctx.broadcast(Message::new(Body::Have(self.applied.without_gaps().clone())));
        ctx.set_timer(Timer::AntiEntropy, self.config.anti_entropy_interval);
    }

    fn on_request(&mut self, request: RequestId, op: LwwOp, ctx: &mut Ctx<'_>) {
        match op {
            LwwOp::After { token, op } if !self.applied.includes(&token) => {
                // A client waits for one operation at a time: the one before was given up.
                self.waiting.insert(request.client, (request, token, *op));
            }
            LwwOp::After { op, .. } => self.answer(request, &op, ctx),
            op => self.answer(request, &op, ctx),
        }
    }
}
