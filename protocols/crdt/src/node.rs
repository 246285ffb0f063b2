//! A replica.

mod deltas;
mod membership;
mod operations;

use std::cell::RefCell;
use std::collections::BTreeMap;

use parts::clocks::CausalContext;
use parts::journal::{Journal, good_records};
use sim_core::{Context, NodeId, OperatorAction, Protocol, RequestId, TraceHasher};

use super::config::{CrdtConfig, Replication};
use super::flaws::CrdtFlaw;
use super::message::{Event, Message, Performed, Record, Request, Timer};
use super::operations::{Change, CrdtOp, CrdtReply, resolve};
use super::store::Store;
use super::types::{At, Kind, Value};
use deltas::Deltas;
use membership::ACTIONS;
use operations::Log;

pub use membership::{Members, Membership, Status};

/// A replica of all objects.
#[derive(Debug)]
pub struct Crdt {
    pub(super) config: CrdtConfig,
    me: NodeId,
    /// All nodes, whether or not they belong to the group.
    nodes: Vec<NodeId>,
    membership: Membership,
    journal: Journal,
    pub(super) store: Store,
    /// What was made of the requests that it knows of.
    made: BTreeMap<RequestId, Request>,
    /// Which of the others it tells next.
    next: usize,
    deltas: Deltas,
    log: Log,
    /// The digests of objects that were asked for since they have changed.
    digests: RefCell<BTreeMap<Kind, u64>>,
}

pub(super) type Ctx<'a> = Context<'a, Crdt>;

impl Crdt {
    pub(super) fn new(config: &CrdtConfig, me: NodeId, nodes: &[NodeId]) -> Self {
        Self {
            config: config.clone(),
            me,
            nodes: nodes.to_vec(),
            membership: Membership { members: Members::all(nodes.len()), status: Status::Member },
            journal: Journal::default(),
            store: Store::default(),
            made: BTreeMap::new(),
            next: 0,
            deltas: Deltas::default(),
            log: Log::default(),
            digests: RefCell::default(),
        }
    }

    /// What a read of the object of this type gives.
    pub fn value(&self, kind: Kind) -> Value {
        self.store.value(kind)
    }

    /// What replicas with the same updates have in common: what reads give. Nodes outside of the group are none.
    pub(super) fn digest(&self) -> Option<u64> {
        if !self.is_in() {
            return None;
        }
        let mut digests = self.digests.borrow_mut();
        let mut hasher = TraceHasher::new();
        for kind in Kind::ALL {
            hasher.word(*digests.entry(*kind).or_insert_with(|| self.store.digest(*kind)));
        }
        Some(hasher.finish())
    }

    /// These objects have changed.
    fn changed(&mut self, kinds: impl Iterator<Item = Kind>) {
        let digests = self.digests.get_mut();
        kinds.for_each(|kind| _ = digests.remove(&kind));
    }

    fn has(&self, flaw: CrdtFlaw) -> bool {
        self.config.flaws.has(flaw)
    }

    /// After what changes the store has been written: nothing that is told after this is undone by a crash.
    fn make_durable(&mut self, ctx: &mut Ctx<'_>) {
        if !self.has(CrdtFlaw::TellsBeforeSync) {
            self.journal.make_durable(ctx);
        }
    }

    /// Takes in a state or a delta of another. What is new in it is a delta of its own: others may get it from here.
    fn merge(&mut self, other: &Store, ctx: &mut Ctx<'_>) {
        let is_new = !self.store.seen().includes(other.seen());
        let new = if is_new { other.beyond(&self.store) } else { Store::default() };
        let updates: Vec<_> = other.seen().beyond(self.store.seen()).collect();
        self.store.merge(other, self.config.flaws);
        self.changed(other.kinds());
        if is_new {
            self.write(new, None, ctx);
            updates.into_iter().for_each(|dot| ctx.emit(Event::Applied(dot)));
            self.perform_due(ctx);
        }
    }

    /// Writes down that the store has got this.
    fn write(&mut self, delta: Store, made: Option<Request>, ctx: &mut Ctx<'_>) {
        if self.config.replication == Replication::Delta {
            self.deltas.add(delta.clone());
        }
        self.journal.append(Record::Delta { delta, made }, ctx);
        self.make_durable(ctx);
    }

    /// Whom it tells now: the next ones in turn.
    fn audience(&mut self) -> Vec<NodeId> {
        let all = self.others().count();
        let count = all.min(self.config.fanout as usize);
        let audience = self.others().cycle().skip(self.next).take(count).collect();
        self.next = (self.next + count) % all.max(1);
        audience
    }
}

/// Boots.
impl Crdt {
    /// Replaces all records by what they come to. What a crash or a failed sync has left on the disk without
    /// making it durable is written once more.
    fn rewrite(&mut self, ctx: &mut Ctx<'_>) {
        let everything = Record::State {
            store: self.store.clone(),
            made: self.made.values().copied().collect(),
            next: self.deltas.next(),
            log: self.log.done().to_vec(),
            membership: self.membership.clone(),
        };
        self.journal.rewrite(vec![everything], ctx);
    }

    fn recover(&mut self, records: &[&Record]) {
        let flaws = self.config.flaws;
        for record in records {
            match record {
                Record::State { store, made, next, log, membership } => {
                    self.store = store.clone();
                    self.made.extend(made.iter().map(|made| (made.request, *made)));
                    self.deltas.begin_at(*next);
                    log.iter().for_each(|operation| self.log.add(operation));
                    self.membership = membership.clone();
                }
                Record::Membership(membership) => self.membership = membership.clone(),
                Record::Delta { delta, made } => {
                    self.store.merge(delta, flaws);
                    self.made.extend(made.iter().map(|made| (made.request, *made)));
                    self.deltas.begin_at(self.deltas.next() + 1);
                }
                Record::Operation(performed) => {
                    let Performed { operation, made } = performed;
                    self.store.effect(&operation.effect, operation.stamp, flaws);
                    self.made.extend(made.iter().map(|made| (made.request, *made)));
                    self.log.add(operation);
                }
            }
        }
        if self.has(CrdtFlaw::IntervalsBeginAnew) {
            self.deltas.begin_at(0);
        }
        if self.has(CrdtFlaw::ForgetsOwnCount) {
            self.store.forget_count_of(self.name());
        }
    }

    /// Tells whether it belongs to the group, and which updates it still has.
    fn announce_recovered(&self, ctx: &mut Ctx<'_>) {
        match self.is_in() {
            true if self.count() > 0 => ctx.emit(Event::Joined),
            true => {}
            false => ctx.emit(Event::Left),
        }
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
                let stamp = self.store.next_stamp(self.name(), self.config.flaws);
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
            Replication::State | Replication::Delta => {
                let delta = self.store.delta(made.object, &made.update, at);
                self.store.merge(&delta, at.flaws);
                self.changed(delta.kinds());
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

    const ACTIONS: &'static [&'static str] = &ACTIONS;

    fn on_start(&mut self, ctx: &mut Ctx<'_>) {
        let stored = ctx.disk().records();
        let Ok(records) = good_records(stored) else {
            return ctx.halt("the disk is corrupt before its end");
        };
        self.recover(&records);
        // A torn record, too, must not stay before what is written from now on, nor come back after a boot that cut it off
        // and did not get as far as its sync.
        if !stored.is_empty() || ctx.is_restart() {
            self.rewrite(ctx);
            self.journal.make_durable(ctx);
            self.announce_recovered(ctx);
        }
        // Not all at once.
        let first = ctx.choose("first of the others", 0..self.others().count().max(1) as u64);
        self.next = first as usize;
        ctx.set_timer(Timer::Gossip, self.config.gossip_interval);
    }

    fn on_message(&mut self, from: NodeId, message: Message, ctx: &mut Ctx<'_>) {
        match message {
            Message::Join(count) => self.welcome(from, count, ctx),
            Message::Welcome { count, members, store } => self.welcomed(count, &members, &store, ctx),
            Message::Members(members) => self.learn_all(&members, ctx),
            Message::TakenOver(count) => self.taken_over(count, ctx),
            // Whoever does not belong to the group has nothing to do with what is in it.
            _ if !self.is_in() => {}
            Message::Handover { count, members, store } => self.take_over(from, (count, &members), &store, ctx),
            Message::State(store) => self.merge(&store, ctx),
            Message::Interval { to, deltas, end } => self.interval(from, to, &deltas, end, ctx),
            Message::Acknowledge { by, end } => self.acknowledged(from, by, end, ctx),
            Message::Operation(operation) if from == ctx.me() => {
                self.others().for_each(|to| ctx.send(to, Message::Operation(operation.clone())));
            }
            Message::Operation(operation) => self.receive(operation, ctx),
            Message::Lacking(operations) => {
                operations.into_iter().for_each(|operation| self.receive(operation, ctx));
            }
            Message::Have { by, has } => self.hear_what_is_there(from, by, has, ctx),
        }
    }

    fn on_timer(&mut self, Timer::Gossip: Timer, ctx: &mut Ctx<'_>) {
        let audience = self.audience();
        self.gossip_membership(&audience, ctx);
        let audience = if self.is_in() { audience } else { Vec::new() };
        for to in audience {
            match self.config.replication {
                Replication::State => ctx.send(to, Message::State(self.store.clone())),
                Replication::Delta => self.send_interval(to, ctx),
                Replication::Operation => {
                    ctx.send(to, Message::Have { by: self.count(), has: self.store.seen().without_gaps().clone() });
                }
            }
        }
        ctx.set_timer(Timer::Gossip, self.config.gossip_interval);
    }

    fn on_operator(&mut self, action: &OperatorAction, ctx: &mut Ctx<'_>) {
        self.operate(action, ctx);
    }

    fn on_request(&mut self, request: RequestId, op: CrdtOp, ctx: &mut Ctx<'_>) {
        if self.membership.status != Status::Member {
            return ctx.redirect(request, self.others().next());
        }
        match op {
            CrdtOp::Read { object } => {
                ctx.emit(Event::Read(object));
                ctx.reply(request, CrdtReply::Value(self.value(object)));
            }
            CrdtOp::Update { object, change } => self.update(request, object, change, ctx),
        }
    }
}
