//! Reads: at the tail, as van Renesse and Schneider have them, or at any server of the chain, as CRAQ has them.

use parts::epoch_log::{Entry, Position};
use parts::kv::{KvOp, KvReply, Machine};
use sim_core::{NodeId, RequestId, Time};

use super::config::{ChainConfig, Fencing, Reads};
use super::flaws::ChainFlaw;
use super::message::{Event, Message};
use super::node::{ChainServer, Ctx};

/// A strong read that waits for an answer of others, or for a lease.
#[derive(Debug)]
pub(super) struct PendingRead {
    pub(super) request: RequestId,
    pub(super) op: KvOp,
    /// The first question that was asked after it began.
    pub(super) round: u64,
}

/// Whether an update writes what an operation reads.
pub(super) fn writes(update: &KvOp, read: &KvOp) -> bool {
    let is_read = |key: u32| match *read {
        KvOp::GetBoth { keys } => keys.contains(&key),
        _ => read.key() == key,
    };
    match *update {
        KvOp::Transact { appends, .. } => appends.into_iter().any(is_read),
        _ => is_read(update.key()),
    }
}

impl ChainServer {
    /// A client asks for a read.
    pub(super) fn read_asked(&mut self, request: RequestId, op: KvOp, ctx: &mut Ctx<'_>) {
        let answers_anywhere = self.config.reads.are_apportioned() || self.asks_nobody();
        if !(self.is_tail() || answers_anywhere && self.serves()) {
            return ctx.redirect(request, self.chain.tail().filter(|tail| *tail != self.me));
        }
        if self.may_be_weak(&op, ctx) {
            return self.answer_newest(request, &op, ctx);
        }
        ctx.emit(Event::ReadBegan { request });
        let is_dirty = self.is_dirty(&op) && !self.is_tail();
        let Some(place) = &mut self.place else { return };
        place.round += 1;
        let round = place.round;
        place.reads.retain(|read| read.request.client != request.client);
        place.reads.push(PendingRead { request, op, round });
        if is_dirty || self.has(ChainFlaw::AsksAlways) {
            self.ask_for_version(ctx);
        }
        self.ask_for_confirmation(ctx);
        self.answer(ctx);
    }

    /// How many versions it has of what is read that are not known to be committed.
    fn ahead(&self, read: &KvOp) -> u64 {
        self.history.after(self.committed).iter().filter(|entry| writes(&entry.op, read)).count() as u64
    }

    fn is_dirty(&self, read: &KvOp) -> bool {
        self.ahead(read) > 0
    }

    /// Asks the tail what is committed.
    fn ask_for_version(&self, ctx: &mut Ctx<'_>) {
        let (Some(place), Some(tail)) = (&self.place, self.chain.tail()) else { return };
        ctx.emit(Event::AskedVersion { number: place.number });
        ctx.send(tail, Message::AskVersion { number: place.number, round: place.round });
    }

    pub(super) fn version_asked(&mut self, from: NodeId, number: u64, round: u64, ctx: &mut Ctx<'_>) {
        if self.has(ChainFlaw::VersionsUntold) {
            return;
        }
        // What it has handed over may be committed by now, and it does not know. Nor does a tail whose lease has run out
        // know whether it was removed.
        let may_know_less = self.pauses_reads() && self.committed < self.history.end();
        let may_be_removed = self.config.has_leases() && self.lease_until().is_none_or(|until| until <= ctx.now());
        if self.joins(number, ctx)
            && self.is_tail()
            && self.number() == Some(number)
            && !may_be_removed
            && !may_know_less
        {
            ctx.send(from, Message::Version { number, round, committed: self.committed });
        }
    }

    pub(super) fn version_told(&mut self, number: u64, round: u64, committed: u64, ctx: &mut Ctx<'_>) {
        if self.number() != Some(number) {
            return;
        }
        self.commit_to(committed.min(self.history.end()), ctx);
        if let Some(place) = &mut self.place {
            place.version_round = place.version_round.max(round);
        }
        self.answer(ctx);
    }

    /// All whose word it needs to answer a read by confirmation. The tail knows whether the server that joins may be the
    /// tail already; another server does not.
    fn others(&self) -> impl Iterator<Item = NodeId> {
        let joining = if self.is_tail() { self.counted() } else { self.chain.joining };
        self.chain.servers.iter().copied().chain(joining).filter(|node| *node != self.me)
    }

    fn ask_for_confirmation(&self, ctx: &mut Ctx<'_>) {
        if self.config.is_perfect() || self.config.fencing != Fencing::Confirmed {
            return;
        }
        let Some(place) = &self.place else { return };
        for node in self.others() {
            ctx.send(node, Message::Confirm { number: place.number, round: place.round });
        }
    }

    pub(super) fn confirmed(&mut self, from: NodeId, number: u64, round: u64, ctx: &mut Ctx<'_>) {
        let Some(place) = self.place.as_mut().filter(|place| place.number == number) else { return };
        let confirmed = place.confirmed.entry(from).or_default();
        *confirmed = round.max(*confirmed);
        self.answer(ctx);
    }

    /// Asks once more: questions and answers may be lost.
    pub(super) fn ask_again(&mut self, ctx: &mut Ctx<'_>) {
        let Some(place) = self.place.as_ref().filter(|place| !place.reads.is_empty()) else { return };
        if !self.is_tail() && place.reads.iter().any(|read| self.is_dirty(&read.op)) {
            self.ask_for_version(ctx);
        }
        self.ask_for_confirmation(ctx);
        self.answer(ctx);
    }

    /// The master answers a beat.
    pub(super) fn is_alive(&mut self, number: u64, is_granted: bool, sent: Time, ctx: &mut Ctx<'_>) {
        let until = sent.saturating_add(self.config.lease_of_server());
        let Some(place) = self.place.as_mut().filter(|place| place.number == number) else { return };
        place.current_at = place.current_at.max(Some(sent));
        if is_granted {
            place.lease_until = place.lease_until.max(until);
            self.answer(ctx);
        }
    }

    /// Until when, by its clock, it answers strong reads without asking anybody.
    pub(super) fn lease_until(&self) -> Option<Time> {
        self.place.as_ref().filter(|_| self.serves()).map(|place| place.lease_until)
    }

    /// Answers the strong reads that can be answered.
    pub(super) fn answer(&mut self, ctx: &mut Ctx<'_>) {
        let Some(place) = self.place.as_mut().filter(|place| !place.reads.is_empty()) else { return };
        let reads = std::mem::take(&mut place.reads);
        let (ready, waiting) = reads.into_iter().partition(|read| self.may_answer(read, ctx));
        let Some(place) = &mut self.place else { return };
        place.reads = waiting;
        let number = place.number;
        for PendingRead { request, op, .. } in ready {
            let is_newest = self.reads_dirty();
            let state = if is_newest { &self.newest().state } else { &self.machine.state };
            let Some(reply) = state.answer(&op) else { continue };
            let end = if is_newest { self.history.end() } else { self.applied };
            ctx.emit(Event::Read { number, position: self.history.position_at(end), request, op });
            ctx.reply(request, reply);
        }
    }

    /// Whether it answers reads without being the tail and without asking it.
    fn asks_nobody(&self) -> bool {
        self.has(ChainFlaw::AnyServerReads)
    }

    /// Whether versions that may not be committed are answers.
    fn reads_dirty(&self) -> bool {
        self.has(ChainFlaw::ReadsDirty)
    }

    /// Whether it is a tail that has handed over: the next one may have committed what it does not know to be.
    fn pauses_reads(&self) -> bool {
        self.is_handing_over() && !self.has(ChainFlaw::OldTailReadsOn)
    }

    /// Whether it is sure that it is none of a past configuration, and that what it knows to be committed is all that
    /// was when the read began.
    fn may_answer(&self, read: &PendingRead, ctx: &Ctx<'_>) -> bool {
        let Some(place) = &self.place else { return false };
        if self.asks_nobody() && !self.is_tail() {
            return true;
        }
        let is_of_now = self.config.is_perfect()
            || self.has(ChainFlaw::ReadsUnfenced)
            || match self.config.fencing {
                Fencing::Leased => ctx.now() < place.lease_until,
                Fencing::Confirmed => self.others().all(|node| place.confirmed.get(&node) >= Some(&read.round)),
            };
        let is_known = if self.is_tail() {
            !self.pauses_reads() || !self.is_dirty(&read.op)
        } else {
            self.reads_dirty() || place.version_round >= read.round || !self.is_dirty(&read.op)
        };
        is_of_now && is_known
    }
}

/// Weak reads.
impl ChainServer {
    /// What all its updates make of the map, committed or not.
    pub(super) fn newest(&self) -> Machine {
        let mut machine = self.machine.clone();
        for Entry { request, op, .. } in self.history.after(self.applied) {
            machine.apply(*request, op, true);
        }
        machine
    }

    /// Whether the newest version that it has may be the answer.
    fn may_be_weak(&self, read: &KvOp, ctx: &Ctx<'_>) -> bool {
        let ChainConfig { reads, max_versions, .. } = self.config;
        let Some(place) = &self.place else { return false };
        let is_recent = || {
            self.config.is_perfect()
                || self.has(ChainFlaw::AgeIgnored)
                || place.current_at.is_some_and(|at| ctx.now().since(at) < self.config.age_of_server())
        };
        let is_near = || self.has(ChainFlaw::VersionsIgnored) || self.ahead(read) <= u64::from(max_versions);
        match reads {
            Reads::Tail | Reads::Apportioned => false,
            Reads::Eventual => true,
            Reads::Bounded => is_recent() && is_near(),
        }
    }

    fn answer_newest(&self, request: RequestId, read: &KvOp, ctx: &mut Ctx<'_>) {
        let reply: Option<KvReply> = self.newest().state.answer(read);
        let (Some(number), Some(reply)) = (self.number(), reply) else { return };
        let position: Position = self.history.position();
        ctx.emit(Event::WeakRead { number, position, request, op: *read });
        ctx.reply(request, reply);
    }
}
