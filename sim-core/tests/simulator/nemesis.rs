//! Whatever a nemesis draws, the engine survives, and a recorded run is the same run again.

use crate::common::{Ctx, Event, Handlers, Message, Node, constant, ms, set, simulation, stop_on_disk_fault};
use sim_core::{
    ClientProfile, ClockProfile, DiskEvent, DiskProfile, Duration, FaultFamily, LinkProfile, Nemesis, NodeId,
    OperatorAction, Probability, RequestId, Rhythm, Sabotage, Simulation, SyncToken,
};

/// Remembers the sum of what it has on its disk.
fn start(node: &mut Node, ctx: &mut Ctx<'_>) {
    let readable = ctx.disk().records().iter().filter_map(|record| record.readable());
    node.memory = readable.fold(0, |sum: u64, record| sum.wrapping_add(*record));
    set(0, ms(5), ctx);
    set(1, ms(9), ctx);
}

fn timer(node: &mut Node, timer: u64, ctx: &mut Ctx<'_>) {
    node.memory = node.memory.wrapping_add(1);
    let pause = ctx.choose_duration("pause", ms(3), ms(20));
    set(timer, pause, ctx);
    ctx.broadcast(Message::Ping(node.memory % 1000));
    match node.memory % 7 {
        0 => ctx.emit(Event::Elected),
        1 => ctx.emit(Event::Resigned),
        _ => ctx.emit(Event::Saw(ctx.wall_clock().as_nanos())),
    }
}

fn message(node: &mut Node, from: NodeId, message: Message, ctx: &mut Ctx<'_>) {
    let Message::Ping(number) = message else { return };
    node.memory = node.memory.wrapping_add(number);
    match number % 5 {
        0 => {
            ctx.disk().append(number);
            ctx.disk().sync();
            ctx.send(from, Message::Pong(number));
            ctx.emit(Event::Saw(number));
        }
        1 => {
            ctx.disk().append(number);
            ctx.disk().sync_then(SyncToken(number));
        }
        2 => ctx.disk().truncate(number % 11),
        3 if number.is_multiple_of(4) => ctx.disk().replace(vec![number; 3]),
        _ => ctx.send(from, Message::Pong(number)),
    }
}

fn request(node: &mut Node, request: RequestId, op: u64, ctx: &mut Ctx<'_>) {
    if op.is_multiple_of(9) {
        return ctx.reject(request);
    }
    ctx.disk().append(op);
    ctx.disk().sync();
    ctx.reply(request, node.memory);
}

/// Makes room, waits for it and goes on, or stops; syncs that fail are tried again.
fn disk(node: &mut Node, event: DiskEvent, ctx: &mut Ctx<'_>) {
    node.memory = node.memory.wrapping_add(1);
    match (event, node.memory % 3) {
        (DiskEvent::Failed(_), 0) => ctx.disk().sync(),
        (DiskEvent::Failed(_), 1) => {}
        (DiskEvent::Full, 0) => {
            ctx.disk().truncate(2);
            ctx.disk().sync();
            ctx.broadcast(Message::Pong(0));
        }
        (DiskEvent::Full, 1) => ctx.disk().append(1),
        (event, _) => stop_on_disk_fault(node, event, ctx),
    }
}

fn operator(node: &mut Node, action: &OperatorAction, ctx: &mut Ctx<'_>) {
    node.memory = node.memory.wrapping_add(action.nodes.len() as u64);
    action.nodes.iter().for_each(|node| ctx.send(*node, Message::Ping(5)));
}

const BUSY: Handlers = Handlers { start, timer, message, request, disk, operator };

/// Every family, hard: a fault every 40 ms for each.
fn beset(nodes: u32) -> Simulation<Node> {
    let nemesis = Nemesis::of(FaultFamily::ALL, Rhythm::new(ms(40), ms(30))).unrestricted();
    let profile =
        ClientProfile { count: 2, operations: 200, timeout: ms(40), think: (ms(1), ms(9)), ..ClientProfile::default() };
    simulation(nodes, BUSY)
        .clients(profile, |client, index, rng| u64::from(client * 1000 + index) + rng.below(3))
        .clocks(ClockProfile { drift_ppm: 1000, offset: ms(3) })
        .disk(DiskProfile { sync: (Duration::ZERO, ms(4)), torn_writes: true })
        .nemesis(nemesis)
        .heal_at(ms(500))
        .run_for(ms(600))
}

/// The run passes, and has the same hash once more, when it is recorded, and when it is replayed.
#[track_caller]
fn check(simulation: &Simulation<Node>, seed: u64) {
    let summary = simulation.run(seed).summary;
    assert!(summary.verdict.is_passed(), "seed {seed}: {}", summary.verdict);
    let (recorded, recording) = simulation.record(seed);
    assert_eq!(recorded.summary, summary, "seed {seed}");
    let replayed = simulation.clone().replaying(recording).run(seed + 1).summary;
    assert_eq!((replayed.unused.len(), replayed), (0, summary), "seed {seed}");
}

#[test]
fn any_faults_at_once_on_any_number_of_nodes() {
    (0..300).for_each(|seed| check(&beset(1 + seed as u32 % 5), seed));
}

#[test]
fn any_faults_on_links_that_keep_the_order_and_on_links_where_all_is_simultaneous() {
    let fifo = LinkProfile { fifo: true, ..LinkProfile::default() };
    (0..60).for_each(|seed| check(&beset(3).network(fifo), seed));
    let doubled = LinkProfile { duplicate: Probability::ratio(1, 10), ..constant(ms(1)) };
    (0..60).for_each(|seed| check(&beset(3).network(doubled), seed));
}

#[test]
fn any_faults_and_a_heal_that_repairs_a_core() {
    for seed in 0..100 {
        check(&beset(5).heal_core(["majority"]), seed);
        check(&beset(3).heal_core(["leader", "random"]), seed);
    }
}

#[test]
fn any_faults_and_any_lie_of_the_engine() {
    for (_, sabotage) in Sabotage::ALL {
        let network = LinkProfile { fifo: sabotage == Sabotage::ReorderFifo, ..LinkProfile::default() };
        (0..40).for_each(|seed| check(&beset(3).network(network).sabotage(sabotage), seed));
    }
}

#[test]
fn nothing_is_replayed_on_links_that_keep_the_order() {
    let nemesis = Nemesis::of([FaultFamily::Replay], Rhythm::new(ms(40), ms(30))).in_every_seed().unrestricted();
    let drawn = |fifo| {
        let network = LinkProfile { fifo, ..LinkProfile::default() };
        beset(3).nemesis(nemesis.clone()).network(network).run(1).summary.faults.len()
    };
    assert_eq!((drawn(true), drawn(false) > 5), (0, true));
}
