//! A replica.

mod deltas;
mod operations;

use std::cell::Cell;
use std::collections::BTreeMap;

use parts::clocks::CausalContext;
use parts::journal::{Journal, good_records};
use sim_core::{Context, NodeId, Protocol, RequestId};

use super::config::{CrdtConfig, Replication};
use super::flaws::CrdtFlaw;
use super::message::{Event, Message, Performed, Record, Request, Timer};
use super::operations::{Change, CrdtOp, CrdtReply, resolve};
use super::store::Store;
use super::types::{At, Kind, Value};
use deltas::Deltas;
use operations::Log;

/// A replica of all objects.
#[derive(Debug)]
pub struct Crdt {
    pub(super) config: CrdtConfig,
    /// Under this name it makes updates.
    origin: u64,
    others: Vec<NodeId>,
    journal: Journal,
    pub(super) store: Store,
    /// What was made of the requests that it knows of.
    made: BTreeMap<RequestId, Request>,
    /// Which of the others it tells next.
    next: usize,
    deltas: Deltas,
    log: Log,
    /// The digest of the store, if it was asked for since the store has changed.
    digest: Cell<Option<u64>>,
}

pub(super) type Ctx<'a> = Context<'a, Crdt>;

impl Crdt {
    pub(super) fn new(config: &CrdtConfig, me: NodeId, nodes: &[NodeId]) -> Self {
        Self {
            config: config.clone(),
            origin: u64::from(me.index()),
            others: nodes.iter().copied().filter(|node| *node != me).collect(),
            journal: Journal::default(),
            store: Store::default(),
            made: BTreeMap::new(),
            next: 0,
            deltas: Deltas::default(),
            log: Log::default(),
            digest: Cell::new(None),
        }
    }

    /// What a read of the object of this type gives.
    pub fn value(&self, kind: Kind) -> Value {
        self.store.value(kind)
    }

    pub(super) fn digest(&self) -> u64 {
        let digest = self.digest.get().unwrap_or_else(|| self.store.digest());
        self.digest.set(Some(digest));
        digest
    }

    fn has(&self, flaw: CrdtFlaw) -> bool {
        self.config.flaws.has(flaw)
    }

    /// After what changes the store has been written: nothing that is told after this is undone by a crash.
    fn make_durable(&mut self, ctx: &mut Ctx<'_>) {
        if !self.has(CrdtFlaw::TellsBeforeSync) {
            self.journal.make_durable(ctx);
        }
        self.digest.set(None);
    }

    /// Takes in a state or a delta of another.
    fn merge(&mut self, other: Store, ctx: &mut Ctx<'_>) {
        let new: Vec<_> = other.seen().beyond(self.store.seen()).collect();
        self.store.merge(&other, self.config.flaws);
        self.digest.set(None);
        if new.is_empty() {
            return;
        }
        self.write(other, None, ctx);
        new.into_iter().for_each(|dot| ctx.emit(Event::Applied(dot)));
    }

    /// Writes down that the store has got this: anew as a whole, or what is new.
    fn write(&mut self, delta: Store, made: Option<Request>, ctx: &mut Ctx<'_>) {
        match self.config.replication {
            Replication::State => self.rewrite(ctx),
            _ => self.journal.append(Record::Delta { delta, made }, ctx),
        }
        self.make_durable(ctx);
    }

    /// Whom it tells now: the next ones in turn.
    fn audience(&mut self) -> Vec<NodeId> {
        let count = self.others.len().min(self.config.fanout as usize);
        let audience = self.others.iter().cycle().skip(self.next).take(count).copied().collect();
        self.next = (self.next + count) % self.others.len().max(1);
        audience
    }
}

/// Boots.
impl Crdt {
    /// Replaces all records by what they come to. What a crash or a failed sync has left on the disk without
    /// making it durable is written once more.
    fn rewrite(&mut self, ctx: &mut Ctx<'_>) {
        let records = match self.config.replication {
            Replication::Operation => self.log.done().iter().cloned().map(Record::Operation).collect(),
            _ => {
                let made = self.made.values().copied().collect();
                vec![Record::State { store: self.store.clone(), made, next: self.deltas.next() }]
            }
        };
        self.journal.rewrite(records, ctx);
    }

    fn recover(&mut self, records: &[&Record]) {
        let flaws = self.config.flaws;
        for record in records {
            match record {
                Record::State { store, made, next } => {
                    self.store = store.clone();
                    self.made.extend(made.iter().map(|made| (made.request, *made)));
                    self.deltas.begin_at(*next);
                }
                Record::Delta { delta, made } => {
                    self.store.merge(delta, flaws);
                    self.made.extend(made.iter().map(|made| (made.request, *made)));
                    self.deltas.begin_at(self.deltas.next() + 1);
                }
                Record::Operation(performed) => {
                    let Performed { operation, made } = performed;
                    self.store.effect(&operation.effect, operation.stamp, flaws);
                    self.made.extend(made.iter().map(|made| (made.request, *made)));
                    self.log.add(performed.clone());
                }
            }
        }
        if self.has(CrdtFlaw::IntervalsBeginAnew) {
            self.deltas.begin_at(0);
        }
        if self.has(CrdtFlaw::ForgetsOwnCount) {
            self.store.forget_count_of(self.origin);
        }
    }

    /// Tells which updates it still has.
    fn announce_recovered(&self, ctx: &mut Ctx<'_>) {
        let own: BTreeMap<_, _> = self.made.values().map(|request| (request.stamp.dot, *request)).collect();
        for dot in self.store.seen().beyond(&CausalContext::default()) {
            ctx.emit(match own.get(&dot) {
                Some(request) => Event::RecoveredOwn(*request),
                None => Event::Recovered(dot),
            });
        }
    }
}

/// Requests.
impl Crdt {
    fn update(&mut self, request: RequestId, object: Kind, change: Change, ctx: &mut Ctx<'_>) {
        if let Some(made) = self.made.get(&request) {
            return ctx.reply(request, CrdtReply::Done(made.stamp.dot));
        }
        match resolve(object, change, &self.store) {
            Ok(Some(update)) => {
                let stamp = self.store.next_stamp(self.origin, self.config.flaws);
                self.make(Request { request, stamp, object, update }, ctx);
                ctx.reply(request, CrdtReply::Done(stamp.dot));
            }
            Ok(None) => ctx.reply(request, CrdtReply::Nothing),
            Err(_) => ctx.reject(request),
        }
    }

    fn make(&mut self, made: Request, ctx: &mut Ctx<'_>) {
        self.made.insert(made.request, made);
        let at = At { stamp: made.stamp, flaws: self.config.flaws };
        match self.config.replication {
            Replication::Operation => self.make_operation(made, at, ctx),
            replication => {
                let delta = self.store.delta(made.object, &made.update, at);
                self.store.merge(&delta, at.flaws);
                if replication == Replication::Delta {
                    self.deltas.add(delta.clone());
                }
                self.write(delta, Some(made), ctx);
            }
        }
        ctx.emit(Event::Made(made));
        ctx.emit(Event::Applied(made.stamp.dot));
    }
}

impl Protocol for Crdt {
    type Message = Message;
    type Timer = Timer;
    type Record = Record;
    type Op = CrdtOp;
    type Reply = CrdtReply;
    type Event = Event;

    fn on_start(&mut self, ctx: &mut Ctx<'_>) {
        let stored = ctx.disk().records();
        let Ok(records) = good_records(stored) else {
            return ctx.halt("the disk is corrupt before its end");
        };
        self.recover(&records);
        // A torn record, too, must not stay before what is written from now on.
        if !stored.is_empty() {
            self.rewrite(ctx);
            self.journal.make_durable(ctx);
            self.announce_recovered(ctx);
        }
        // Not all at once.
        let first = ctx.choose("first of the others", 0..self.others.len().max(1) as u64);
        self.next = first as usize;
        ctx.set_timer(Timer::Gossip, self.config.gossip_interval);
    }

    fn on_message(&mut self, from: NodeId, message: Message, ctx: &mut Ctx<'_>) {
        match message {
            Message::State(store) => self.merge(store, ctx),
            Message::Interval { deltas, end } => self.interval(from, deltas, end, ctx),
            Message::Acknowledge(end) => self.deltas.acknowledged(from, end, &self.others),
            Message::Operation(operation) if from == ctx.me() => ctx.broadcast(Message::Operation(operation)),
            Message::Operation(operation) => self.receive(operation, ctx),
            Message::Lacking(operations) => {
                operations.into_iter().for_each(|operation| self.receive(operation, ctx));
            }
            Message::Have(has) => self.send_lacking(from, &has, ctx),
        }
    }

    fn on_timer(&mut self, Timer::Gossip: Timer, ctx: &mut Ctx<'_>) {
        for to in self.audience() {
            match self.config.replication {
                Replication::State => ctx.send(to, Message::State(self.store.clone())),
                Replication::Delta => self.send_interval(to, ctx),
                Replication::Operation => ctx.send(to, Message::Have(self.store.seen().without_gaps().clone())),
            }
        }
        ctx.set_timer(Timer::Gossip, self.config.gossip_interval);
    }

    fn on_request(&mut self, request: RequestId, op: CrdtOp, ctx: &mut Ctx<'_>) {
        match op {
            CrdtOp::Read { object } => {
                ctx.emit(Event::Read(object));
                ctx.reply(request, CrdtReply::Value(self.value(object)));
            }
            CrdtOp::Update { object, change } => self.update(request, object, change, ctx),
        }
    }
}
