//! A node inside a node: nothing about a run tells it from the node alone.

use serde::Serialize;
use sim_core::{
    Answer, Assumption, ClientProfile, ClockProfile, Context, DiskEvent, DiskProfile, Embedded, Embeds, FaultModel,
    Nemesis, NodeId, OperatorAction, Protocol, RequestId, Said, Simulation, State, Stored, SyncToken,
};

use crate::common::{Event, Handlers, Message, Node, Timer, ms, set, stop_on_disk_fault};

/// A host that does nothing but keep its guest, a node of the tests, in wrappers that leave no mark.
#[derive(Debug)]
struct Host {
    guest: Embedded<Node>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
struct Wrapped<T>(T);

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
struct Armed(Timer);

impl Embeds<Node> for Host {
    fn message(message: Message) -> Wrapped<Message> {
        Wrapped(message)
    }

    fn timer(timer: Timer) -> Armed {
        Armed(timer)
    }

    fn record(record: u64) -> Wrapped<u64> {
        Wrapped(record)
    }

    fn guest_record(record: Wrapped<u64>) -> Option<u64> {
        Some(record.0)
    }
}

fn pass_on(said: Said<Node>, ctx: &mut Context<'_, Host>) {
    match said {
        Said::Event(event) => ctx.emit(event),
        Said::Answered(request, Answer::Reply(reply)) => ctx.reply(request, reply),
        Said::Answered(request, Answer::Redirect(to)) => ctx.redirect(request, to),
        Said::Answered(request, Answer::Reject) => ctx.reject(request),
    }
}

impl Protocol for Host {
    type Message = Wrapped<Message>;
    type Timer = Armed;
    type Record = Wrapped<u64>;
    type Op = u64;
    type Reply = u64;
    type Event = Event;

    const ACTIONS: &'static [&'static str] = Node::ACTIONS;
    const STATES: &'static [State<Self>] = &[
        State::new("seven", |host| host.guest.node().memory == 7),
        State::new("odd", |host| host.guest.node().memory % 2 == 1),
    ];

    fn on_start(&mut self, ctx: &mut Context<'_, Self>) {
        self.guest.on_start(ctx, pass_on);
    }

    fn on_message(&mut self, from: NodeId, message: Wrapped<Message>, ctx: &mut Context<'_, Self>) {
        self.guest.on_message(from, message.0, ctx, pass_on);
    }

    fn on_timer(&mut self, timer: Armed, ctx: &mut Context<'_, Self>) {
        self.guest.on_timer(timer.0, ctx, pass_on);
    }

    fn on_request(&mut self, request: RequestId, op: u64, ctx: &mut Context<'_, Self>) {
        self.guest.on_request(request, op, ctx, pass_on);
    }

    fn on_disk(&mut self, event: DiskEvent, ctx: &mut Context<'_, Self>) {
        self.guest.on_disk(event, ctx, pass_on);
    }

    fn on_operator(&mut self, action: &OperatorAction, ctx: &mut Context<'_, Self>) {
        self.guest.on_operator(action, ctx, pass_on);
    }

    fn kind(message: &Wrapped<Message>) -> &'static str {
        Node::kind(&message.0)
    }

    fn round(message: &Wrapped<Message>) -> Option<u64> {
        Node::round(&message.0)
    }
}

/// It does whatever a node can: draws, tells the time, writes, waits for its disk, answers in every way.
const BUSY: Handlers = Handlers {
    start: |node, ctx| {
        let sum = |sum: u64, record: &Stored<u64>| sum.wrapping_mul(31).wrapping_add(*record.readable().unwrap_or(&7));
        node.memory = ctx.disk().records().iter().fold(0, sum);
        ctx.emit(Event::Saw(node.memory % 1000));
        set(0, ms(3), ctx);
    },
    message: |node, from, message, ctx| {
        let (Message::Ping(number) | Message::Pong(number)) = message;
        node.memory = node.memory.wrapping_mul(37).wrapping_add(number + ctx.now().as_nanos() / 1000);
        ctx.disk().append(node.memory);
        ctx.emit(Event::Saw(node.memory % 1000));
        ctx.disk().sync();
        ctx.emit(Event::Saw(node.memory % 100));
        if let Message::Ping(_) = message {
            ctx.send(from, Message::Pong(number % 5));
        }
    },
    timer: |node, timer, ctx| {
        let number = ctx.choose("number", 0..10) + ctx.rng().below(10);
        ctx.log(|| format!("draws {number}"));
        ctx.broadcast(Message::Ping(number));
        if number == 3 {
            ctx.disk().truncate(2);
        } else if number == 4 {
            let wall = ctx.wall_clock().as_nanos() % 1000;
            ctx.disk().replace(vec![node.memory, wall]);
        }
        ctx.disk().sync_then(SyncToken(number));
        let pause = ctx.choose_duration("pause", ms(1), ms(5));
        set(timer, pause, ctx);
    },
    request: |node, request, op, ctx| match op % 3 {
        0 => ctx.reply(request, node.memory),
        1 => ctx.redirect(request, None),
        _ => ctx.reject(request),
    },
    disk: |node, event, ctx| match event {
        DiskEvent::Synced(_) => {
            let records = ctx.disk().records().len() as u64;
            ctx.emit(Event::Saw(records));
        }
        event => stop_on_disk_fault(node, event, ctx),
    },
    operator: |node, _, ctx| ctx.emit(Event::Saw(node.memory % 10)),
};

fn busy<P: Protocol<Op = u64>>(node: impl Fn(NodeId, &[NodeId]) -> P + Send + Sync + 'static) -> Simulation<P> {
    let clients = ClientProfile { count: 2, operations: 20, think: (ms(1), ms(9)), ..ClientProfile::default() };
    let model = FaultModel::of(vec![Assumption::DurableDisks]);
    Simulation::new(3, node)
        .clocks(ClockProfile { drift_ppm: 1_000, ..ClockProfile::default() })
        .disk(DiskProfile { sync: (ms(0), ms(2)), torn_writes: true })
        .clients(clients, |_, _, rng| rng.below(1000))
        .nemesis(Nemesis::within(&model))
        .model(model)
        .run_for(ms(300))
}

#[test]
fn a_guest_is_run_as_a_node_of_its_own() {
    let alone = busy(|_, _| Node { handlers: BUSY, memory: 0 });
    let inside = busy(|_, nodes| Host { guest: Embedded::new(Node { handlers: BUSY, memory: 0 }, nodes) });
    let mut crashes = 0;
    for seed in 0..50 {
        let (alone, inside) = (alone.run(seed).summary, inside.run(seed).summary);
        assert_eq!((alone.trace_hash, alone.verdict), (inside.trace_hash, inside.verdict), "seed {seed}");
        let struck = alone.faults.iter().filter(|fault| fault.kind == "crash" && fault.blows > 0);
        crashes += struck.count();
    }
    assert!(crashes > 20, "{crashes}");
}
