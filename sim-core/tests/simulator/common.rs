//! A protocol whose handlers each test writes itself, and what tests read off a trace.

use serde::Serialize;
use sim_core::{
    Context, DiskEvent, Duration, FaultFamily, Latency, LinkProfile, NodeId, OperatorAction, Outcome, Protocol,
    RequestId, Role, Selector, Simulation, State, Time, Trace, TraceEvent, TraceKind, Verdict,
};

pub(crate) use sim_core::ms;

/// Faults of processes, links and what is sent: those that any protocol can be given.
pub(crate) const FAMILIES: [FaultFamily; 8] = [
    FaultFamily::Crash,
    FaultFamily::PowerLoss,
    FaultFamily::Partition,
    FaultFamily::OneWay,
    FaultFamily::Links,
    FaultFamily::Omission,
    FaultFamily::Pause,
    FaultFamily::Slow,
];

pub(crate) type Ctx<'a> = Context<'a, Node>;

/// What a test's nodes do. Handlers are plain functions: what they remember is in the node.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Handlers {
    pub(crate) start: fn(&mut Node, &mut Ctx<'_>),
    pub(crate) message: fn(&mut Node, NodeId, Message, &mut Ctx<'_>),
    pub(crate) timer: fn(&mut Node, u64, &mut Ctx<'_>),
    pub(crate) request: fn(&mut Node, RequestId, u64, &mut Ctx<'_>),
    pub(crate) disk: fn(&mut Node, DiskEvent, &mut Ctx<'_>),
    pub(crate) operator: fn(&mut Node, &OperatorAction, &mut Ctx<'_>),
}

/// Nodes that do nothing, to be told otherwise.
pub(crate) const IDLE: Handlers = Handlers {
    start: |_, _| {},
    message: |_, _, _, _| {},
    timer: |_, _, _| {},
    request: |_, request, op, ctx| ctx.reply(request, op),
    disk: |_, _, _| {},
    operator: |_, _, _| {},
};

/// What a node does about its disk that has no handler of its own for it: it stops.
pub(crate) fn stop_on_disk_fault(_: &mut Node, event: DiskEvent, ctx: &mut Ctx<'_>) {
    match event {
        DiskEvent::Failed(_) => ctx.halt("a sync failed"),
        DiskEvent::Full => ctx.halt("the disk is full"),
        _ => {}
    }
}

#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) handlers: Handlers,
    pub(crate) memory: u64,
}

/// What a node must not remember when it is asked for its state.
pub(crate) const NO_STATE: u64 = u64::MAX;

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
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

    const ACTIONS: &'static [&'static str] = &["shake"];
    /// What is in its memory.
    const STATES: &'static [State<Self>] =
        &[State::new("seven", |node| node.remembers() == 7), State::new("odd", |node| node.remembers() % 2 == 1)];

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

    fn on_operator(&mut self, action: &OperatorAction, ctx: &mut Ctx<'_>) {
        (self.handlers.operator)(self, action, ctx);
    }

    fn on_stopped(&mut self, node: NodeId, ctx: &mut Ctx<'_>) {
        ctx.emit(Event::Saw(1000 + u64::from(node.index())));
    }

    /// Its number.
    fn round(message: &Message) -> Option<u64> {
        let (Message::Ping(round) | Message::Pong(round)) = message;
        Some(*round)
    }
}

impl Node {
    fn remembers(&self) -> u64 {
        assert_ne!(self.memory, NO_STATE);
        self.memory
    }
}

pub(crate) const ROLES: &[Role<Node>] = &[Role {
    name: "leader",
    takes: |event| matches!(event, Event::Elected),
    gives_up: |event| matches!(event, Event::Resigned),
}];

pub(crate) fn simulation(nodes: u32, handlers: Handlers) -> Simulation<Node> {
    Simulation::new(nodes, move |_, _| Node { handlers, memory: 0 }).roles(ROLES)
}

pub(crate) const fn n(index: u32) -> NodeId {
    NodeId::node(index)
}

pub(crate) fn at(millis: u64) -> Time {
    Time::ZERO + ms(millis)
}

pub(crate) fn node(index: u32) -> Selector {
    Selector::Node(n(index))
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

/// From its first millisecond on every node pings everybody once a millisecond, with a `Ping` and a
/// `Pong`; everybody announces whom it hears, pongs as 100 more.
pub(crate) const PINGING: Handlers =
    Handlers { start: |_, ctx| set(0, ms(1), ctx), timer: ping_all, message: note_sender, ..IDLE };

fn ping_all(_: &mut Node, timer: u64, ctx: &mut Ctx<'_>) {
    let me = u64::from(ctx.me().index());
    ctx.broadcast(Message::Ping(me));
    ctx.broadcast(Message::Pong(me));
    set(timer, ms(1), ctx);
}

fn note_sender(_: &mut Node, from: NodeId, message: Message, ctx: &mut Ctx<'_>) {
    let more = if let Message::Pong(_) = message { 100 } else { 0 };
    ctx.emit(Event::Saw(u64::from(from.index()) + more));
}

/// Nodes that ping each other for 30 ms, over links that take next to no time.
pub(crate) fn pinging(nodes: u32) -> Simulation<Node> {
    simulation(nodes, PINGING).network(constant(Duration::from_micros(100))).run_for(ms(31))
}

/// In which milliseconds `to` heard a ping of `from`.
pub(crate) fn heard(trace: &Trace, to: u32, from: u32) -> Vec<u64> {
    numbers(trace, n(to)).into_iter().filter(|(_, who)| *who == u64::from(from)).map(|(time, _)| time).collect()
}

/// In which of the 30 milliseconds `to` heard no ping of `from`.
pub(crate) fn missed(trace: &Trace, to: u32, from: u32) -> Vec<u64> {
    let heard = heard(trace, to, from);
    (1..=30).filter(|time| !heard.contains(time)).collect()
}

/// The same seed gives the same run, and so does the recording of it.
#[track_caller]
pub(crate) fn check_replays(simulation: &Simulation<Node>, seeds: u64) {
    for seed in 0..seeds {
        let summary = simulation.run(seed).summary;
        let (recorded, recording) = simulation.record(seed);
        assert_eq!(recorded.summary, summary, "seed {seed}");
        let replayed = simulation.clone().replaying(recording).run(seed + 1).summary;
        assert_eq!((replayed.unused.len(), replayed), (0, summary), "seed {seed}");
    }
}
