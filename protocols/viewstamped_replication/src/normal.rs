//! Normal operation: requests get op-numbers, are committed and executed (Liskov and Cowling 2012, 4.1).

use parts::kv::KvOp;
use parts::machine::{Applied, Seen};
use parts::quorums::reached_by;
use sim_core::{NodeId, RequestId};

use super::flaws::VrFlaw;
use super::log::{Entry, Log};
use super::message::{Body, Event, Timer};
use super::node::{Ctx, Status, Vr};

/// The primary.
impl Vr {
    /// It is the primary of its view from now on.
    pub(super) fn lead(&mut self, ctx: &mut Ctx<'_>) {
        ctx.emit(Event::StartedView { view: self.view, op_number: self.log.op_number() });
        ctx.cancel_timer(Timer::ViewChange);
        ctx.set_timer(Timer::Heartbeat, self.config.heartbeat_interval);
    }

    pub(super) fn on_client_request(&mut self, request: RequestId, op: KvOp, ctx: &mut Ctx<'_>) {
        if !self.is_primary() {
            let primary = (self.status == Status::Normal).then(|| self.primary_of(self.view));
            return ctx.redirect(request, primary);
        }
        if self.has(VrFlaw::PrimaryReadsAlone)
            && op.is_read()
            && let Some(reply) = self.machine.state.answer(&op)
        {
            return ctx.reply(request, reply);
        }
        let executes_twice = self.has(VrFlaw::ExecutesTwice);
        match self.machine.sessions.look_up(request) {
            Seen::Latest(reply) if !executes_twice => ctx.reply(request, reply.clone()),
            Seen::Stale if !executes_twice => {}
            _ => self.give_op_number(Entry { request, op }, ctx),
        }
    }

    /// Unless the request has one and waits to be committed: a client that hears nothing asks again.
    fn give_op_number(&mut self, entry: Entry, ctx: &mut Ctx<'_>) {
        let waits = self.log.after(self.commit_number).any(|(_, waiting)| waiting.request == entry.request);
        if waits && !self.has(VrFlaw::NumbersAgain) {
            return;
        }
        let op_number = self.log.append(entry);
        let (view, commit_number) = (self.view, self.commit_number);
        self.broadcast(Body::Prepare { view, op_number, entry, commit_number }, ctx);
        self.look_for_commits(ctx);
    }

    pub(super) fn on_prepare_ok(&mut self, from: NodeId, view: u64, op_number: u64, ctx: &mut Ctx<'_>) {
        let is_of_view = view == self.view || self.has(VrFlaw::CountsOlderPrepareOks);
        if self.is_primary() && is_of_view {
            let known = self.acknowledged.entry(from).or_default();
            *known = op_number.max(*known);
            self.look_for_commits(ctx);
        }
    }

    /// Commits what a majority has in its logs.
    pub(super) fn look_for_commits(&mut self, ctx: &mut Ctx<'_>) {
        let needed = self.majority() - usize::from(self.has(VrFlaw::CommitsBelowQuorum));
        let mut reached = vec![0; self.replicas.len()];
        for (place, replica) in reached.iter_mut().zip(&self.replicas) {
            let theirs = self.acknowledged.get(replica).copied().unwrap_or_default();
            *place = if *replica == self.me { self.log.op_number() } else { theirs };
        }
        let committed = reached_by(needed.max(1), &mut reached).unwrap_or_default().min(self.log.op_number());
        if committed > self.commit_number {
            ctx.emit(Event::Committed { op_number: committed });
            self.execute_to(committed, ctx);
        }
    }

    /// Says that it is there, and sends again what is not acknowledged.
    pub(super) fn on_heartbeat_due(&mut self, ctx: &mut Ctx<'_>) {
        if !self.is_primary() {
            return;
        }
        let (view, commit_number) = (self.view, self.commit_number);
        ctx.set_timer(Timer::Heartbeat, self.config.heartbeat_interval);
        if !self.has(VrFlaw::NoCommitMessage) {
            self.broadcast(Body::Commit { view, commit_number }, ctx);
        }
        let others = self.replicas.iter().filter(|replica| **replica != self.me);
        for to in others {
            let has = self.acknowledged.get(to).copied().unwrap_or_default();
            for (op_number, entry) in self.log.after(commit_number.max(has)) {
                self.send(*to, Body::Prepare { view, op_number, entry: *entry, commit_number }, ctx);
            }
        }
    }
}

/// The backups.
impl Vr {
    /// "A backup waits until it has entries in its log for all earlier requests", and gets them by state transfer if it
    /// must.
    pub(super) fn on_prepare(
        &mut self,
        from: NodeId,
        view: u64,
        (op_number, entry): (u64, Entry),
        commit_number: u64,
        ctx: &mut Ctx<'_>,
    ) {
        if !self.hears_primary(from, view, ctx) {
            return;
        }
        if op_number > self.log.op_number() + 1 {
            self.ask_for_state(from, view, self.log.op_number(), ctx);
            if self.has(VrFlaw::AcknowledgesOverGaps) {
                self.send(from, Body::PrepareOk { view, op_number }, ctx);
            }
            return;
        }
        if op_number == self.log.op_number() + 1 {
            self.log.append(entry);
            ctx.emit(Event::Logged { view, op_number });
        }
        self.send(from, Body::PrepareOk { view, op_number: self.log.op_number() }, ctx);
        self.execute_to(commit_number, ctx);
    }

    pub(super) fn on_commit(&mut self, from: NodeId, view: u64, commit_number: u64, ctx: &mut Ctx<'_>) {
        if !self.hears_primary(from, view, ctx) {
            return;
        }
        if commit_number > self.log.op_number() {
            self.ask_for_state(from, view, self.log.op_number(), ctx);
        }
        self.execute_to(commit_number, ctx);
    }

    /// Whether this comes from the primary of the view in which it takes part. If that has gone on without it, it asks for
    /// the state.
    fn hears_primary(&mut self, from: NodeId, view: u64, ctx: &mut Ctx<'_>) -> bool {
        let takes_part = view == self.view && self.status == Status::Normal;
        if takes_part {
            self.arm_view_change_timer(ctx);
        } else if view >= self.view {
            if self.has(VrFlaw::TruncatesBeforeTransfer) {
                self.log.truncate(self.commit_number);
            }
            self.ask_for_state(from, view, self.keeps(false), ctx);
        }
        takes_part
    }
}

/// All replicas.
impl Vr {
    /// Executes, in order, what is committed and in its log. Whoever asked is answered by the primary.
    pub(super) fn execute_to(&mut self, commit_number: u64, ctx: &mut Ctx<'_>) {
        let once = !self.has(VrFlaw::ExecutesTwice);
        while self.commit_number < commit_number
            && let Some(entry) = self.log.get(self.commit_number + 1).copied()
        {
            self.commit_number += 1;
            self.note_executed(self.commit_number, entry);
            let applied = self.machine.apply(entry.request, &entry.op, once);
            if self.is_primary()
                && let Applied::Now(reply) | Applied::Before(reply) = applied
            {
                ctx.reply(entry.request, reply);
            }
        }
        let every = self.config.checkpoint_every;
        let is_due = every > 0 && self.commit_number >= self.log.base() + every;
        if is_due && !self.has(VrFlaw::LogGrows) {
            self.log.take_checkpoint(self.commit_number, self.machine.clone());
            ctx.emit(Event::TookCheckpoint { op_number: self.commit_number });
        }
    }

    /// Has this log from now on, and the state that it begins with if its own is older.
    pub(super) fn adopt(&mut self, log: Log, ctx: &mut Ctx<'_>) {
        self.log = log;
        let checkpoint = self.log.checkpoint();
        if checkpoint.op_number > self.commit_number {
            self.commit_number = checkpoint.op_number;
            self.machine = checkpoint.machine.clone();
            ctx.emit(Event::InstalledState { op_number: self.commit_number });
        }
    }

    /// Tells the primary of its view up to where its log goes, where that is not known to be committed.
    pub(super) fn acknowledge(&self, ctx: &mut Ctx<'_>) {
        let op_number = self.log.op_number();
        if op_number > self.commit_number {
            self.send(self.primary_of(self.view), Body::PrepareOk { view: self.view, op_number }, ctx);
        }
    }
}
