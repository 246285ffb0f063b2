//! One node: a partition of the keys in one data centre.

mod outbox;

use std::collections::{BTreeMap, BTreeSet};

use parts::clocks::Stamp;
use parts::journal::{Journal, good_records_while};
use parts::kv::WriteId;
use parts::stickiness::Stickiness;
use sim_core::{Context, NodeId, Protocol, RequestId, State, Time};

use super::cluster::Cluster;
use super::config::CausalConfig;
use super::flaws::CausalFlaw;
use super::message::{Check, Event, Message, Put, Record, Timer, Version};
use super::operations::{CausalOp, CausalReply};
use super::store::Store;
use outbox::Outbox;

/// A node of the store.
#[derive(Debug)]
pub struct Causal {
    config: CausalConfig,
    me: NodeId,
    cluster: Cluster,
    journal: Journal,
    /// How often it has booted, as its disk says.
    boots: u64,
    /// Lamport's clock: the highest time that it has given or heard of.
    clock: u64,
    store: Store,
    /// Everything that it has, as it is on its disk.
    log: Vec<Put>,
    /// What was made of the puts that it was asked for.
    answered: BTreeMap<RequestId, Version>,
    /// By equivalent node, its own puts which that has not acknowledged.
    unacknowledged: BTreeMap<NodeId, BTreeMap<Version, Put>>,
    /// By number of the question, what waits for versions that are not here.
    blocked: BTreeMap<u64, Blocked>,
    next_check: u64,
    /// What other nodes of its data centre wait for.
    asked: BTreeMap<(NodeId, Check), Vec<Version>>,
    outbox: Outbox,
}

/// Something that has to wait.
#[derive(Debug)]
struct Blocked {
    what: What,
    /// By the node that is to have them, the versions that may not be there.
    missing: BTreeMap<NodeId, Vec<Version>>,
    /// Since when.
    since: Time,
}

/// What has to wait.
#[derive(Debug)]
enum What {
    /// A version of another data centre is to become visible.
    Commit(Put),
    /// A client asks. If the value is read too early, this is what it was then.
    Serve { request: RequestId, op: CausalOp, early: Option<Option<(Stamp, WriteId)>> },
}

type Ctx<'a> = Context<'a, Causal>;

impl Causal {
    pub(super) fn new(config: &CausalConfig, me: NodeId, nodes: &[NodeId]) -> Self {
        Self {
            config: config.clone(),
            me,
            cluster: Cluster::new(config.partitions, nodes.len()),
            journal: Journal::default(),
            boots: 0,
            clock: 0,
            store: Store::default(),
            log: Vec::new(),
            answered: BTreeMap::new(),
            unacknowledged: BTreeMap::new(),
            blocked: BTreeMap::new(),
            next_check: 0,
            asked: BTreeMap::new(),
            outbox: Outbox::default(),
        }
    }

    /// The data centres and partitions that it is one of.
    pub(super) const fn cluster(&self) -> Cluster {
        self.cluster
    }

    /// What it has.
    pub(super) const fn store(&self) -> &Store {
        &self.store
    }

    fn has(&self, flaw: CausalFlaw) -> bool {
        self.config.flaws.has(flaw)
    }

    /// Takes a version in, its own or another's, from a message or from the disk.
    fn take_in(&mut self, put: Put, always_wins: bool) {
        self.clock = self.clock.max(put.version.stamp.time);
        self.store.insert(put.version, put.write, always_wins);
        self.log.push(put);
    }

    /// Makes a version visible here, and durable before anybody is told.
    fn commit(&mut self, put: Put, ctx: &mut Ctx<'_>) {
        self.journal.append(Record::Version(put.clone()), ctx);
        self.take_in(put, self.has(CausalFlaw::ArrivalOrder));
    }

    /// Has its own put sent to all equivalents again and again until they acknowledge it.
    fn replicate(&mut self, mut put: Put) {
        if self.has(CausalFlaw::DropsDependencies) {
            put.after.clear();
        }
        for peer in self.cluster.equivalents(self.me) {
            self.unacknowledged.entry(peer).or_default().insert(put.version, put.clone());
        }
    }
}

/// What clients ask.
impl Causal {
    /// Carries out what a client asks, now that everything that it rests on is here.
    fn serve(&mut self, request: RequestId, op: CausalOp, early: Option<Option<(Stamp, WriteId)>>, ctx: &mut Ctx<'_>) {
        match op {
            CausalOp::Get { key, .. } => {
                let latest = early.unwrap_or_else(|| self.store.latest(key));
                self.outbox.announce(Event::Read { request, key, latest });
                let value = latest.map(|(stamp, write)| (Version { key, stamp }, write));
                self.outbox.reply(request, CausalReply::Value(value));
            }
            CausalOp::Put { key, write, after } => match self.answered.get(&request) {
                Some(version) => self.outbox.reply(request, CausalReply::Done(*version)),
                None => self.put(request, key, write, after, ctx),
            },
        }
    }

    fn put(&mut self, request: RequestId, key: u32, write: WriteId, after: Vec<Version>, ctx: &mut Ctx<'_>) {
        let version = Version { key, stamp: self.next_stamp(&after) };
        let put = Put { version, write, after, origin: self.me, request };
        self.commit(put.clone(), ctx);
        if self.has(CausalFlaw::RemembersEightRequests) {
            let of_client = self.answered.keys().rev().filter(|other| other.client == request.client);
            let oldest = of_client.copied().nth(7);
            self.answered.retain(|other, _| oldest.is_none_or(|oldest| *other != oldest));
        }
        self.answered.insert(request, version);
        self.outbox.announce(Event::Wrote(put.clone()));
        self.outbox.reply(request, CausalReply::Done(version));
        self.replicate(put);
        for (peer, puts) in &self.unacknowledged {
            let put = puts.get(&version).cloned();
            self.outbox.send(*peer, Message::Replicate(put.into_iter().collect()));
        }
    }

    /// Higher than all that it has heard of, and than what the put rests on.
    fn next_stamp(&self, after: &[Version]) -> Stamp {
        let heard_of = match after.iter().map(|version| version.stamp.time).max() {
            Some(time) if !self.has(CausalFlaw::StampIgnoresDependencies) => self.clock.max(time),
            _ => self.clock,
        };
        let replica = if self.has(CausalFlaw::TiesUnbroken) { 0 } else { self.me.index() };
        Stamp { time: heard_of + 1, replica }
    }
}

/// Dependencies.
impl Causal {
    /// Whether a version is certainly visible in this data centre, as far as this node knows by itself.
    fn is_here(&self, version: Version) -> bool {
        if self.owner(version) != self.me {
            return self.has(CausalFlaw::ChecksOwnPartition);
        }
        let is_newer = |(stamp, _): (Stamp, WriteId)| stamp >= version.stamp;
        self.store.has(version)
            || self.has(CausalFlaw::NewerIsEnough) && self.store.latest(version.key).is_some_and(is_newer)
    }

    /// The node of this data centre that is to have a version.
    fn owner(&self, version: Version) -> NodeId {
        self.cluster.owner(self.cluster.data_centre(self.me), version.key)
    }

    /// Does what rests on these versions: now, or when they are here.
    fn after(&mut self, versions: &[Version], what: What, ctx: &mut Ctx<'_>) {
        let mut missing: BTreeMap<NodeId, Vec<Version>> = BTreeMap::new();
        for version in versions.iter().filter(|version| !self.is_here(**version)) {
            missing.entry(self.owner(*version)).or_default().push(*version);
        }
        if missing.is_empty() {
            return self.go_on(what, ctx);
        }
        self.outbox.announce(Event::Blocked);
        let number = self.next_check;
        self.next_check += 1;
        self.ask(number, &missing);
        self.blocked.insert(number, Blocked { what, missing, since: ctx.now() });
    }

    /// `dep_check`.
    fn ask(&mut self, number: u64, missing: &BTreeMap<NodeId, Vec<Version>>) {
        let boot = if self.has(CausalFlaw::ReusesCheckNumbers) { 0 } else { self.boots };
        for (owner, versions) in missing.iter().filter(|(owner, _)| **owner != self.me) {
            let check = Check { boot, number };
            self.outbox.send(*owner, Message::DepCheck { check, versions: versions.clone() });
        }
    }

    fn ask_again(&mut self, ctx: &mut Ctx<'_>) {
        let mut blocked = std::mem::take(&mut self.blocked);
        blocked.iter().for_each(|(number, blocked)| self.ask(*number, &blocked.missing));
        if self.has(CausalFlaw::GivesUpWaiting) {
            let limit = self.config.retry_interval * 50;
            let is_over = |blocked: &&mut Blocked| ctx.now().since(blocked.since) >= limit;
            blocked.values_mut().filter(is_over).for_each(|blocked| blocked.missing.clear());
        }
        self.blocked = blocked;
        self.settle(ctx);
    }

    fn go_on(&mut self, what: What, ctx: &mut Ctx<'_>) {
        match what {
            What::Serve { request, op, early } => self.serve(request, op, early, ctx),
            What::Commit(put) => {
                let Put { version, write, origin, .. } = put;
                self.commit(put, ctx);
                self.outbox.announce(Event::Committed { version, write });
                self.outbox.send(origin, Message::Acknowledge(vec![version]));
            }
        }
    }

    /// Goes on with whatever waits for nothing more, and answers others.
    fn settle(&mut self, ctx: &mut Ctx<'_>) {
        while let Some(number) = self.first_unblocked()
            && let Some(Blocked { what, .. }) = self.blocked.remove(&number)
        {
            self.go_on(what, ctx);
        }
        let is_met = |versions: &Vec<Version>| versions.iter().all(|version| self.is_here(*version));
        let met: Vec<_> = self.asked.iter().filter(|(_, versions)| is_met(versions)).map(|(who, _)| *who).collect();
        for (from, check) in met {
            self.asked.remove(&(from, check));
            self.outbox.send(from, Message::DepMet(check));
        }
    }

    fn first_unblocked(&self) -> Option<u64> {
        let is_met = |(owner, versions): (&NodeId, &Vec<Version>)| {
            *owner == self.me && versions.iter().all(|version| self.is_here(*version))
        };
        self.blocked.iter().find(|(_, blocked)| blocked.missing.iter().all(is_met)).map(|(number, _)| *number)
    }

    fn dependencies_met(&mut self, from: NodeId, Check { boot, number }: Check) {
        let counts_replies = self.has(CausalFlaw::CountsReplies);
        if boot != self.boots && !self.has(CausalFlaw::ReusesCheckNumbers) {
            return;
        }
        if let Some(Blocked { missing, .. }) = self.blocked.get_mut(&number) {
            if counts_replies {
                missing.pop_first();
            } else {
                missing.remove(&from);
            }
        }
    }

    fn receive(&mut self, puts: Vec<Put>, ctx: &mut Ctx<'_>) {
        let is_blocked =
            |blocked: &Blocked, version| matches!(&blocked.what, What::Commit(put) if put.version == version);
        for put in puts {
            let is_here = self.store.has(put.version);
            if is_here || self.has(CausalFlaw::AcknowledgesOnReceipt) {
                self.outbox.send(put.origin, Message::Acknowledge(vec![put.version]));
            }
            if !is_here && !self.blocked.values().any(|blocked| is_blocked(blocked, put.version)) {
                self.after(&put.after.clone(), What::Commit(put), ctx);
            }
        }
    }
}

/// Boots.
impl Causal {
    fn recover(&mut self, records: &[&Record]) {
        for record in records {
            match record {
                Record::Boot(boots) => self.boots = *boots,
                Record::Version(put) => {
                    let latest = self.store.latest(put.version.key);
                    let is_tie = latest.is_some_and(|(stamp, _)| stamp.time == put.version.stamp.time);
                    let always_wins = self.has(CausalFlaw::RecoversInLogOrder)
                        || self.has(CausalFlaw::ArrivalOrder)
                        || is_tie && self.has(CausalFlaw::RecoversTiesInLogOrder);
                    self.take_in(put.clone(), always_wins);
                    if put.origin != self.me {
                        continue;
                    }
                    if !self.has(CausalFlaw::ForgetsRequests) {
                        self.answered.insert(put.request, put.version);
                    }
                    if !self.has(CausalFlaw::ForgetsUnacknowledged) {
                        self.replicate(put.clone());
                    }
                }
            }
        }
        self.boots += 1;
    }

    /// Whether the versions of its own keys that a record depends on come before it. Where a power loss has taken one
    /// of several records that were not durable yet, those behind it that are left must go too.
    fn rests_on(&self, record: &Record, before: &mut BTreeSet<Version>) -> bool {
        let Record::Version(put) = record else { return true };
        let is_there = |version: &Version| self.owner(*version) != self.me || before.contains(version);
        let fits = put.after.iter().all(is_there) || self.has(CausalFlaw::KeepsReordered);
        before.insert(put.version);
        fits
    }

    /// Writes all that it has found once more: a crash or a failed sync may have left it on the disk without making
    /// it durable. A torn record behind it goes.
    fn make_durable_what_was_found(&mut self, found: u64, ctx: &mut Ctx<'_>) {
        let boot = Record::Boot(self.boots);
        let records: Vec<Record> = self.log.iter().cloned().map(Record::Version).chain([boot.clone()]).collect();
        if self.has(CausalFlaw::RecoversUnsynced) {
            // Until something else is written.
            ctx.disk().truncate(found);
            return ctx.disk().append(boot);
        }
        if self.has(CausalFlaw::RetriesSync) {
            ctx.disk().truncate(found);
            self.journal.append(boot, ctx);
        } else if self.has(CausalFlaw::TruncatesFirst) {
            ctx.disk().truncate(0);
            records.into_iter().for_each(|record| self.journal.append(record, ctx));
        } else {
            self.journal.rewrite(records, ctx);
        }
        self.journal.make_durable(ctx);
    }
}

impl Protocol for Causal {
    type Message = Message;
    type Timer = Timer;
    type Record = Record;
    type Op = CausalOp;
    type Reply = CausalReply;
    type Event = Event;

    const STATES: &'static [State<Self>] =
        &[State::new("blocked", |node| !node.blocked.is_empty()), State::new("asked", |node| !node.asked.is_empty())];

    fn on_start(&mut self, ctx: &mut Ctx<'_>) {
        let mut had = BTreeSet::new();
        let Ok(records) = good_records_while(ctx.disk().records(), |record| self.rests_on(record, &mut had)) else {
            return ctx.halt("the disk is corrupt before its end");
        };
        self.recover(&records);
        self.make_durable_what_was_found(records.len() as u64, ctx);
        for put in &self.log {
            ctx.emit(match put.origin == self.me {
                true => Event::RecoveredOwn(put.clone()),
                false => Event::Recovered(put.version),
            });
        }
        ctx.set_timer(Timer::Retry, self.config.retry_interval);
    }

    fn on_message(&mut self, from: NodeId, message: Message, ctx: &mut Ctx<'_>) {
        match message {
            Message::Replicate(puts) => self.receive(puts, ctx),
            Message::Acknowledge(versions) => {
                if let Some(unacknowledged) = self.unacknowledged.get_mut(&from) {
                    unacknowledged.retain(|version, _| !versions.contains(version));
                }
            }
            Message::DepCheck { check, versions } => _ = self.asked.insert((from, check), versions),
            Message::DepMet(check) => self.dependencies_met(from, check),
        }
        self.settle(ctx);
        self.flush(ctx);
    }

    fn on_timer(&mut self, Timer::Retry: Timer, ctx: &mut Ctx<'_>) {
        for (peer, puts) in self.unacknowledged.iter().filter(|(_, puts)| !puts.is_empty()) {
            self.outbox.send(*peer, Message::Replicate(puts.values().cloned().collect()));
        }
        if !self.has(CausalFlaw::NeverAsksAgain) {
            self.ask_again(ctx);
        }
        self.flush(ctx);
        ctx.set_timer(Timer::Retry, self.config.retry_interval);
    }

    fn on_request(&mut self, request: RequestId, op: CausalOp, ctx: &mut Ctx<'_>) {
        // A client waits for one operation at a time: those before were given up, and this one may be asked again.
        self.blocked.retain(|_, blocked| match blocked.what {
            What::Serve { request: other, .. } => other.client != request.client || other > request,
            What::Commit(_) => true,
        });
        let (CausalOp::Get { after, .. } | CausalOp::Put { after, .. }) = &op;
        // Who stays in a data centre has seen nothing that is not there.
        let is_sticky = self.config.sessions == Stickiness::Sticky;
        let after = if is_sticky { Vec::new() } else { after.clone() };
        let early = self.has(CausalFlaw::ReadsBeforeCheck).then(|| self.store.latest(op.key()));
        self.after(&after, What::Serve { request, op, early }, ctx);
        self.settle(ctx);
        self.flush(ctx);
    }
}
