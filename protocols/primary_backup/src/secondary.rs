//! A replica: how it hears of views, and how its log becomes that of the primary.

use parts::epoch_log::{Entry, Position};
use sim_core::{NodeId, Time};

use super::flaws::BackupFlaw;
use super::message::{Event, Message, Record, Timer};
use super::node::{Ctx, PrimaryBackup, tell_service};
use super::view::View;

/// What the view service and a replica say to each other.
impl PrimaryBackup {
    pub(super) fn beat(&mut self, ctx: &mut Ctx<'_>) {
        let beat =
            Message::Beat { number: self.view.number, resumes: self.resumes(), latency: self.latency, sent: ctx.now() };
        tell_service(&self.config, &beat, ctx);
        ctx.set_timer(Timer::Beat, self.config.heartbeat_interval);
    }

    pub(super) fn answered(&mut self, number: u64, is_granted: bool, sent: Time, ctx: &mut Ctx<'_>) {
        self.latency = ctx.now().since(sent);
        if is_granted {
            self.leased(number, sent, ctx);
        }
    }

    /// A view is made.
    pub(super) fn learn(&mut self, view: View, ctx: &mut Ctx<'_>) {
        if view.number <= self.view.number {
            return;
        }
        self.view = view;
        let number = self.view.number;
        if number < *self.promised {
            // It takes no part in it. If it is the primary, the view service hears of that, and makes another view.
            self.step_down(ctx);
        } else if self.view.primary == self.me && self.may_lead(number) {
            self.joins(number, ctx);
            self.lead(ctx);
            // For a lease.
            self.beat(ctx);
        } else {
            self.step_down(ctx);
            self.joins(number, ctx);
        }
    }

    /// Another primary is looked for.
    pub(super) fn seal(&mut self, number: u64, ctx: &mut Ctx<'_>) {
        let is_new = number > *self.promised;
        if !self.joins(number, ctx) {
            return;
        }
        if is_new {
            ctx.emit(Event::Sealed { number });
        }
        tell_service(&self.config, &Message::Sealed { number, position: self.log.position() }, ctx);
    }
}

/// What a primary and a secondary say to each other.
impl PrimaryBackup {
    /// A part of the log comes.
    pub(super) fn shipped(
        &mut self,
        from: NodeId,
        number: u64,
        (after, entries): (u64, Vec<Entry>),
        commit: u64,
        ctx: &mut Ctx<'_>,
    ) {
        if !self.joins(number, ctx) || self.leading.is_some() {
            return;
        }
        if self.matched != number {
            if self.has(BackupFlaw::KeepsDiverged) {
                self.matched = number;
            } else if self.has(BackupFlaw::HwTruncation) {
                self.truncate(self.commit, ctx);
                self.matched = number;
            } else {
                return ctx.send(from, Message::AskEpoch { number, position: self.log.position() });
            }
        }
        let end = self.log.end();
        let known = end.checked_sub(after).filter(|known| *known < entries.len() as u64);
        for entry in known.iter().flat_map(|known| &entries[*known as usize..]) {
            self.write(entry.clone(), ctx);
        }
        if !self.has(BackupFlaw::StoredBeforeSynced) {
            self.journal.make_durable(ctx);
        }
        self.commit_to(commit.min(self.log.end()), ctx);
        ctx.send(from, Message::Stored { number, end: self.log.end() });
    }

    /// The primary says where an epoch ends, of which this log may have more, or other entries after it.
    pub(super) fn epoch_told(
        &mut self,
        from: NodeId,
        number: u64,
        (asked, told): (Position, Position),
        ctx: &mut Ctx<'_>,
    ) {
        // An answer to what was asked when the log was shorter would cut off what has been stored since.
        if !self.joins(number, ctx) || self.matched == number || asked != self.log.position() {
            return;
        }
        let kept = self.log.end_of_epoch(told.epoch);
        self.truncate(kept.end.min(told.end), ctx);
        if self.log.position().epoch == told.epoch {
            self.matched = number;
            ctx.emit(Event::Matched { number });
            self.journal.make_durable(ctx);
            ctx.send(from, Message::Stored { number, end: self.log.end() });
        } else {
            ctx.send(from, Message::AskEpoch { number, position: self.log.position() });
        }
    }

    /// Adds an entry to its log.
    pub(super) fn write(&mut self, entry: Entry, ctx: &mut Ctx<'_>) {
        self.log.push(entry.clone());
        self.journal.append(Record::Entry { offset: self.log.end(), entry, commit: self.commit }, ctx);
    }

    /// Removes all entries but so many, and makes the map anew of what is left.
    fn truncate(&mut self, to: u64, ctx: &mut Ctx<'_>) {
        let from = self.log.end();
        if to >= from {
            return;
        }
        self.log.truncate(to);
        self.journal.append(Record::Truncated(to), ctx);
        ctx.emit(Event::Truncated { from, to });
        self.commit = self.commit.min(to);
        if !self.has(BackupFlaw::KeepsApplied) {
            self.machine = Default::default();
            self.applied = 0;
            self.apply(ctx);
        }
    }

    /// So many entries are acknowledged, or may be.
    pub(super) fn commit_to(&mut self, commit: u64, ctx: &mut Ctx<'_>) {
        self.commit = self.commit.max(commit);
        self.apply(ctx);
    }

    /// Applies what may be acknowledged. A primary has replies then to those who wait for it.
    pub(super) fn apply(&mut self, ctx: &mut Ctx<'_>) {
        while self.applied < self.commit {
            let Some(entry) = self.log.get(self.applied + 1) else { return };
            let (request, applied) = (entry.request, self.machine.apply(entry.request, &entry.op, true));
            self.applied += 1;
            self.is_applied(self.applied, request, applied.reply());
        }
        self.answer(ctx);
    }
}
