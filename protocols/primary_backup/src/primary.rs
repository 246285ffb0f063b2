//! A replica as the primary.

use std::collections::{BTreeMap, BTreeSet};

use parts::epoch_log::{Entry, Position};
use parts::kv::{KvOp, KvReply};
use parts::machine::Seen;
use sim_core::{Duration, NodeId, RequestId, Time};

use super::config::{Reads, Shipping};
use super::flaws::BackupFlaw;
use super::message::{Event, Message, Timer};
use super::node::{Ctx, PrimaryBackup, tell_service};

/// What a primary knows.
#[derive(Debug, Default)]
pub(super) struct Leading {
    /// The number of the view.
    pub(super) number: u64,
    /// Whether it serves. Before that, all secondaries of the view come to have its log.
    pub(super) is_active: bool,
    /// How many entries each secondary has on its disk, as far as it has said so in this view.
    stored: BTreeMap<NodeId, u64>,
    /// When each secondary was heard of last.
    heard: BTreeMap<NodeId, Time>,
    /// Secondaries that have caught up, and count although the view does not say so yet.
    caught_up: BTreeSet<NodeId>,
    /// Until when the view service makes nobody else the primary.
    pub(super) lease_until: Time,
    /// Who waits for which entry.
    waiting: BTreeMap<u64, RequestId>,
    /// Writes that are done.
    done: Vec<Done>,
    reads: Vec<PendingRead>,
    /// The last question whether there is a later view.
    round: u64,
    /// The last such question that each secondary has answered.
    confirmed: BTreeMap<NodeId, u64>,
}

/// A write that is done, and not acknowledged yet.
#[derive(Debug)]
struct Done {
    offset: u64,
    request: RequestId,
    reply: KvReply,
}

#[derive(Debug)]
struct PendingRead {
    request: RequestId,
    op: KvOp,
    /// The first question that was asked after it began.
    round: u64,
}

/// Views.
impl PrimaryBackup {
    /// It is the primary of the view that it has just heard of.
    pub(super) fn lead(&mut self, ctx: &mut Ctx<'_>) {
        let number = self.view.number;
        self.matched = number;
        let leading = self.leading.get_or_insert_default();
        leading.number = number;
        leading.stored.clear();
        leading.caught_up.clear();
        leading.confirmed.clear();
        leading.heard = self.view.secondaries().map(|node| (node, ctx.now())).collect();
        self.answer_later(ctx);
        self.ship(ctx);
    }

    /// Answers nothing in a step that waits for the disk: whoever is paused there has a lease when it looks at its clock,
    /// and none when it answers.
    fn answer_later(&self, ctx: &mut Ctx<'_>) {
        ctx.set_timer(Timer::Answer, Duration::ZERO);
    }

    pub(super) fn step_down(&mut self, ctx: &mut Ctx<'_>) {
        if let Some(Leading { number, is_active: true, .. }) = self.leading.take() {
            ctx.emit(Event::SteppedDown { number });
        }
    }

    pub(super) fn leased(&mut self, number: u64, since: Time, ctx: &mut Ctx<'_>) {
        let until = since.saturating_add(self.config.lease_of_primary());
        if let Some(leading) = self.leading.as_mut().filter(|leading| leading.number == number) {
            leading.lease_until = leading.lease_until.max(until);
            self.answer(ctx);
        }
    }

    /// The secondaries without which nothing is acknowledged.
    fn counted(&self) -> impl Iterator<Item = NodeId> {
        let caught_up = self.leading.iter().flat_map(|leading| &leading.caught_up);
        let caught_up = caught_up.filter(|_| !self.has(BackupFlaw::CountsLate));
        self.view.passive.iter().chain(caught_up).copied()
    }
}

/// Shipping.
impl PrimaryBackup {
    /// Ships to each secondary what it has not stored, or nothing, so that it says that it is there.
    fn ship(&self, ctx: &mut Ctx<'_>) {
        let Some(leading) = &self.leading else { return };
        for node in self.view.secondaries() {
            let after = leading.stored.get(&node).copied();
            // Where the logs part is not known yet.
            let entries = after.map_or(&[][..], |after| self.log.after(after)).to_vec();
            let after = after.unwrap_or_else(|| self.log.end());
            ctx.send(node, Message::Ship { number: leading.number, after, entries, commit: self.commit });
        }
    }

    /// Ships once more, and says who does not answer.
    pub(super) fn ship_again(&mut self, ctx: &mut Ctx<'_>) {
        if self.has(BackupFlaw::FailsWhatIsLogged) {
            // The writes that wait for a secondary.
            let waiting = self.leading.as_mut().map(|leading| std::mem::take(&mut leading.waiting));
            waiting.into_iter().flatten().for_each(|(_, request)| ctx.reject(request));
        }
        self.ship(ctx);
        let Some(leading) = &self.leading else { return };
        let number = leading.number;
        for (node, heard) in &leading.heard {
            if ctx.now().since(*heard) >= self.config.suspect_after {
                tell_service(&self.config, &Message::Unreachable { number, node: *node }, ctx);
            }
        }
        for node in leading.caught_up.iter().filter(|_| !self.has(BackupFlaw::CaughtUpToldOnce)) {
            tell_service(&self.config, &Message::CaughtUp { number, node: *node }, ctx);
        }
        if !leading.reads.is_empty() {
            self.ask_for_confirmation(ctx);
        }
        if self.has(BackupFlaw::ShrinksAlone) {
            let dead = |heard: &Time| ctx.now().since(*heard) >= self.config.suspect_after;
            let gone: Vec<NodeId> = leading.heard.iter().filter(|(_, at)| dead(at)).map(|(node, _)| *node).collect();
            self.view.passive.retain(|node| !gone.contains(node));
            self.look_at_stored(ctx);
        }
    }

    /// A secondary has so much on its disk.
    pub(super) fn stored(&mut self, from: NodeId, number: u64, end: u64, ctx: &mut Ctx<'_>) {
        let Some(leading) = self.leading.as_mut().filter(|leading| leading.number == number) else { return };
        let stored = leading.stored.entry(from).or_insert(end);
        *stored = (*stored).max(end);
        leading.heard.entry(from).and_modify(|at| *at = ctx.now());
        self.look_at_stored(ctx);
    }

    /// A secondary asks where its log and this one part.
    pub(super) fn epoch_asked(&mut self, from: NodeId, number: u64, asked: Position, ctx: &mut Ctx<'_>) {
        let Some(leading) = self.leading.as_mut().filter(|leading| leading.number == number) else { return };
        leading.heard.entry(from).and_modify(|at| *at = ctx.now());
        ctx.send(from, Message::EpochEnd { number, asked, end: self.log.end_of_epoch(asked.epoch) });
    }

    /// What may be acknowledged now that secondaries have what they have.
    pub(super) fn look_at_stored(&mut self, ctx: &mut Ctx<'_>) {
        let Some(leading) = &self.leading else { return };
        let (end, number) = (self.log.end(), leading.number);
        let stored = |node: NodeId| leading.stored.get(&node).copied();
        let least = self.counted().map(|node| stored(node).unwrap_or(0)).min().unwrap_or(end);
        let activates = !leading.is_active && (least >= end || self.has(BackupFlaw::ServesUnreconciled));
        let lag = match self.config.shipping {
            Shipping::Synchronous if self.has(BackupFlaw::AcknowledgesAlone) => end,
            Shipping::Asynchronous if self.has(BackupFlaw::LagUnbounded) => end,
            _ => self.config.lag(),
        };
        if !leading.is_active && !activates {
            return;
        }
        if activates {
            if let Some(leading) = &mut self.leading {
                leading.is_active = true;
            }
            ctx.emit(Event::Activated { number, epochs: self.log.epochs() });
        }
        let may_be = if activates { end } else { end.min(least.saturating_add(lag)) };
        self.commit_to(may_be, ctx);
        self.look_who_caught_up(ctx);
    }

    /// Secondaries that have all that is acknowledged count from now on.
    fn look_who_caught_up(&mut self, ctx: &mut Ctx<'_>) {
        let Some(leading) = &mut self.leading else { return };
        let number = leading.number;
        for node in &self.view.recovering {
            let has_all = leading.stored.get(node).is_some_and(|end| *end >= self.commit);
            if has_all && leading.caught_up.insert(*node) {
                ctx.emit(Event::CaughtUp { number, node: *node });
                tell_service(&self.config, &Message::CaughtUp { number, node: *node }, ctx);
            }
        }
    }
}

/// Clients.
impl PrimaryBackup {
    pub(super) fn requested(&mut self, request: RequestId, op: KvOp, ctx: &mut Ctx<'_>) {
        if self.leading.is_none() {
            let is_known = self.view.number > 0 && self.view.primary != self.me;
            return ctx.redirect(request, is_known.then_some(self.view.primary));
        }
        // One that is about to serve will soon do so.
        if !self.is_active() {
            return;
        }
        if op.is_read() {
            self.read(request, op, ctx);
        } else {
            self.add(request, op, ctx);
        }
    }

    fn add(&mut self, request: RequestId, op: KvOp, ctx: &mut Ctx<'_>) {
        let seen = match self.machine.sessions.look_up(request) {
            Seen::Never => None,
            Seen::Latest(reply) => Some(reply.clone()),
            Seen::Stale => return,
        };
        let known = self.log.find(request);
        let Some(leading) = &mut self.leading else { return };
        match (known, seen) {
            (Some(offset), Some(reply)) => {
                leading.done.push(Done { offset, request, reply });
                self.answer(ctx);
            }
            (Some(offset), None) => _ = leading.waiting.insert(offset, request),
            (None, _) => {
                let number = leading.number;
                self.write(Entry { epoch: number, request, op }, ctx);
                let offset = self.log.end();
                if let Some(leading) = &mut self.leading {
                    leading.waiting.insert(offset, request);
                }
                ctx.emit(Event::Appended { number, offset, request });
                self.journal.make_durable(ctx);
                if !self.is_asynchronous() {
                    self.ship(ctx);
                }
                self.answer_later(ctx);
            }
        }
    }

    /// An entry was applied.
    pub(super) fn is_applied(&mut self, offset: u64, request: RequestId, reply: Option<KvReply>) {
        let Some(leading) = &mut self.leading else { return };
        if let (Some(request), Some(reply)) = (leading.waiting.remove(&offset).filter(|of| *of == request), reply) {
            leading.done.push(Done { offset, request, reply });
        }
    }

    fn read(&mut self, request: RequestId, op: KvOp, ctx: &mut Ctx<'_>) {
        ctx.emit(Event::ReadBegan { request });
        let Some(leading) = &mut self.leading else { return };
        leading.round += 1;
        let round = leading.round;
        leading.reads.retain(|read| read.request.client != request.client);
        leading.reads.push(PendingRead { request, op, round });
        if self.config.reads == Reads::Confirmed {
            self.ask_for_confirmation(ctx);
        }
        self.answer(ctx);
    }

    fn ask_for_confirmation(&self, ctx: &mut Ctx<'_>) {
        let Some(leading) = &self.leading else { return };
        for node in self.counted() {
            ctx.send(node, Message::Confirm { number: leading.number, round: leading.round });
        }
    }

    pub(super) fn confirmed(&mut self, from: NodeId, number: u64, round: u64, ctx: &mut Ctx<'_>) {
        let Some(leading) = self.leading.as_mut().filter(|leading| leading.number == number) else { return };
        let confirmed = leading.confirmed.entry(from).or_default();
        *confirmed = round.max(*confirmed);
        self.answer(ctx);
    }

    /// Answers what can be answered.
    pub(super) fn answer(&mut self, ctx: &mut Ctx<'_>) {
        if !self.is_active() {
            return;
        }
        let counted: Vec<NodeId> = self.counted().collect();
        let is_leased = self.leading.as_ref().is_some_and(|leading| ctx.now() < leading.lease_until);
        let (is_asynchronous, serves_deposed) = (self.is_asynchronous(), self.has(BackupFlaw::DeposedReads));
        let is_by_lease = self.config.reads == Reads::Leased;
        let Some(leading) = &mut self.leading else { return };
        let number = leading.number;
        if is_leased || !is_asynchronous {
            for Done { offset, request, reply } in leading.done.drain(..) {
                ctx.emit(Event::Acknowledged { number, entry: self.log.position_at(offset), request });
                ctx.reply(request, reply);
            }
        }
        let confirmed = counted.iter().map(|node| leading.confirmed.get(node).copied().unwrap_or(0)).min();
        let confirmed = confirmed.unwrap_or(leading.round);
        let is_ready =
            |read: &PendingRead| serves_deposed || if is_by_lease { is_leased } else { confirmed >= read.round };
        let (ready, waiting) = std::mem::take(&mut leading.reads).into_iter().partition(is_ready);
        leading.reads = waiting;
        for PendingRead { request, op, .. } in ready {
            if let Some(reply) = self.machine.state.answer(&op) {
                ctx.emit(Event::Read { number, position: self.log.position_at(self.applied), request });
                ctx.reply(request, reply);
            }
        }
    }
}
