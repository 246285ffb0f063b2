//! A protocol whose handlers each test writes itself, and what tests read off a trace.

#![allow(dead_code, reason = "every test file uses another part of this")]

use serde::Serialize;
use sim_core::{
    Context, DiskEvent, Duration, Fault, FaultKind, Latency, LinkProfile, NodeId, Outcome, Protocol, RequestId,
    RoleChange, Selector, Simulation, Time, Trace, TraceEvent, TraceKind, Verdict,
};

pub(crate) type Ctx<'a> = Context<'a, Node>;

/// What a test's nodes do. Handlers are plain functions: what they remember is in the node.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Handlers {
    pub(crate) start: fn(&mut Node, &mut Ctx<'_>),
    pub(crate) message: fn(&mut Node, NodeId, Message, &mut Ctx<'_>),
    pub(crate) timer: fn(&mut Node, u64, &mut Ctx<'_>),
    pub(crate) request: fn(&mut Node, RequestId, u64, &mut Ctx<'_>),
    pub(crate) disk: fn(&mut Node, DiskEvent, &mut Ctx<'_>),
}

/// Nodes that do nothing, to be told otherwise.
pub(crate) const IDLE: Handlers = Handlers {
    start: |_, _| {},
    message: |_, _, _, _| {},
    timer: |_, _, _| {},
    request: |_, request, op, ctx| ctx.reply(request, op),
    disk: |_, _, _| {},
};

#[derive(Debug)]
pub(crate) struct Node {
    handlers: Handlers,
    pub(crate) memory: u64,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) enum Message {
    Ping(u64),
    Pong(u64),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Timer(u64);

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) enum Event {
    Saw(u64),
    Elected,
    Resigned,
}

impl Protocol for Node {
    type Message = Message;
    type Timer = Timer;
    type Record = u64;
    type Op = u64;
    type Reply = u64;
    type Event = Event;

    fn on_start(&mut self, ctx: &mut Ctx<'_>) {
        (self.handlers.start)(self, ctx);
    }

    fn on_message(&mut self, from: NodeId, message: Message, ctx: &mut Ctx<'_>) {
        (self.handlers.message)(self, from, message, ctx);
    }

    fn on_timer(&mut self, timer: Timer, ctx: &mut Ctx<'_>) {
        (self.handlers.timer)(self, timer.0, ctx);
    }

    fn on_request(&mut self, request: RequestId, op: u64, ctx: &mut Ctx<'_>) {
        (self.handlers.request)(self, request, op, ctx);
    }

    fn on_disk(&mut self, event: DiskEvent, ctx: &mut Ctx<'_>) {
        (self.handlers.disk)(self, event, ctx);
    }
}

pub(crate) fn role_change(event: &Event) -> Option<RoleChange> {
    match event {
        Event::Saw(_) => None,
        Event::Elected => Some(RoleChange::Takes("leader")),
        Event::Resigned => Some(RoleChange::GivesUp("leader")),
    }
}

pub(crate) fn simulation(nodes: u32, handlers: Handlers) -> Simulation<Node> {
    Simulation::new(nodes, move |_, _| Node { handlers, memory: 0 }).roles(&["leader"], role_change)
}

pub(crate) const fn n(index: u32) -> NodeId {
    NodeId::node(index)
}

pub(crate) const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

pub(crate) fn at(millis: u64) -> Time {
    Time::ZERO + ms(millis)
}

pub(crate) fn node(index: u32) -> Selector {
    Selector::Node(n(index))
}

pub(crate) fn role() -> Selector {
    Selector::Role("leader".to_owned())
}

pub(crate) fn set(timer: u64, after: Duration, ctx: &mut Ctx<'_>) {
    ctx.set_timer(Timer(timer), after);
}

pub(crate) fn cancel(timer: u64, ctx: &mut Ctx<'_>) {
    ctx.cancel_timer(Timer(timer));
}

/// Links with a constant delay.
pub(crate) fn constant(delay: Duration) -> LinkProfile {
    LinkProfile { latency: Latency::Constant(delay), ..LinkProfile::default() }
}

pub(crate) fn fault(millis: u64, kind: FaultKind) -> Fault {
    Fault::at(at(millis), kind)
}

/// Everything in its calm way: the run without a seed.
pub(crate) fn calm(simulation: Simulation<Node>) -> Simulation<Node> {
    simulation.deviations(Vec::new())
}

/// A delivery or an announcement: when in nanoseconds, to or by whom, what.
pub(crate) type Seen = (u64, NodeId, String);

fn seen(trace: &Trace, pick: impl Fn(&TraceEvent) -> Option<String>) -> Vec<Seen> {
    let one = |event: &TraceEvent| Some((event.time.as_nanos(), event.who?, pick(event)?));
    trace.events.iter().filter_map(one).collect()
}

/// All messages that arrived, as `n0 Ping 1`.
pub(crate) fn deliveries(trace: &Trace) -> Vec<Seen> {
    seen(trace, |event| match &event.kind {
        TraceKind::Deliver { from, message } => Some(format!("{from} {message}")),
        _ => None,
    })
}

/// All announcements.
pub(crate) fn announced(trace: &Trace) -> Vec<Seen> {
    seen(trace, |event| match &event.kind {
        TraceKind::Announce { event } => Some(event.to_string()),
        _ => None,
    })
}

/// All numbers that `who` saw, with the milliseconds.
pub(crate) fn numbers(trace: &Trace, who: NodeId) -> Vec<(u64, u64)> {
    let number = |text: String| text.strip_prefix("Saw ").and_then(|n| n.parse().ok());
    let of = announced(trace).into_iter().filter(|(_, by, _)| *by == who);
    of.filter_map(|(time, _, text)| Some((time / 1_000_000, number(text)?))).collect()
}

/// The numbers alone, of everybody.
pub(crate) fn saw(trace: &Trace) -> Vec<u64> {
    announced(trace).into_iter().filter_map(|(_, _, text)| text.strip_prefix("Saw ")?.parse().ok()).collect()
}

/// How many events of the trace are of this kind.
pub(crate) fn count(trace: &Trace, is: impl Fn(&TraceKind) -> bool) -> usize {
    trace.events.iter().filter(|event| is(&event.kind)).count()
}

/// The property that a run violated, and what was seen.
#[track_caller]
pub(crate) fn violation(outcome: &Outcome<impl Protocol>) -> (String, String) {
    match &outcome.summary.verdict {
        Verdict::Violated(violation) => (violation.property.clone(), violation.what.clone()),
        other => panic!("expected a violation: {other}"),
    }
}
