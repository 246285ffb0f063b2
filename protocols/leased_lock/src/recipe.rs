//! A holder's side of the lock on a replicated log: its session, and its places in line.

use std::collections::{BTreeMap, BTreeSet};

use sim_core::{NodeId, Time};

use super::flaws::LockFlaw;
use super::guard::Guard;
use super::holder::{Holder, Place, Stage};
use super::message::{Event, Message, Record, SectionId, Timer};
use super::node::Ctx;
use super::tree::SessionId;

/// A holder's session.
#[derive(Debug, Default)]
pub(super) struct Session {
    /// Which of the servers it asks.
    server: usize,
    /// How often it has said that it is alive.
    beats: u64,
    /// When it said so, as long as there is no answer to that or a later one.
    said: BTreeMap<u64, Time>,
    /// Until when it is alive for sure, by the monotonic clock.
    until: Option<Time>,
    /// For how many beats nobody has answered.
    unanswered: u32,
    /// The sections whose nodes are to go.
    left: BTreeSet<u64>,
}

/// How far a section has come in line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum InLine {
    /// It asks for its place.
    Entering,
    /// It asks to hear when the node before its own goes.
    AsksToWatch(u64),
    /// It waits to hear of it, from the server in the boot with this name.
    Watching(u64, u64),
}

impl Holder {
    fn session_id(&self) -> SessionId {
        SessionId { holder: self.me, boot: self.boot }
    }

    fn server(&self) -> NodeId {
        self.instances[self.session.server % self.instances.len()]
    }

    /// It is time to say that it is alive.
    pub(super) fn beat(&mut self, ctx: &mut Ctx<'_>) {
        if self.session.unanswered >= 2 {
            self.session.server += 1;
            self.session.unanswered = 0;
        }
        self.session.unanswered += 1;
        self.say_alive(ctx);
        ctx.set_timer(Timer::Beat, self.config.beat_interval());
    }

    fn say_alive(&mut self, ctx: &mut Ctx<'_>) {
        self.session.beats += 1;
        let beat = self.session.beats;
        self.session.said.insert(beat, ctx.now());
        let left = self.session.left.iter().copied().collect();
        ctx.send(self.server(), Message::Beat { session: self.session_id(), beat, left });
    }

    /// Another server leads.
    pub(super) fn redirected(&mut self, from: NodeId, leader: Option<NodeId>, ctx: &mut Ctx<'_>) {
        let known = leader.and_then(|leader| self.instances.iter().position(|server| *server == leader));
        if let Some(server) = known.filter(|_| from == self.server()) {
            self.session.server = server;
            self.session.unanswered = 0;
            self.say_alive(ctx);
        }
    }

    /// The session is alive for some time, or has ended.
    pub(super) fn beat_answered(&mut self, answer: BeatAnswer, ctx: &mut Ctx<'_>) {
        let BeatAnswer { session, beat, is_alive, gone, fired, server } = answer;
        if session != self.session_id() {
            return;
        }
        self.session.unanswered = 0;
        if !is_alive {
            return self.session_ended(ctx);
        }
        gone.iter().for_each(|number| _ = self.session.left.remove(number));
        if let Some(said) = self.session.said.get(&beat).copied() {
            self.session.said = self.session.said.split_off(&(beat + 1));
            let lease = self.config.lease();
            self.session.until = self.session.until.max(Some(said + lease));
            self.renew_all(ctx);
        }
        fired.into_iter().for_each(|(number, node)| self.fired(number, node, ctx));
        self.watch_again(server, ctx);
    }

    /// Every lock that it has is held for as long as the session is alive.
    fn renew_all(&mut self, ctx: &mut Ctx<'_>) {
        let Some(until) = self.session.until else { return };
        let held =
            |stage: &Stage| matches!(stage, Stage::Locked { guard, .. } if !guard.is_ignored && guard.until < until);
        let held: Vec<u64> =
            self.sections.iter().filter(|(_, section)| held(&section.stage)).map(|(number, _)| *number).collect();
        for number in held {
            let id = self.id(number);
            let Some(section) = self.sections.get_mut(&number) else { continue };
            let Stage::Locked { guard, .. } = &mut section.stage else { continue };
            if !guard.is_valid(&self.config, ctx) {
                self.renewal_failed(number, ctx);
                continue;
            }
            guard.last_until(until, ctx);
            ctx.emit(Event::Renewed { lock: section.op.account(), section: id, until });
            self.await_deadline(number, ctx);
        }
    }

    /// All that it has is lost, and it begins another session.
    fn session_ended(&mut self, ctx: &mut Ctx<'_>) {
        let numbers: Vec<u64> = self.sections.keys().copied().collect();
        for number in numbers {
            match self.sections.get(&number).map(|section| &section.stage) {
                Some(Stage::Locked { guard, .. }) if !guard.is_ignored => self.renewal_failed(number, ctx),
                Some(Stage::InLine(_)) => self.give_up(number, ctx),
                _ => {}
            }
        }
        self.boot += 1;
        self.journal.append(Record::Boot(self.boot), ctx);
        self.journal.make_durable(ctx);
        let server = self.session.server;
        self.session = Session { server, ..Session::default() };
        self.say_alive(ctx);
    }

    /// Asks for a place in line, or which one it has come to.
    pub(super) fn enter(&mut self, number: u64, ctx: &mut Ctx<'_>) {
        let id = self.id(number);
        let server = self.server();
        let Some(section) = self.sections.get_mut(&number) else { return };
        section.stage = Stage::InLine(InLine::Entering);
        ctx.send(server, Message::Enter { lock: section.op.account(), section: id });
        ctx.set_timer(Timer::Acquire(number), self.config.acquire_timeout);
    }

    /// Leaves its place in line. That is said until it is done: nobody else would take the node away as long as the
    /// session is alive.
    pub(super) fn leave_line(&mut self, number: u64, ctx: &mut Ctx<'_>) {
        self.session.left.insert(number);
        let left = self.session.left.iter().copied().collect();
        let (session, beat) = (self.session_id(), self.session.beats);
        ctx.send(self.server(), Message::Beat { session, beat, left });
    }

    /// It has this node, and that one is before it.
    pub(super) fn placed(&mut self, id: SectionId, node: u64, before: Option<u64>, ctx: &mut Ctx<'_>) {
        let Some(number) = self.answered(id) else { return };
        let server = self.server();
        let Some(section) = self.sections.get_mut(&number) else { return };
        if !matches!(section.stage, Stage::InLine(InLine::Entering)) {
            return;
        }
        match before {
            None => self.first_in_line(number, node, ctx),
            Some(_) if self.config.flaws.has(LockFlaw::PollsForItsPlace) => {}
            Some(before) => {
                section.stage = Stage::InLine(InLine::AsksToWatch(before));
                section.node = node;
                ctx.send(server, Message::Watch { section: id, node: before });
            }
        }
    }

    fn first_in_line(&mut self, number: u64, node: u64, ctx: &mut Ctx<'_>) {
        let id = self.id(number);
        let Some(until) = self.session.until else { return };
        let Some(section) = self.sections.get_mut(&number) else { return };
        let guard = Guard::until(until, ctx);
        // It keeps its place, and asks again.
        if !guard.is_valid(&self.config, ctx) {
            return;
        }
        ctx.cancel_timer(Timer::Acquire(number));
        let token = self.config.fencing.then_some(node);
        ctx.emit(Event::Acquired { lock: section.op.account(), section: id, token, until });
        section.stage = Stage::Locked { guard, token, at: Place::Reading };
        self.await_deadline(number, ctx);
        self.access(number, ctx);
    }

    /// The server watches the node before its own, unless that has gone.
    pub(super) fn watch_answered(
        &mut self,
        id: SectionId,
        (node, is_there): (u64, bool),
        server: u64,
        ctx: &mut Ctx<'_>,
    ) {
        let Some(number) = self.answered(id) else { return };
        let ignores = self.has(LockFlaw::WatchesAfterTheCheck);
        let Some(section) = self.sections.get_mut(&number) else { return };
        if section.stage.in_line() != Some(InLine::AsksToWatch(node)) {
            return;
        }
        if is_there || ignores {
            section.stage = Stage::InLine(InLine::Watching(node, server));
            ctx.cancel_timer(Timer::Acquire(number));
        } else {
            self.enter(number, ctx);
        }
    }

    /// The node before a section's own has gone.
    pub(super) fn fired_for(&mut self, id: SectionId, node: u64, ctx: &mut Ctx<'_>) {
        if let Some(number) = self.answered(id) {
            self.fired(number, node, ctx);
        }
    }

    /// The node before its own has gone: it looks where it is in line now.
    fn fired(&mut self, number: u64, node: u64, ctx: &mut Ctx<'_>) {
        let Some(section) = self.sections.get(&number) else { return };
        let watched = match section.stage.in_line() {
            Some(InLine::Watching(watched, _) | InLine::AsksToWatch(watched)) => Some(watched),
            Some(InLine::Entering) | None => None,
        };
        if watched != Some(node) {
            return;
        }
        if self.has(LockFlaw::WokenIsFirst) {
            return self.first_in_line(number, section.node, ctx);
        }
        self.enter(number, ctx);
    }

    /// Watches are in the memory of the server that leads. One that has booted since, or another one, knows of none.
    fn watch_again(&mut self, server: u64, ctx: &mut Ctx<'_>) {
        if self.has(LockFlaw::WatchesAreKept) {
            return;
        }
        let is_elsewhere = |stage: &Stage| matches!(stage.in_line(), Some(InLine::Watching(_, at)) if at != server);
        let elsewhere = self.sections.iter().filter(|(_, section)| is_elsewhere(&section.stage));
        let elsewhere: Vec<u64> = elsewhere.map(|(number, _)| *number).collect();
        elsewhere.into_iter().for_each(|number| self.enter(number, ctx));
    }
}

/// What a server says to a beat.
#[derive(Debug)]
pub(super) struct BeatAnswer {
    pub(super) session: SessionId,
    pub(super) beat: u64,
    pub(super) is_alive: bool,
    pub(super) gone: Vec<u64>,
    pub(super) fired: Vec<(u64, u64)>,
    pub(super) server: u64,
}
