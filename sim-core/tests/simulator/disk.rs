//! Disks: syncs that hold up a node, syncs that do not, and what waits meanwhile.

use crate::common::{
    Ctx, Event, Handlers, IDLE, Message, Node, announced, constant, deliveries, ms, n, numbers, saw, set, simulation,
};
use sim_core::{DiskEvent, DiskProfile, Duration, Fault, SyncToken};

fn disk(sync: u64) -> DiskProfile {
    DiskProfile { sync: (ms(sync), ms(sync)), torn_writes: false }
}

fn at_10(_: &mut Node, ctx: &mut Ctx<'_>) {
    set(0, ms(10), ctx);
}

fn note(_: &mut Node, _: sim_core::NodeId, message: Message, ctx: &mut Ctx<'_>) {
    if let Message::Ping(number) = message {
        ctx.emit(Event::Saw(number));
    }
}

fn write_and_sync(_: &mut Node, timer: u64, ctx: &mut Ctx<'_>) {
    if ctx.me() == n(0) && timer == 0 {
        ctx.disk().append(7);
        ctx.disk().sync();
        ctx.emit(Event::Saw(100));
        ctx.send(n(1), Message::Ping(1));
        set(1, ms(1), ctx);
    } else {
        ctx.emit(Event::Saw(200 + timer));
    }
}

#[test]
fn a_sync_holds_up_the_effects_behind_it() {
    let handlers = Handlers { start: at_10, timer: write_and_sync, message: note, ..IDLE };
    let trace = simulation(2, handlers).disk(disk(5)).network(constant(ms(2))).trace(0);
    assert_eq!(numbers(&trace, n(0)), [(15, 100), (16, 201)], "timers too are armed when the sync is over");
    assert_eq!(numbers(&trace, n(1)), [(10, 200), (17, 1)]);
}

/// Node 1 pings while node 0 waits for its disk.
#[test]
fn a_node_that_syncs_is_busy_and_messages_wait_in_order() {
    fn start(_: &mut Node, ctx: &mut Ctx<'_>) {
        match ctx.me().index() {
            0 => set(0, ms(10), ctx),
            _ => (1..=20).for_each(|number| set(number, ms(number), ctx)),
        }
    }
    fn timer(node: &mut Node, timer: u64, ctx: &mut Ctx<'_>) {
        match ctx.me().index() {
            0 => write_and_sync(node, timer, ctx),
            _ => ctx.send(n(0), Message::Ping(timer)),
        }
    }
    fn message(node: &mut Node, from: sim_core::NodeId, message: Message, ctx: &mut Ctx<'_>) {
        if ctx.me() == n(0) {
            note(node, from, message, ctx);
        }
    }
    let handlers = Handlers { start, timer, message, ..IDLE };
    for seed in 0..20 {
        let trace = simulation(2, handlers).disk(disk(5)).network(constant(Duration::from_micros(500))).trace(seed);
        let seen: Vec<(u64, u64)> = numbers(&trace, n(0)).into_iter().filter(|(_, number)| *number <= 20).collect();
        let expected: Vec<(u64, u64)> = (1..=20).map(|k| (if (10..15).contains(&k) { 15 } else { k }, k)).collect();
        assert_eq!(seen, expected);
    }
}

#[test]
fn a_sync_with_nothing_to_write_takes_no_time() {
    fn timer(_: &mut Node, _: u64, ctx: &mut Ctx<'_>) {
        ctx.disk().sync();
        ctx.emit(Event::Saw(1));
    }
    let trace = simulation(1, Handlers { start: at_10, timer, ..IDLE }).disk(disk(5)).trace(0);
    assert_eq!(numbers(&trace, n(0)), [(10, 1)]);
}

#[test]
fn a_handler_sees_the_disk_as_it_was_when_it_began() {
    fn timer(_: &mut Node, _: u64, ctx: &mut Ctx<'_>) {
        ctx.disk().append(1);
        ctx.disk().replace(vec![5, 6, 7]);
        ctx.disk().truncate(2);
        ctx.disk().append(8);
        let before = ctx.disk().records().len() as u64;
        ctx.emit(Event::Saw(before));
        ctx.send(ctx.me(), Message::Ping(0));
    }
    fn message(_: &mut Node, _: sim_core::NodeId, _: Message, ctx: &mut Ctx<'_>) {
        for record in ctx.disk().records() {
            ctx.emit(Event::Saw(*record.readable().expect("readable")));
        }
    }
    let trace = simulation(1, Handlers { start: at_10, timer, message, ..IDLE }).trace(0);
    assert_eq!(saw(&trace), [0, 5, 6, 8]);
}

fn three_syncs(_: &mut Node, _: u64, ctx: &mut Ctx<'_>) {
    for token in 1..=3 {
        ctx.disk().append(token);
        ctx.disk().sync_then(SyncToken(token));
    }
    ctx.emit(Event::Saw(100));
}

fn note_disk(_: &mut Node, event: DiskEvent, ctx: &mut Ctx<'_>) {
    if let DiskEvent::Synced(token) = event {
        ctx.emit(Event::Saw(token.0));
    }
}

#[test]
fn syncs_in_the_background_let_the_node_go_on_and_complete_in_order() {
    let handlers = Handlers { start: at_10, timer: three_syncs, disk: note_disk, ..IDLE };
    let trace = simulation(1, handlers).disk(disk(5)).trace(0);
    assert_eq!(numbers(&trace, n(0)), [(10, 100), (15, 1), (20, 2), (25, 3)], "one after the other");
    for seed in 0..50 {
        let random = DiskProfile { sync: (Duration::ZERO, ms(5)), torn_writes: false };
        assert_eq!(saw(&simulation(1, handlers).disk(random).trace(seed)), [100, 1, 2, 3]);
        assert_eq!(saw(&simulation(1, handlers).disk(disk(0)).trace(seed)), [100, 1, 2, 3], "even at once");
        let pause = Fault::pause("n0");
        let paused = simulation(1, handlers).disk(disk(5)).fault(pause.at(ms(12)).lasting(ms(50)));
        assert_eq!(saw(&paused.trace(seed)), [100, 1, 2, 3], "even after a pause");
    }
}

#[test]
fn a_barrier_waits_for_syncs_in_the_background() {
    fn timer(node: &mut Node, timer: u64, ctx: &mut Ctx<'_>) {
        three_syncs(node, timer, ctx);
        ctx.disk().sync();
        ctx.emit(Event::Saw(200));
    }
    let trace = simulation(1, Handlers { start: at_10, timer, disk: note_disk, ..IDLE }).disk(disk(5)).trace(0);
    let expected = [(10, 100), (30, 200), (30, 1), (30, 2), (30, 3)];
    assert_eq!(numbers(&trace, n(0)), expected, "reports wait like all else while the node is busy");
}

/// A node paused while it waits for its disk does not finish its step before the pause ends.
#[test]
fn a_pause_holds_up_a_step_whose_sync_ends_in_it() {
    let handlers = Handlers { start: at_10, timer: write_and_sync, message: note, ..IDLE };
    let pause = Fault::pause("n0");
    let simulation = simulation(2, handlers).disk(disk(5)).network(constant(ms(2)));
    for seed in 0..20 {
        let trace = simulation.clone().fault(pause.clone().at(ms(12)).lasting(ms(20))).trace(seed);
        assert_eq!(numbers(&trace, n(0)), [(32, 100), (33, 201)]);
        let trace = simulation.clone().fault(pause.clone().at(ms(12)).lasting(ms(1))).trace(seed);
        assert_eq!(numbers(&trace, n(0)), [(15, 100), (16, 201)]);
    }
}

#[test]
fn a_message_that_is_behind_a_sync_is_sent_when_it_is_over() {
    let handlers = Handlers { start: at_10, timer: write_and_sync, message: note, ..IDLE };
    let trace = simulation(2, handlers).disk(disk(5)).network(constant(ms(2))).trace(0);
    assert_eq!(deliveries(&trace), [(17_000_000, n(1), "n0 Ping 1".to_owned())]);
    assert_eq!(announced(&trace).len(), 4);
}
