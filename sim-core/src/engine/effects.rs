//! Carries out what handlers ask for, in order.

use crate::canonical::{Value, hash_of_value, kind_of};
use crate::choices::{Choices, Point, Purpose, Question, Rest};
use crate::disk::Write;
use crate::effect::Effect;
use crate::process::{NodeId, ProcessId};
use crate::property::StepKind;
use crate::protocol::{DiskEvent, Protocol, SyncToken, WriteToken};
use crate::time::{Duration, Time};
use crate::timers::Due;
use crate::trace::TraceKind;
use crate::world::Idle;

use super::pending::{Payload, Pending, SyncEnd};
use super::steps::Tag;
use super::{Engine, Phase};

/// Whether the effects that follow can be carried out now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    Goes,
    /// They wait for the disk.
    Waits,
    /// The node has stopped: they never are carried out.
    Never,
}

impl<P: Protocol> Engine<'_, P> {
    /// Carries out the effects of a step of `process`. Says whether the step is complete: it is not
    /// if the node waits for its disk or has stopped.
    #[inline(always)]
    pub(super) fn carry_out(&mut self, process: ProcessId, kind: StepKind) -> bool {
        // The first is last now, where it is cheap to take.
        if self.effects.len() > 1 {
            self.effects.reverse();
        }
        while let Some(effect) = self.effects.pop() {
            // Most effects are of the first two kinds: they skip the call.
            let next = match effect {
                Effect::Send { to, message } => {
                    self.send(process, to, message);
                    continue;
                }
                Effect::SetTimer { timer, after } => {
                    self.set_timer(process, timer, after);
                    continue;
                }
                effect => self.carry_out_one(process, effect),
            };
            if next != Next::Goes {
                self.leave_rest(process, kind, next);
                return false;
            }
        }
        true
    }

    /// The remaining effects wait, or are never carried out.
    #[cold]
    pub(super) fn leave_rest(&mut self, process: ProcessId, kind: StepKind, next: Next) {
        if next == Next::Waits {
            self.effects.reverse();
            let local = &mut self.local[process.index()];
            local.suspended = std::mem::take(&mut self.effects);
            local.suspended_kind = kind;
            local.suspended_seen.append(&mut self.seen);
        }
        self.effects.clear();
    }

    pub(super) fn carry_out_one(&mut self, process: ProcessId, effect: Effect<P>) -> Next {
        match effect {
            Effect::Send { to, message } => self.send(process, to, message),
            Effect::SetTimer { timer, after } => self.set_timer(process, timer, after),
            Effect::CancelTimer { timer } => self.local[process.index()].timers.cancel(&timer),
            Effect::Write(write) => return self.write(process, write),
            Effect::TryWrite { write, token } => self.try_write(process, write, token),
            Effect::Sync => return self.sync(process),
            Effect::SyncThen { token } => self.sync_then(process, token),
            Effect::Answer { request, answer } => {
                self.hash_event(Tag::Reply, process.0, request.client.index());
                self.transmit(process, request.client, Payload::Answer(request, answer));
            }
            Effect::Emit { event } => self.announce(process, event),
            Effect::Log { line } => self.record(Some(process), None, TraceKind::Log { line }),
            Effect::Halt { reason } => {
                self.halt(process, reason);
                return Next::Never;
            }
        }
        Next::Goes
    }

    #[inline]
    fn send(&mut self, process: ProcessId, to: NodeId, message: P::Message) {
        if self.shows_messages {
            self.seen.sent.push((to, message.clone()));
        }
        self.transmit(process, to, Payload::Peer(message));
    }

    #[inline]
    fn set_timer(&mut self, process: ProcessId, timer: P::Timer, after: Duration) {
        let name = |choices: &mut Choices, arming, who| {
            choices.name_timer(arming, who, hash_of_value(&timer), || Value::of(&timer).to_string());
        };
        let (due, arm) = self.number_timer(process, after, || kind_of(&timer), name);
        if let Some(ticket) = self.local[process.index()].timers.arm(timer, due, arm) {
            let incarnation = self.status[process.index()].incarnation;
            self.push(due, Pending::Timer { process: process.0, incarnation, ticket });
        }
    }

    /// When a timer that a process arms for `after` from now on its clock is due, and the number of
    /// this arming. `name` names it if choices are named.
    #[inline]
    pub(super) fn number_timer(
        &mut self,
        process: ProcessId,
        after: Duration,
        kind: impl FnOnce() -> &'static str,
        name: impl FnOnce(&mut Choices, (u32, u64), NodeId),
    ) -> (Due, u64) {
        let mut time = self.now.saturating_add(self.site.clocks[process.index()].true_span(after));
        if self.unusual.arming {
            time = self.arm_with_care(process, time, kind, name);
        }
        let arms = &mut self.local[process.index()].arms;
        *arms += 1;
        let arm = *arms;
        (Due { time, sequence: self.next_sequence() }, arm)
    }

    /// Names a timer if choices are named, changes its time if that is asked for, delays it if faults do, and tells
    /// scripts of it.
    #[cold]
    fn arm_with_care(
        &mut self,
        process: ProcessId,
        time: Time,
        kind: impl FnOnce() -> &'static str,
        name: impl FnOnce(&mut Choices, (u32, u64), NodeId),
    ) -> Time {
        let mut time = time;
        if self.draws.choices.uses_names() {
            let arming = (process.0, self.local[process.index()].arms + 1);
            let point = Point::new(Purpose::Timeout, arming.0, arming.1);
            time = self.now.saturating_add(self.draws.choices.disturbed(point, time.since(self.now), None));
            // What the timer is, it tells itself.
            self.phase = Phase::Node(process);
            name(&mut self.draws.choices, arming, self.identities[process.index()]);
            self.phase = Phase::Engine;
        }
        self.wake_scripts();
        if self.faults.late_timers > 0 { self.late(process, time, kind()) } else { time }
    }

    fn write(&mut self, process: ProcessId, write: Write<P::Record>) -> Next {
        if !self.local[process.index()].troubles.is_empty() && self.finds_disk_full(process, &write) {
            return Next::Goes;
        }
        self.write_down(process, write);
        Next::Goes
    }

    /// A write whose node goes on where the disk is full.
    fn try_write(&mut self, process: ProcessId, write: Write<P::Record>, token: WriteToken) {
        if self.local[process.index()].troubles.is_empty() || !self.refuses(process, &write, token) {
            self.write_down(process, write);
        }
    }

    fn write_down(&mut self, process: ProcessId, write: Write<P::Record>) {
        self.hash_event(Tag::Write, process.0, 0);
        match &write {
            Write::Append(record) => self.hash_of(process, record),
            Write::Truncate(keep) => self.hasher.word(*keep),
            Write::Replace(records) => self.hash_of(process, records),
        }
        if self.trace.is_some() {
            self.trace_write(process, &write);
        }
        self.site.disks[process.index()].write(write);
    }

    /// Whether a write finds the disk full, and its node hears of it and goes on. Then no later write of the step
    /// is done that would too: a log has no holes.
    #[cold]
    fn refuses(&mut self, process: ProcessId, write: &Write<P::Record>, token: WriteToken) -> bool {
        let room = self.site.disks[process.index()].records().len();
        let has_refused = self.local[process.index()].refused == self.steps;
        if !write.makes_longer(room) || !(has_refused || self.is_full(process)) {
            return false;
        }
        self.local[process.index()].refused = self.steps;
        let mut rest = std::mem::take(&mut self.effects);
        self.hear_that_it_is_full(process, DiskEvent::Refused(token), room);
        // What it does about it comes before what it has asked for already.
        rest.append(&mut self.effects);
        self.effects = rest;
        true
    }

    /// Whether a write finds the disk full. Then neither the write nor the effects after it happen,
    /// and the node's reaction replaces them.
    #[cold]
    fn finds_disk_full(&mut self, process: ProcessId, write: &Write<P::Record>) -> bool {
        let room = self.site.disks[process.index()].records().len();
        if !write.makes_longer(room) || !self.is_full(process) {
            return false;
        }
        self.effects.clear();
        self.hear_that_it_is_full(process, DiskEvent::Full, room);
        true
    }

    /// A node hears that its disk is full, in the middle of its step. What it does about it is all that is to be
    /// carried out then, the first of it last.
    fn hear_that_it_is_full(&mut self, process: ProcessId, event: DiskEvent, room: usize) {
        self.local[process.index()].disk_failed = true;
        self.hash_event(Tag::DiskFull, process.0, 0);
        self.record(Some(process), None, TraceKind::DiskFull);
        self.handle(process, |node, ctx| node.on_disk(event, ctx));
        if self.effects.iter().any(|effect| effect.makes_longer(room)) {
            self.effects.clear();
            self.effects.push(Effect::Halt { reason: "it wrote on although it was told that its disk is full" });
        }
        self.effects.reverse();
    }

    fn sync(&mut self, process: ProcessId) -> Next {
        if self.site.disks[process.index()].unsynced() == 0 {
            return Next::Goes;
        }
        let (sync, end, done) = self.begin_sync(process, true);
        if let (SyncEnd::Durable(writes), true) = (end, done == self.now) {
            self.make_durable(process.0, SyncEnd::Durable(writes));
            return Next::Goes;
        }
        let incarnation = self.status[process.index()].incarnation;
        self.status[process.index()].idle.add(Idle::SYNCING);
        let due = Due { time: done, sequence: self.next_sequence() };
        let synced = Pending::Synced { process: process.0, incarnation, sync, end };
        self.push(due, synced);
        Next::Waits
    }

    fn sync_then(&mut self, process: ProcessId, token: SyncToken) {
        let (sync, end, done) = self.begin_sync(process, false);
        let incarnation = self.status[process.index()].incarnation;
        // Reports of syncs that take no time must still come one after the other.
        let local = &mut self.local[process.index()];
        let time = done.max(local.reported.saturating_add(Duration::from_nanos(1)));
        (local.reported, local.disk_free) = (time, time);
        let due = Due { time, sequence: self.next_sequence() };
        let report = Pending::Report { process: process.0, incarnation, sync, end, token };
        self.push(due, report);
    }

    /// The disk starts to make everything written so far durable, after what it is busy with.
    /// Returns which sync of the process it is, how it will end, and when.
    fn begin_sync(&mut self, process: ProcessId, waits: bool) -> (u64, SyncEnd, Time) {
        self.hash_event(Tag::Sync, process.0, u32::from(waits));
        let (low, high) = self.sync_range(process);
        let local = &mut self.local[process.index()];
        local.syncs += 1;
        let (count, who) = (local.syncs, self.identities[process.index()]);
        let point = Point::new(Purpose::SyncDelay, process.0, count);
        let width = high.as_nanos() - low.as_nanos() + 1;
        let question = || Question::Numbered { who, what: "sync", ordinal: count, rest: Rest::Of("delay") };
        let beyond = self.draws.choices.choose(point, question, width);
        let sync = self.draws.choices.disturbed(point, low + Duration::from_nanos(beyond), Some(high));
        let done = self.now.max(local.disk_free).saturating_add(sync);
        local.disk_free = done;
        let takes = done.since(self.now);
        if self.trace.is_some() {
            self.record(Some(process), None, TraceKind::Sync { waits, takes });
        }
        let has_trouble = !self.local[process.index()].troubles.is_empty();
        let failed = if has_trouble { self.sync_fails(process, count) } else { None };
        let writes = self.site.disks[process.index()].writes();
        let end = failed.map_or(SyncEnd::Durable(writes), |become_of| SyncEnd::Failed(writes, become_of));
        (count, end, done)
    }
}
