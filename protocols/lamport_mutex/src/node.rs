//! A process: the five rules.

use std::collections::{BTreeMap, BTreeSet};

use sim_core::{Context, NodeId, Nothing, Protocol, State};

use super::clock::{LogicalClock, LogicalTime};
use super::config::LamportMutexConfig;
use super::flaws::LamportMutexFlaw;
use super::message::{Event, Message, Request, Timer};

/// A process that now and then wants the resource.
#[derive(Debug)]
pub struct LamportMutex {
    config: LamportMutexConfig,
    me: NodeId,
    others: Vec<NodeId>,
    clock: LogicalClock,
    /// The request queue: of each process at most one, and its own while it waits for the resource or has it.
    queue: BTreeSet<Request>,
    phase: Phase,
    /// How many requests it has made.
    made: u32,
}

/// What a process is about.
#[derive(Debug)]
enum Phase {
    Idle,
    Waiting {
        request: Request,
        /// The time of the last message of each other process that has come since the request was made. What
        /// came before is earlier.
        heard: BTreeMap<NodeId, LogicalTime>,
    },
    Holding(Request),
}

type Ctx<'a> = Context<'a, LamportMutex>;

impl LamportMutex {
    pub(super) fn new(config: &LamportMutexConfig, me: NodeId, nodes: &[NodeId]) -> Self {
        Self {
            config: config.clone(),
            me,
            others: nodes.iter().copied().filter(|node| *node != me).collect(),
            clock: LogicalClock::default(),
            queue: BTreeSet::new(),
            phase: Phase::Idle,
            made: 0,
        }
    }

    /// The request with which it has the resource, if it does.
    pub const fn holds(&self) -> Option<Request> {
        if let Phase::Holding(request) = self.phase { Some(request) } else { None }
    }

    /// The requests on its queue, first come first.
    pub(super) fn queue(&self) -> impl Iterator<Item = Request> {
        self.queue.iter().copied()
    }

    /// What its clock shows.
    pub(super) const fn now(&self) -> LogicalTime {
        self.clock.now()
    }

    /// The latest time that it remembers of a message of another.
    pub(super) fn latest_heard(&self) -> Option<LogicalTime> {
        let heard = if let Phase::Waiting { heard, .. } = &self.phase { heard.values().max().copied() } else { None };
        let requests = self.queue.iter().filter(|request| request.process != self.me).map(|request| request.time);
        heard.into_iter().chain(requests).max()
    }

    fn has(&self, flaw: LamportMutexFlaw) -> bool {
        self.config.flaws.has(flaw)
    }

    fn await_need(&self, ctx: &mut Ctx<'_>) {
        if self.made < self.config.requests {
            let (shortest, longest) = self.config.idle;
            let idle = ctx.choose_duration("idle", shortest, longest);
            ctx.set_timer(Timer::Ask, idle);
        }
    }
}

/// The rules.
impl LamportMutex {
    /// What goes before the rules: that a message has come, and when it was sent.
    fn hear(&mut self, from: NodeId, message: Message) {
        if self.has(LamportMutexFlaw::ClockNotAdvanced) {
            self.clock.tick();
        } else {
            self.clock.receive(message.time());
        }
        let speaks_for_all = self.has(LamportMutexFlaw::ReleaseSuffices) && matches!(message, Message::Release(_));
        if let Phase::Waiting { heard, .. } = &mut self.phase {
            for of_whom in self.others.iter().filter(|other| **other == from || speaks_for_all) {
                let latest = heard.entry(*of_whom).or_default();
                *latest = message.time().max(*latest);
            }
        }
    }

    /// Rule 1.
    fn request(&mut self, ctx: &mut Ctx<'_>) {
        let request = Request { time: self.clock.tick(), process: self.me };
        ctx.broadcast(Message::Request(request.time));
        self.queue.insert(request);
        self.made += 1;
        self.phase = Phase::Waiting { request, heard: BTreeMap::new() };
        ctx.emit(Event::Requested(request));
    }

    /// Rule 2.
    fn requested(&mut self, request: Request, ctx: &mut Ctx<'_>) {
        self.queue.insert(request);
        let asks = !matches!(self.phase, Phase::Idle);
        // Its clock was past the request before that came.
        let is_past = self.clock.now().0 > request.time.0 + 1;
        if self.has(LamportMutexFlaw::DefersAcknowledgements) && asks
            || self.has(LamportMutexFlaw::OmitsAcknowledgements) && is_past
        {
            return;
        }
        ctx.send(request.process, Message::Acknowledge(self.clock.tick()));
    }

    /// Rule 3.
    fn release(&mut self, request: Request, ctx: &mut Ctx<'_>) {
        self.queue.remove(&request);
        let release = Message::Release(self.clock.tick());
        if self.has(LamportMutexFlaw::ReleasesToWaiting) {
            self.queue.iter().for_each(|waiting| ctx.send(waiting.process, release));
        } else {
            ctx.broadcast(release);
        }
        self.phase = Phase::Idle;
        ctx.emit(Event::Released(request));
    }

    /// Rule 4.
    fn released(&mut self, by: NodeId) {
        self.queue.retain(|request| request.process != by);
    }

    /// Rule 5.
    fn enter_if_granted(&mut self, ctx: &mut Ctx<'_>) {
        let Phase::Waiting { request, heard } = &self.phase else { return };
        let request = *request;
        if self.is_first(request) && self.has_heard_later(request, heard) {
            self.phase = Phase::Holding(request);
            ctx.emit(Event::Granted(request));
            let (shortest, longest) = self.config.hold;
            let hold = ctx.choose_duration("hold", shortest, longest);
            ctx.set_timer(Timer::Release, hold);
        }
    }

    /// Rule 5 (i): whether a request comes before all others on the queue.
    fn is_first(&self, own: Request) -> bool {
        if self.has(LamportMutexFlaw::TiesUnbroken) {
            return self.queue.iter().all(|request| own.time <= request.time);
        }
        self.queue.first() == Some(&own)
    }

    /// Rule 5 (ii): whether from each other process a message has come with a later time than the request.
    fn has_heard_later(&self, own: Request, heard: &BTreeMap<NodeId, LogicalTime>) -> bool {
        let any_counts = self.has(LamportMutexFlaw::AnyMessageCounts);
        let is_later = |time: &LogicalTime| *time > own.time || any_counts;
        self.has(LamportMutexFlaw::EntersAtHead)
            || self.others.iter().all(|other| heard.get(other).is_some_and(is_later))
    }
}

impl Protocol for LamportMutex {
    type Message = Message;
    type Timer = Timer;
    type Record = Nothing;
    type Op = Nothing;
    type Reply = Nothing;
    type Event = Event;

    const STATES: &'static [State<Self>] = &[
        State::new("waiting", |process| matches!(process.phase, Phase::Waiting { .. })),
        State::new("holding", |process| process.holds().is_some()),
    ];

    fn on_start(&mut self, ctx: &mut Ctx<'_>) {
        self.await_need(ctx);
    }

    fn on_message(&mut self, from: NodeId, message: Message, ctx: &mut Ctx<'_>) {
        self.hear(from, message);
        match message {
            Message::Request(time) => self.requested(Request { time, process: from }, ctx),
            Message::Acknowledge(_) => {}
            Message::Release(_) => self.released(from),
        }
        self.enter_if_granted(ctx);
    }

    fn on_timer(&mut self, timer: Timer, ctx: &mut Ctx<'_>) {
        match (timer, self.holds()) {
            (Timer::Ask, _) => {
                self.request(ctx);
                // Who is alone need not wait for anybody.
                self.enter_if_granted(ctx);
            }
            (Timer::Release, Some(request)) => {
                self.release(request, ctx);
                self.await_need(ctx);
            }
            (Timer::Release, None) => unreachable!("only who has the resource waits for the end of it"),
        }
    }
}
