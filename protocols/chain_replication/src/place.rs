//! A server of the chain: how it takes its place, and how updates travel down the chain and acknowledgements up.

use std::collections::BTreeMap;

use parts::epoch_log::{Entry, Position};
use parts::kv::KvOp;
use parts::machine::Seen;
use sim_core::{Duration, NodeId, RequestId, Time};

use super::chain::Chain;
use super::config::ChainConfig;
use super::flaws::ChainFlaw;
use super::message::{Event, Message, Timer};
use super::node::{ChainServer, Ctx};
use super::reads::PendingRead;

/// What a server knows in its place, and forgets when it boots.
#[derive(Debug)]
pub(super) struct Place {
    /// The number of the configuration.
    pub(super) number: u64,
    /// How many updates its successor has on its disk; nothing until it has said that in this configuration.
    pub(super) stored: Option<u64>,
    /// How many of those it had at first, and are the same here.
    shared: u64,
    /// Whether the successor has answered to what it was sent, and so has nothing that is not here.
    is_linked: bool,
    /// Up to where updates are on their way to the successor.
    sent: u64,
    /// When the successor was heard of last.
    heard: Time,
    /// As the tail: it commits nothing without the server that joins.
    is_counted: bool,
    /// As the tail: it has told the master that the server that joins may become the tail.
    hands_over: bool,
    /// Until when the master does not remove it.
    pub(super) lease_until: Time,
    /// When it asked last, of those times when the master then answered that this is still the latest configuration.
    pub(super) current_at: Option<Time>,
    pub(super) reads: Vec<PendingRead>,
    /// The last question to others.
    pub(super) round: u64,
    /// The last question that each of the others has answered.
    pub(super) confirmed: BTreeMap<NodeId, u64>,
    /// The last question that the tail has answered.
    pub(super) version_round: u64,
}

/// Configurations.
impl ChainServer {
    /// There is another configuration.
    pub(super) fn learn(&mut self, chain: Chain, ctx: &mut Ctx<'_>) {
        if chain.number <= self.chain.number {
            return;
        }
        let (number, old) = (chain.number, self.chain.head());
        self.leave_place(ctx);
        self.chain = chain;
        if !self.joins(number, ctx) {
            return;
        }
        let drops = self.has(ChainFlaw::HeadDropsPending) && self.chain.head() == Some(self.me) && old != Some(self.me);
        if self.chain.members().any(|node| node == self.me) && self.may_take_place(number) {
            self.take_place(drops, ctx);
            // For a lease.
            self.beat(ctx);
        }
    }

    /// Takes its place. A flaw: it drops what is not committed as far as it knows.
    fn take_place(&mut self, drops: bool, ctx: &mut Ctx<'_>) {
        let number = self.chain.number;
        if drops {
            self.truncate(self.committed, ctx);
        }
        if self.has(ChainFlaw::SentForgotten) {
            self.commit_to(self.history.end(), ctx);
        }
        self.place = Some(Place {
            number,
            stored: None,
            shared: 0,
            is_linked: false,
            sent: 0,
            heard: ctx.now(),
            is_counted: false,
            hands_over: false,
            lease_until: Time::ZERO,
            current_at: None,
            reads: Vec::new(),
            round: 0,
            confirmed: BTreeMap::new(),
            version_round: 0,
        });
        match self.chain.servers.iter().position(|node| *node == self.me) {
            Some(place) => ctx.emit(Event::TookPlace { number, place, epochs: self.history.epochs() }),
            None => ctx.emit(Event::Joins { number }),
        }
        if self.is_head() {
            self.linked = number;
            ctx.emit(Event::BecameHead { number });
        }
        self.tell_predecessor(ctx);
        if self.is_tail() {
            ctx.emit(Event::BecameTail { number });
            self.look_at_stored(ctx);
        }
    }

    /// Gives up its place, if it has one. What clients wait for they will ask somebody else.
    pub(super) fn leave_place(&mut self, ctx: &mut Ctx<'_>) {
        if let Some(place) = self.place.take() {
            ctx.emit(Event::LeftPlace { number: place.number });
            place.reads.iter().for_each(|read| ctx.redirect(read.request, None));
        }
    }

    /// Tells its predecessor what it has, until that has answered.
    fn tell_predecessor(&self, ctx: &mut Ctx<'_>) {
        let Some(place) = self.place.as_ref().filter(|place| place.number != self.linked) else { return };
        if let Some(predecessor) = self.chain.predecessor(self.me) {
            ctx.send(predecessor, Message::Have { number: place.number, epochs: self.history.epochs() });
        }
    }

    /// The place that it has in this configuration.
    fn place_in(&mut self, number: u64) -> Option<&mut Place> {
        if self.has(ChainFlaw::NoFencing) {
            return self.place.as_mut().filter(|place| number <= place.number);
        }
        self.place.as_mut().filter(|place| place.number == number)
    }

    pub(super) fn is_handing_over(&self) -> bool {
        self.place.as_ref().is_some_and(|place| place.hands_over)
    }

    /// Whoever has the last word on what is committed, besides the servers of the chain: the server that joins, if it
    /// counts.
    pub(super) fn counted(&self) -> Option<NodeId> {
        let counts = self.place.as_ref().is_some_and(|place| place.is_counted && !self.has(ChainFlaw::CountsLate));
        self.chain.joining.filter(|_| counts)
    }
}

/// Down the chain.
impl ChainServer {
    /// The successor says what it has, in a new configuration. It is sent the rest.
    pub(super) fn successor_has(&mut self, from: NodeId, number: u64, epochs: &[Position], ctx: &mut Ctx<'_>) {
        if !self.joins(number, ctx) || self.chain.successor(self.me) != Some(from) {
            return;
        }
        let (common, end) = (self.history.in_common_with(epochs), self.history.end());
        let was_of_the_chain = self.chain.servers.contains(&from);
        let forgets = self.has(ChainFlaw::NotResent) && was_of_the_chain;
        let refuses = self.has(ChainFlaw::RefusesDiverged) && epochs.last().is_some_and(|theirs| theirs.end > common);
        let Some(place) = self.place_in(number) else { return };
        place.heard = ctx.now();
        if refuses {
            return;
        }
        if place.stored.is_none() {
            let has = if forgets { end } else { common };
            (place.stored, place.shared, place.sent) = (Some(has), has, has);
            ctx.emit(Event::Resent { number, from: common, to: end });
        }
        self.send_on(true, ctx);
        self.look_at_stored(ctx);
    }

    /// Sends its successor what is not on its way yet, as much as may be. It sends nothing if there is nothing, unless
    /// it `must`.
    fn send_on(&mut self, must: bool, ctx: &mut Ctx<'_>) {
        let Some(successor) = self.chain.successor(self.me) else { return };
        let Some(place) = &mut self.place else { return };
        let Some(stored) = place.stored else { return };
        let until = self.history.end().min(stored + u64::from(self.config.batch));
        let (number, shared, after) = (place.number, place.shared, place.sent);
        if until <= after && !must {
            return;
        }
        let entries: Vec<Entry> =
            self.history.after(after).iter().take(until.saturating_sub(after) as usize).cloned().collect();
        place.sent = after.max(until);
        ctx.send(successor, Message::Update { number, shared, after, entries, committed: self.committed });
    }

    /// Sends again what was not confirmed, and says who does not answer.
    pub(super) fn resend(&mut self, ctx: &mut Ctx<'_>) {
        self.tell_predecessor(ctx);
        let (successor, joining, is_tail) = (self.chain.successor(self.me), self.chain.joining, self.is_tail());
        let tells_once = self.has(ChainFlaw::HandoverToldOnce);
        let Some(place) = &mut self.place else { return };
        place.sent = place.stored.unwrap_or(0);
        let number = place.number;
        if let Some(node) = successor.filter(|_| ctx.now().since(place.heard) >= self.config.suspect_after) {
            ctx.send(ChainConfig::MASTER, Message::Unreachable { number, node });
        }
        if let Some(node) = joining.filter(|_| is_tail && place.hands_over && !tells_once) {
            ctx.send(ChainConfig::MASTER, Message::CaughtUp { number, node });
        }
        self.send_on(true, ctx);
        self.ask_again(ctx);
    }

    /// Updates come from the predecessor.
    pub(super) fn updated(
        &mut self,
        from: NodeId,
        number: u64,
        shared: u64,
        (after, entries): (u64, Vec<Entry>),
        committed: u64,
        ctx: &mut Ctx<'_>,
    ) {
        let is_old = self.has(ChainFlaw::NoFencing) && number < *self.promised;
        if !self.joins(number, ctx)
            || self.place_in(number).is_none()
            || self.chain.predecessor(self.me) != Some(from) && !is_old
        {
            return;
        }
        if self.linked != number && !is_old {
            // What it has is not known to begin as what its predecessor has; up to there it does.
            if !self.has(ChainFlaw::KeepsDiverged) {
                self.truncate(shared, ctx);
                // A disk that reorders its writes could lose that, and keep updates that follow.
                self.journal.make_durable(ctx);
            }
            self.linked = number;
            ctx.emit(Event::Linked { number });
        }
        let end = self.history.end();
        // Links may lose messages and change their order: between what it has and what comes there may be a gap.
        let known = match end.checked_sub(after) {
            None if self.has(ChainFlaw::TakesGaps) => Some(0),
            known => known,
        };
        let new = known.and_then(|known| entries.get(known as usize..)).unwrap_or_default();
        for entry in new {
            self.add(entry.clone(), ctx);
        }
        self.store(ctx);
        if !new.is_empty() {
            self.send_on(false, ctx);
        }
        let had = self.committed;
        self.commit_to(committed.min(self.history.end()), ctx);
        self.look_at_stored(ctx);
        if self.committed == had || self.chain.predecessor(self.me) != Some(from) {
            let ack = Message::Ack { number, stored: self.history.end(), committed: self.committed };
            ctx.send(from, ack);
        }
        self.answer_later(ctx);
    }
}

/// Up the chain.
impl ChainServer {
    fn ack(&self, ctx: &mut Ctx<'_>) {
        let Some(place) = self.place.as_ref().filter(|place| place.number == self.linked) else { return };
        if let Some(predecessor) = self.chain.predecessor(self.me) {
            let (number, stored) = (place.number, self.history.end());
            ctx.send(predecessor, Message::Ack { number, stored, committed: self.committed });
        }
    }

    /// The successor has so many updates, and knows of so many that the tail has them.
    pub(super) fn acked(&mut self, from: NodeId, number: u64, (stored, committed): (u64, u64), ctx: &mut Ctx<'_>) {
        if self.chain.successor(self.me) != Some(from) {
            return;
        }
        let cleans_all = self.has(ChainFlaw::AckCleansAll) && committed > self.committed;
        let idle = self.has(ChainFlaw::IdleIsDead) && self.place.as_ref().is_some_and(|it| it.stored >= Some(stored));
        let Some(place) = self.place_in(number).filter(|place| place.stored.is_some()) else { return };
        if !idle {
            place.heard = ctx.now();
        }
        place.is_linked = true;
        place.stored = place.stored.max(Some(stored));
        place.sent = place.sent.max(stored);
        if self.chain.servers.contains(&from) {
            let end = self.history.end();
            self.commit_to(if cleans_all { end } else { committed.min(end) }, ctx);
        }
        self.look_at_stored(ctx);
        self.send_on(false, ctx);
    }

    /// As the tail: what is committed now, and whether another can become the tail.
    fn look_at_stored(&mut self, ctx: &mut Ctx<'_>) {
        if !self.is_tail() {
            return;
        }
        let (end, batch, counted) = (self.history.end(), u64::from(self.config.batch), self.counted());
        let joining = self.chain.joining;
        let need_not_link = self.has(ChainFlaw::HandsOverUnlinked);
        let Some(place) = &mut self.place else { return };
        let stored = place.stored.unwrap_or(0);
        let may_be = if counted.is_some() { end.min(stored) } else { end };
        let is_linked = place.is_linked || need_not_link && place.stored.is_some();
        let Some(node) = joining.filter(|_| is_linked) else { return self.commit_to(may_be, ctx) };
        // So that it catches up although updates go on, the last ones are committed with it.
        place.is_counted |= end - stored.min(end) <= batch;
        let committed = self.committed.max(may_be);
        if place.is_counted && stored >= committed && !place.hands_over {
            place.hands_over = true;
            let number = place.number;
            ctx.emit(Event::HandsOver { number, to: node });
            ctx.send(ChainConfig::MASTER, Message::CaughtUp { number, node });
        }
        self.commit_to(may_be, ctx);
    }

    /// So many updates are committed.
    pub(super) fn commit_to(&mut self, committed: u64, ctx: &mut Ctx<'_>) {
        if committed <= self.committed {
            return;
        }
        self.committed = committed;
        self.apply(self.is_tail(), ctx);
        self.ack(ctx);
        self.answer_later(ctx);
    }

    /// Whether what clients have asked already is part of what is replicated.
    fn replicates_sessions(&self) -> bool {
        !self.has(ChainFlaw::SessionsAtHead)
    }

    /// Applies what is committed. The tail answers clients then.
    pub(super) fn apply(&mut self, acknowledges: bool, ctx: &mut Ctx<'_>) {
        let once = self.replicates_sessions();
        while self.applied < self.committed {
            let Some(Entry { request, op, .. }) = self.history.get(self.applied + 1) else { return };
            let (request, op, reply) = (*request, *op, self.machine.apply(*request, op, once).reply());
            self.applied += 1;
            let Some(place) = self.place.as_ref().filter(|_| acknowledges) else { continue };
            let entry = self.history.position_at(self.applied);
            ctx.emit(Event::Acknowledged { number: place.number, entry, request, op });
            if let Some(reply) = reply {
                ctx.reply(request, reply);
            }
        }
    }

    /// Answers no read in a step that waits for the disk: whoever is paused there has a lease when it looks at its
    /// clock, and none when it answers.
    pub(super) fn answer_later(&self, ctx: &mut Ctx<'_>) {
        if self.place.as_ref().is_some_and(|place| !place.reads.is_empty()) {
            ctx.set_timer(Timer::Answer, Duration::ZERO);
        }
    }
}

/// Clients.
impl ChainServer {
    pub(super) fn requested(&mut self, request: RequestId, op: KvOp, ctx: &mut Ctx<'_>) {
        if op.is_read() {
            return self.read_asked(request, op, ctx);
        }
        if !self.is_head() {
            return ctx.redirect(request, self.chain.head().filter(|head| *head != self.me));
        }
        self.order(request, op, ctx);
    }

    fn order(&mut self, request: RequestId, op: KvOp, ctx: &mut Ctx<'_>) {
        if !self.replicates_sessions() {
            if self.ordered.insert(request.client, request) == Some(request) {
                if let Seen::Latest(reply) = self.machine.sessions.look_up(request) {
                    ctx.reply(request, reply.clone());
                }
                return;
            }
        } else {
            match self.machine.sessions.look_up(request) {
                Seen::Never => {}
                // It is committed, and the answer was lost.
                Seen::Latest(reply) => return ctx.reply(request, reply.clone()),
                Seen::Stale => return,
            }
            // It is on its way.
            if self.history.after(self.applied).iter().any(|entry| entry.request == request) {
                return;
            }
        }
        let Some(number) = self.number() else { return };
        self.add(Entry { epoch: number, request, op }, ctx);
        ctx.emit(Event::Ordered { number, offset: self.history.end(), request });
        self.store(ctx);
        self.send_on(false, ctx);
        self.look_at_stored(ctx);
        if self.has(ChainFlaw::HeadAcknowledges) {
            let newest = self.newest();
            if !self.is_tail()
                && let Seen::Latest(reply) = newest.sessions.look_up(request)
            {
                ctx.emit(Event::Acknowledged { number, entry: self.history.position(), request, op });
                ctx.reply(request, reply.clone());
            }
        }
    }
}
