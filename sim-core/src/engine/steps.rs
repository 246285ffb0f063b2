//! Steps: an event comes up, a process handles it, its effects are carried out, and properties
//! check the result.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde::Serialize;

use crate::canonical::Value;
use crate::choices::{Point, Purpose, named};
use crate::client::ClientTimer;
use crate::context::Context;
use crate::effect::Answer;
use crate::fault::FailedWrites;
use crate::operator::OperatorAction;
use crate::process::{ProcessId, RequestId};
use crate::property::{Breach, Received, StepKind};
use crate::protocol::{DiskEvent, Protocol, SyncToken, has_recovering_states};
use crate::queue::Popped;
use crate::sabotage::Sabotage;
use crate::time::{Duration, Time};
use crate::timers::{Due, Expiry, Fired, Ticket};
use crate::trace::{LossReason, TraceKind};
use crate::world::{Idle, World};

use super::pending::{Delivery, Payload, Pending, SyncEnd};
use super::{Engine, Phase};

/// What the words of the trace hash begin with. The numbers are part of every hash.
#[derive(Clone, Copy, Debug)]
#[repr(u8)]
pub(super) enum Tag {
    Message = 1,
    Request = 2,
    Answer = 3,
    Timer = 4,
    Synced = 5,
    Report = 6,
    Boot = 7,
    Crash = 8,
    Halt = 9,
    Write = 10,
    Sync = 11,
    Announce = 12,
    FaultBegins = 13,
    FaultEnds = 14,
    Heal = 15,
    Reply = 16,
    Operator = 17,
    SyncFailed = 18,
    DiskFull = 19,
    Corrupt = 20,
    Wipe = 21,
    Stabilised = 22,
    ReadFailed = 23,
    Detected = 24,
}

impl<P: Protocol> Engine<'_, P> {
    /// An event has come up. It happens, or waits until its process runs, or is void.
    ///
    /// Small events are read in place: only a delivery is worth moving.
    #[inline(always)]
    pub(super) fn dispatch(&mut self, popped: Popped) {
        let due = Due { time: self.now, sequence: popped.sequence() };
        match *self.queue.item(popped) {
            Pending::Delivery(_) => {
                if let Pending::Delivery(delivery) = self.queue.take(popped) {
                    self.arrive(delivery, due);
                }
            }
            Pending::Timer { process, incarnation, ticket } => {
                self.queue.take(popped);
                if self.is_up_in(process, incarnation) {
                    self.timer_comes_up(ProcessId(process), incarnation, ticket, due);
                }
            }
            Pending::Synced { process, incarnation, end, .. } => {
                self.queue.take(popped);
                if self.is_up_in(process, incarnation) {
                    let end = self.make_durable(process, end);
                    self.synced_or_wait(ProcessId(process), end);
                }
            }
            Pending::Report { process, incarnation, sync, end, token } => {
                self.queue.take(popped);
                if self.is_up_in(process, incarnation) {
                    let end = self.make_durable(process, end);
                    let report = Pending::Report { process, incarnation, sync, end, token };
                    self.report_or_wait(ProcessId(process), end, token, report);
                }
            }
            Pending::Rested { process, incarnation, .. } => {
                self.queue.take(popped);
                if self.is_up_in(process, incarnation) {
                    self.status[process as usize].idle.remove(Idle::SLOW);
                    self.wake(ProcessId(process));
                }
            }
            Pending::Operator { process, .. } => {
                let asked = self.queue.take(popped);
                self.operator_comes(process, asked);
            }
            Pending::Detected { process, stopped } => {
                self.queue.take(popped);
                self.detection_comes(ProcessId(process), ProcessId(stopped));
            }
            Pending::Adversary { part, timer, .. } => {
                self.queue.take(popped);
                self.adversary_timer(part, timer);
            }
        }
    }

    #[cold]
    fn operator_comes(&mut self, process: u32, asked: Pending<P>) {
        let idle = self.status[process as usize].idle;
        match asked {
            Pending::Operator { action, .. } if idle.is_none() => self.operate(ProcessId(process), &action),
            asked if !idle.has(Idle::DOWN) => self.local[process as usize].inbox.push_back(asked),
            _ => {}
        }
    }

    fn operate(&mut self, process: ProcessId, action: &OperatorAction) {
        self.begin_step(Tag::Operator, process.0, 0);
        self.hasher.value(action);
        if self.trace.is_some() {
            self.record(Some(process), None, TraceKind::Operator { action: action.clone() });
        }
        self.handle(process, |node, ctx| node.on_operator(action, ctx));
        self.complete(process, StepKind::Operator);
    }

    /// A message is due.
    ///
    /// It is split into its parts, and put together again only for rare cases: a message whose
    /// address is taken would be kept in memory, and be copied there and back.
    #[inline(always)]
    fn arrive(&mut self, delivery: Delivery<P>, due: Due) {
        let Delivery { from, to, nth, cause, payload } = delivery;
        if self.unusual.arriving
            && let Some(obstacle) = self.obstacle((from, to), nth, cause, due.time)
        {
            return self.turn_away(Delivery { from, to, nth, cause, payload }, obstacle, due.sequence);
        }
        if self.status[to as usize].idle.is_none() {
            self.deliver(Delivery { from, to, nth, cause, payload });
        } else {
            self.wait_or_lose(Delivery { from, to, nth, cause, payload });
        }
    }

    /// Whether the process is up in this incarnation: what it asked for before it stopped is void.
    #[inline(always)]
    fn is_up_in(&self, process: u32, incarnation: u32) -> bool {
        let status = self.status[process as usize];
        status.incarnation == incarnation && !status.idle.has(Idle::DOWN)
    }

    #[inline(always)]
    pub(super) fn expire(&mut self, process: ProcessId, ticket: Ticket, due: Due) -> Expiry {
        match self.client_index(process) {
            Some(client) => self.client_timers[client].expire(ticket, due),
            None => self.local[process.index()].timers.expire(ticket, due),
        }
    }

    #[inline(always)]
    fn timer_comes_up(&mut self, process: ProcessId, incarnation: u32, ticket: Ticket, due: Due) {
        if self.status[process.index()].idle.is_none() {
            return self.fire(process, incarnation, ticket, due);
        }
        let pending = Pending::Timer { process: process.0, incarnation, ticket };
        match self.expire(process, ticket, due) {
            Expiry::Due => self.local[process.index()].inbox.push_back(pending),
            Expiry::Later(later) => self.push(later, pending),
            Expiry::Void => {}
        }
    }

    #[cold]
    fn wait_or_lose(&mut self, delivery: Delivery<P>) {
        let idle = self.status[delivery.to as usize].idle;
        if idle.has(Idle::DOWN) {
            self.lose(delivery, LossReason::Down);
        } else if idle.has(Idle::POSSESSED) {
            self.adversary_receives(delivery);
        } else {
            self.local[delivery.to as usize].inbox.push_back(Pending::Delivery(delivery));
        }
    }

    /// A sync has ended. Says how: the writes that it covers may be gone by now.
    pub(super) fn make_durable(&mut self, process: u32, end: SyncEnd) -> SyncEnd {
        let disk = &mut self.site.disks[process as usize];
        match end {
            SyncEnd::Durable(writes) if disk.has_lost(writes) => {
                return SyncEnd::Failed(writes, FailedWrites::Unsynced);
            }
            SyncEnd::Durable(_) if self.simulation.env.sabotage == Some(Sabotage::NoSync) => {}
            SyncEnd::Durable(writes) => disk.synced(writes),
            SyncEnd::Failed(writes, become_of) => disk.fail(writes, become_of),
        }
        end
    }

    fn report_or_wait(&mut self, process: ProcessId, end: SyncEnd, token: SyncToken, report: Pending<P>) {
        if self.status[process.index()].idle.is_none() {
            self.report(process, end, token);
        } else {
            self.local[process.index()].inbox.push_back(report);
        }
    }

    /// A process that may run handles the first of the events that wait for it.
    #[cold]
    pub(super) fn take_up_waiting(&mut self, process: ProcessId) {
        self.status[process.index()].idle.remove(Idle::BACKLOG);
        if !self.status[process.index()].idle.is_none() {
            return;
        }
        let Some(pending) = self.next_waiting(process) else { return };
        let backlog = &mut self.local[process.index()].backlog;
        *backlog = backlog.saturating_sub(1);
        match pending {
            Pending::Delivery(delivery) => self.deliver(delivery),
            Pending::Timer { incarnation, ticket, .. } => {
                let now = Due { time: self.now, sequence: u64::MAX };
                self.fire(process, incarnation, ticket, now);
            }
            Pending::Report { end, token, .. } => self.report(process, end, token),
            Pending::Operator { action, .. } => self.operate(process, &action),
            Pending::Detected { stopped, .. } => self.tell_of(process, ProcessId(stopped)),
            Pending::Synced { .. } | Pending::Rested { .. } | Pending::Adversary { .. } => {
                unreachable!("these never wait")
            }
        }
        self.wake(process);
    }

    /// The next of the waiting events. After a pause the order is drawn, but each FIFO link and the disk
    /// stay first in, first out.
    fn next_waiting(&mut self, process: ProcessId) -> Option<Pending<P>> {
        let waiting = self.local[process.index()].inbox.len();
        if !self.local[process.index()].shuffled || waiting < 2 {
            self.local[process.index()].shuffled = false;
            return self.local[process.index()].inbox.pop_front();
        }
        let eligible = self.eligible(process);
        self.local[process.index()].taken_up += 1;
        let ordinal = self.local[process.index()].taken_up;
        let point = Point::of_copy(Purpose::Order, process.0, ordinal, 0xfc);
        let who = self.identities[process.index()];
        let name = named!("{who} backlog#{ordinal} order");
        let chosen = self.draws.choices.choose(point, name, eligible.len() as u64) as usize;
        self.local[process.index()].inbox.remove(eligible[chosen])
    }

    /// The positions of the waiting events that may be first: only the earliest message of a FIFO
    /// link, and only the earliest report of the disk.
    fn eligible(&self, process: ProcessId) -> Vec<usize> {
        let fifo = self.links.profile().fifo;
        let mut lanes = BTreeSet::new();
        let inbox = self.local[process.index()].inbox.iter().enumerate();
        inbox
            .filter(|(_, pending)| pending.lane(fifo).is_none_or(|lane| lanes.insert(lane)))
            .map(|(at, _)| at)
            .collect()
    }

    /// If nothing keeps the process from running, it handles what waits for it.
    pub(super) fn wake(&mut self, process: ProcessId) {
        let idle = &mut self.status[process.index()].idle;
        if idle.is_none() && !self.local[process.index()].inbox.is_empty() {
            idle.add(Idle::BACKLOG);
            self.ready.push_back(process);
        }
    }

    /// Begins a step: counts and hashes it.
    #[inline(always)]
    pub(super) fn begin_step(&mut self, tag: Tag, from: u32, to: u32) {
        self.steps += 1;
        self.hash_event(tag, from, to);
    }

    #[inline(always)]
    pub(super) fn hash_event(&mut self, tag: Tag, from: u32, to: u32) {
        self.hasher.word(self.now.as_nanos());
        self.hasher.word((tag as u64) << 56 | u64::from(from) << 28 | u64::from(to));
    }

    /// Hashes a value of the protocol's own types. Their `Serialize` is the protocol's code: a
    /// panic in it, such as for a map whose keys do not ascend, is the protocol's fault.
    #[inline(always)]
    pub(super) fn hash_of(&mut self, process: ProcessId, value: &impl Serialize) {
        self.phase = Phase::Node(process);
        self.hasher.value(value);
        self.phase = Phase::Engine;
    }

    /// Lets the node of a process handle something.
    #[inline(always)]
    pub(super) fn handle(&mut self, process: ProcessId, handler: impl FnOnce(&mut P, &mut Context<'_, P>)) {
        let (node, mut context) = self.node_and_context(process);
        handler(node, &mut context);
        self.phase = Phase::Engine;
    }

    /// The node of a process, and the context for its handler. Until the phase is the engine's
    /// again, failures are the node's fault.
    #[inline(always)]
    fn node_and_context(&mut self, process: ProcessId) -> (&mut P, Context<'_, P>) {
        let node = self.nodes[process.index()].as_mut().expect("a node that runs is up");
        self.phase = Phase::Node(process);
        let context = Context {
            process,
            name: self.identities[process.index()],
            now: self.now,
            site: &self.site,
            effects: &mut self.effects,
            draws: &mut self.draws,
            logs: self.trace.is_some(),
            asked: None,
        };
        (node, context)
    }

    #[inline(always)]
    fn deliver(&mut self, delivery: Delivery<P>) {
        let Delivery { from, to, cause, payload, .. } = delivery;
        self.delivered += 1;
        let process = ProcessId(to);
        match payload {
            Payload::Peer(message) => {
                self.begin_step(Tag::Message, from, to);
                self.hash_of(process, &message);
                if self.trace.is_some() {
                    self.trace_delivery(from, to, cause, Value::of(&message));
                }
                let sender = self.identities[from as usize].identity();
                if self.shows_messages {
                    self.seen.received = Some(Received { from: sender, sent_in: cause, message: message.clone() });
                }
                // The most common step by far: a closure would add a call that is not inlined.
                let (node, mut context) = self.node_and_context(process);
                node.on_message(sender, message, &mut context);
                self.phase = Phase::Engine;
                self.complete(process, StepKind::Message);
            }
            Payload::Request(request, op) => self.deliver_request(from, process, cause, request, op),
            Payload::Answer(request, answer) => self.deliver_answer(from, process, cause, request, answer),
        }
    }

    fn deliver_request(&mut self, from: u32, process: ProcessId, cause: u64, request: RequestId, op: P::Op) {
        self.begin_step(Tag::Request, from, process.0);
        self.hasher.value(&request);
        self.hash_of(process, &op);
        if self.trace.is_some() {
            let message = Payload::<P>::Request(request, op.clone()).value();
            self.trace_delivery(from, process.0, cause, message);
        }
        self.handle(process, |node, ctx| {
            ctx.asked = Some(request);
            node.on_request(request, op, ctx);
        });
        self.complete(process, StepKind::Request);
    }

    fn deliver_answer(
        &mut self,
        from: u32,
        process: ProcessId,
        cause: u64,
        request: RequestId,
        answer: Answer<P::Reply>,
    ) {
        self.begin_step(Tag::Answer, from, process.0);
        self.hasher.value(&request);
        self.hash_of(ProcessId(from), &answer);
        if self.trace.is_some() {
            let message = Payload::<P>::Answer(request, answer.clone()).value();
            self.trace_delivery(from, process.0, cause, message);
        }
        let sender = self.identities[from as usize].identity();
        self.handle_client(process, Some(sender), |client, ctx| client.on_answer(sender, request, answer, ctx));
        self.complete(process, StepKind::Client);
    }

    /// A timer fires at a process that runs, if it is due by `by`.
    fn fire(&mut self, process: ProcessId, incarnation: u32, ticket: Ticket, by: Due) {
        if let Some(client) = self.client_index(process) {
            match self.client_timers[client].fire(ticket, by) {
                Fired::Fires(timer) => self.fire_client(process, timer),
                fired => self.put_back(process, incarnation, ticket, fired),
            }
            return;
        }
        match self.local[process.index()].timers.fire(ticket, by) {
            Fired::Fires(timer) => {
                self.begin_step(Tag::Timer, process.0, process.0);
                self.hash_of(process, &timer);
                if self.trace.is_some() {
                    self.record(Some(process), None, TraceKind::Timer { timer: Value::of(&timer) });
                }
                self.handle(process, |node, ctx| node.on_timer(timer, ctx));
                self.complete(process, StepKind::Timer);
            }
            fired => self.put_back(process, incarnation, ticket, fired),
        }
    }

    /// A timer has been armed for later.
    fn put_back<T>(&mut self, process: ProcessId, incarnation: u32, ticket: Ticket, fired: Fired<T>) {
        if let Fired::Later(due) = fired {
            self.push(due, Pending::Timer { process: process.0, incarnation, ticket });
        }
    }

    fn fire_client(&mut self, process: ProcessId, timer: ClientTimer) {
        self.begin_step(Tag::Timer, process.0, process.0);
        self.hasher.value(&timer);
        self.handle_client(process, None, |client, ctx| client.on_timer(timer, ctx));
        self.complete(process, StepKind::Client);
    }

    /// A paused node goes on in the middle of its step when its pause ends.
    fn synced_or_wait(&mut self, process: ProcessId, end: SyncEnd) {
        if self.status[process.index()].idle.has(Idle::PAUSED) {
            self.local[process.index()].synced_in_pause = Some(end);
        } else {
            self.synced(process, end);
        }
    }

    /// The sync that a node waits for has ended: its suspended effects go on, unless it failed.
    pub(super) fn synced(&mut self, process: ProcessId, end: SyncEnd) {
        if let SyncEnd::Failed(..) = end {
            return self.sync_failed(process, None);
        }
        self.begin_step(Tag::Synced, process.0, process.0);
        if self.trace.is_some() {
            self.record(Some(process), None, TraceKind::Synced);
        }
        self.status[process.index()].idle.remove(Idle::SYNCING);
        self.recall_seen(process);
        self.effects = std::mem::take(&mut self.local[process.index()].suspended);
        let kind = self.local[process.index()].suspended_kind;
        self.complete(process, kind);
        self.wake(process);
    }

    /// What was done in a step before the sync that it waited for.
    pub(super) fn recall_seen(&mut self, process: ProcessId) {
        self.seen.append(&mut self.local[process.index()].suspended_seen);
    }

    /// A sync has failed: the node is told, and the effects after the sync do not happen.
    #[cold]
    fn sync_failed(&mut self, process: ProcessId, token: Option<SyncToken>) {
        self.begin_step(Tag::SyncFailed, process.0, 0);
        self.record(Some(process), None, TraceKind::SyncFailed);
        self.status[process.index()].idle.remove(Idle::SYNCING);
        self.local[process.index()].disk_failed = true;
        self.site.disks[process.index()].told();
        self.local[process.index()].suspended.clear();
        if self.crash_at_failed_sync(process) {
            return;
        }
        self.local[process.index()].is_doomed = false;
        self.recall_seen(process);
        self.handle(process, |node, ctx| node.on_disk(DiskEvent::Failed(token), ctx));
        self.complete(process, StepKind::Disk);
        self.wake(process);
    }

    /// A sync that nobody waited for has ended: the node is told.
    fn report(&mut self, process: ProcessId, end: SyncEnd, token: SyncToken) {
        if let SyncEnd::Failed(..) = end {
            return self.sync_failed(process, Some(token));
        }
        self.begin_step(Tag::Report, process.0, process.0);
        self.hasher.value(&token);
        if self.trace.is_some() {
            self.record(Some(process), None, TraceKind::Synced);
        }
        self.handle(process, |node, ctx| node.on_disk(DiskEvent::Synced(token), ctx));
        self.complete(process, StepKind::Disk);
    }

    /// A process boots, for the first time or again.
    pub(super) fn boot(&mut self, process: ProcessId) {
        let (index, who) = (process.index(), self.identities[process.index()].identity());
        if !has_recovering_states::<P>() {
            self.count_as_down(process, false);
        }
        (self.local[index].disk_failed, self.local[index].has_quit) = (false, false);
        self.status[index].incarnation += 1;
        self.status[index].idle = Idle::default();
        if self.local[index].pauses > 0 {
            self.status[index].idle.add(Idle::PAUSED);
        }
        let incarnation = self.status[index].incarnation;
        self.draws.own[index].incarnation = incarnation;
        self.site.clocks[index].boot(self.now);
        if let Some(disk) = self.site.disks.get_mut(index) {
            disk.told();
        }
        self.faults.last_boot = self.now;
        self.begin_step(Tag::Boot, process.0, incarnation);
        if self.trace.is_some() {
            let records = self.site.disks.get(index).map_or(0, |disk| disk.records().len() as u64);
            self.record(Some(process), None, TraceKind::Boot { incarnation, records });
        }
        if incarnation == 1 {
            self.tell_of_the_past(process);
        }
        if self.client_index(process).is_some() {
            self.handle_client(process, None, |client, ctx| client.on_start(ctx));
            self.complete(process, StepKind::Client);
        } else {
            self.phase = Phase::Node(process);
            self.nodes[index] =
                Some(self.simulation.build_node(who, &self.site.nodes, self.local[index].configuration));
            match self.fails_to_read(process) {
                Some(record) => self.handle(process, |node, ctx| node.on_disk(DiskEvent::ReadFailed { record }, ctx)),
                None => self.handle(process, |node, ctx| node.on_start(ctx)),
            }
            self.complete(process, StepKind::Boot);
        }
    }

    /// Carries out the effects of a handler; once all are done, properties check the world.
    #[inline(always)]
    pub(super) fn complete(&mut self, process: ProcessId, kind: StepKind) {
        if self.unusual.stepping {
            return self.complete_with_care(process, kind);
        }
        if self.effects.is_empty() || self.carry_out(process, kind) {
            self.let_properties_look(process, kind);
        }
    }

    /// The same if a crash may fall into the step, or there may be more to do after it.
    #[cold]
    fn complete_with_care(&mut self, process: ProcessId, kind: StepKind) {
        if self.faults.armed_crashes > 0 && self.crash_mid_step(process, kind) {
            return;
        }
        let goes_on = match self.minds_boundaries() {
            true => self.carry_out_one_by_one(process, kind),
            false => self.effects.is_empty() || self.carry_out(process, kind),
        };
        if !goes_on {
            return;
        }
        if self.faults.watches_states {
            self.look_for_states(process);
        }
        self.look_for_recovery(process);
        if self.faults.slow > 0
            && let Some(takes) = self.step_takes(process)
        {
            self.rest(process, takes);
        }
        self.look(process, kind);
    }

    /// A slow process needs time after a step.
    fn rest(&mut self, process: ProcessId, takes: Duration) {
        let incarnation = self.status[process.index()].incarnation;
        self.status[process.index()].idle.add(Idle::SLOW);
        let due = Due { time: self.now.saturating_add(takes), sequence: self.next_sequence() };
        let rests = &mut self.local[process.index()].rests;
        *rests += 1;
        let rest = *rests;
        self.push(due, Pending::Rested { process: process.0, incarnation, rest });
    }

    /// Properties check the world after a step of `process`, and the engine checks for awaited
    /// progress.
    pub(super) fn look(&mut self, process: ProcessId, kind: StepKind) {
        if self.byzantine.contains(&process) {
            // Nothing is expected of it.
            self.seen.clear();
        } else {
            self.let_properties_look(process, kind);
        }
        self.look_for_awaited_progress();
    }

    /// Checks for awaited progress.
    pub(super) fn look_for_awaited_progress(&mut self) {
        if self.steps_are_watched() {
            self.look_for_progress();
        }
    }

    #[inline(always)]
    fn let_properties_look(&mut self, process: ProcessId, kind: StepKind) {
        if !self.properties.is_empty() || !self.measures.is_empty() {
            let world = World {
                now: self.now,
                nodes: &self.nodes,
                site: &self.site,
                status: &self.status,
                history: &self.history,
                byzantine: &self.byzantine,
            };
            let step = self.seen.step(self.steps, process, kind);
            // Excused properties are skipped from now on; the others have to see every step.
            let mut breaches = Vec::new();
            for (index, judge) in self.properties.iter_mut().enumerate() {
                self.phase = Phase::Property(index);
                if let Err(breach) = judge.property.after_step(&world, &step) {
                    breaches.push((judge.name.clone(), breach));
                    if !self.simulation.env.follows_beyond_model {
                        break;
                    }
                }
            }
            self.phase = Phase::System;
            self.measures.iter_mut().for_each(|measure| measure.after_step(&world, &step));
            self.phase = Phase::Engine;
            if !breaches.is_empty() {
                self.all_violated(breaches);
            }
        }
        self.seen.clear();
    }

    #[cold]
    fn all_violated(&mut self, breaches: Vec<(Cow<'static, str>, Breach)>) {
        for (property, breach) in breaches {
            self.violated(&property, breach);
        }
    }

    /// The local time of a process.
    pub(super) fn local_now(&self, process: ProcessId) -> Time {
        self.site.clocks[process.index()].monotonic(self.now)
    }
}
