//! Clocks and timers, and the order of what is due at once.

use std::collections::BTreeSet;

use crate::common::{
    Ctx, Event, Handlers, IDLE, Message, Node, announced, calm, cancel, constant, count, ms, n, numbers, saw, set,
    simulation,
};
use sim_core::{ClockProfile, Duration, Fault, Time, TraceKind};

fn emit(_: &mut Node, timer: u64, ctx: &mut Ctx<'_>) {
    ctx.emit(Event::Saw(timer));
}

const START: Handlers = Handlers { timer: emit, ..IDLE };

#[test]
fn timers_are_never_early_on_their_own_clock_and_hardly_late() {
    fn start(_: &mut Node, ctx: &mut Ctx<'_>) {
        (1..50).for_each(|timer| set(timer, Duration::from_nanos(timer * 1_234_567), ctx));
    }
    fn timer(_: &mut Node, timer: u64, ctx: &mut Ctx<'_>) {
        let late = ctx.now().since(Time::from_nanos(timer * 1_234_567));
        assert!(ctx.now().as_nanos() >= timer * 1_234_567, "early");
        assert!(late <= Duration::from_nanos(2), "{late} late");
        ctx.emit(Event::Saw(timer));
    }
    let clocks = ClockProfile { drift_ppm: 300_000, offset: Duration::ZERO };
    for seed in 0..50 {
        let simulation = simulation(3, Handlers { start, timer, ..IDLE }).clocks(clocks);
        let outcome = simulation.run_traced(seed);
        assert!(outcome.summary.verdict.is_passed(), "{}", outcome.summary.verdict);
        assert_eq!(saw(&outcome.trace.expect("a trace")).len(), 3 * 49);
    }
}

/// The true times at which a timer of 100 ms fires under drift.
#[test]
fn clocks_run_fast_and_slow_within_their_bounds() {
    let handlers = Handlers { start: |_, ctx| set(0, ms(100), ctx), ..START };
    let clocks = ClockProfile { drift_ppm: 100_000, offset: Duration::ZERO };
    let times: BTreeSet<u64> = (0..20)
        .flat_map(|seed| announced(&simulation(5, handlers).clocks(clocks).trace(seed)))
        .map(|(time, ..)| time)
        .collect();
    assert!(times.len() > 90, "each node and seed has a clock of its own");
    assert!(times.iter().all(|time| (90_909_090..=111_111_112).contains(time)));
    assert!(times.first() < Some(&92_000_000) && times.last() > Some(&109_000_000));
    let calm = calm(simulation(5, handlers).clocks(clocks)).trace(0);
    assert!(announced(&calm).iter().all(|(time, ..)| *time == 100_000_000), "calm clocks are right");
}

#[test]
fn arming_again_replaces_and_disarming_removes() {
    fn start(_: &mut Node, ctx: &mut Ctx<'_>) {
        set(1, ms(10), ctx);
        set(1, ms(30), ctx);
        set(2, ms(30), ctx);
        set(2, ms(10), ctx);
        set(3, ms(5), ctx);
        cancel(3, ctx);
        cancel(4, ctx);
        set(5, ms(5), ctx);
        cancel(5, ctx);
        set(5, ms(40), ctx);
        set(6, ms(7), ctx);
        set(100, ms(6), ctx);
    }
    fn timer(node: &mut Node, timer: u64, ctx: &mut Ctx<'_>) {
        emit(node, timer, ctx);
        if timer == 100 {
            cancel(6, ctx);
            set(1, ms(44), ctx);
        }
    }
    let trace = simulation(1, Handlers { start, timer, ..IDLE }).trace(0);
    assert_eq!(numbers(&trace, n(0)), [(6, 100), (10, 2), (40, 5), (50, 1)]);
}

fn simultaneous(node: &mut Node, ctx: &mut Ctx<'_>) {
    node.memory = 0;
    for timer in [3, 1, 4, 2] {
        set(timer, ms(10), ctx);
    }
    set(3, ms(10), ctx);
}

#[test]
fn timers_due_at_once_fire_in_the_order_of_their_arming_when_calm() {
    let simulation = simulation(1, Handlers { start: simultaneous, ..START });
    assert_eq!(saw(&calm(simulation.clone()).trace(0)), [1, 4, 2, 3], "arming 3 again put it last");
    let orders: BTreeSet<Vec<u64>> = (0..300).map(|seed| saw(&simulation.trace(seed))).collect();
    assert_eq!(orders.len(), 24, "and in any order over seeds");
}

#[test]
fn messages_due_at_once_come_in_any_order_over_seeds_and_first_in_first_out_when_calm() {
    fn start(_: &mut Node, ctx: &mut Ctx<'_>) {
        if ctx.me() != n(0) {
            ctx.send(n(0), Message::Ping(u64::from(ctx.me().index())));
        }
    }
    let message: fn(&mut Node, sim_core::NodeId, Message, &mut Ctx<'_>) =
        |_, from, _, ctx| ctx.emit(Event::Saw(u64::from(from.index())));
    let simulation = simulation(5, Handlers { start, message, ..IDLE }).network(constant(ms(3)));
    assert_eq!(saw(&calm(simulation.clone()).trace(0)), [1, 2, 3, 4]);
    let orders: BTreeSet<Vec<u64>> = (0..300).map(|seed| saw(&simulation.trace(seed))).collect();
    assert_eq!(orders.len(), 24);
}

/// Far more simultaneous events than are considered for which is next.
#[test]
fn many_simultaneous_events_all_happen_and_replay() {
    let handlers = Handlers { start: |_, ctx| ctx.broadcast(Message::Ping(1)), ..IDLE };
    let simulation = simulation(40, handlers).network(constant(ms(1)));
    for seed in 0..10 {
        let (outcome, recording) = simulation.record(seed);
        assert_eq!(outcome.summary.delivered, 40 * 39);
        assert_eq!(outcome.summary.trace_hash, simulation.run(seed).summary.trace_hash);
        let replayed = simulation.clone().replaying(recording).run(0).summary;
        assert_eq!((replayed.trace_hash, replayed.unused.len()), (outcome.summary.trace_hash, 0));
    }
}

#[test]
fn the_monotonic_clock_restarts_with_a_boot_and_the_wall_clock_goes_on() {
    const EPOCH: u64 = 1_000_000_000_000_000_000;
    fn start(_: &mut Node, ctx: &mut Ctx<'_>) {
        assert_eq!(ctx.now(), Time::ZERO);
        ctx.emit(Event::Saw((ctx.wall_clock().as_nanos() - EPOCH) / 1_000_000));
        set(1, ms(10), ctx);
    }
    fn timer(_: &mut Node, _: u64, ctx: &mut Ctx<'_>) {
        ctx.emit(Event::Saw(ctx.now().as_nanos() / 1_000_000));
    }
    let crash = Fault::crash("all").restart_after(ms(30));
    let trace = simulation(1, Handlers { start, timer, ..IDLE }).fault(crash.at(ms(20))).trace(0);
    assert_eq!(numbers(&trace, n(0)), [(0, 0), (10, 10), (50, 50), (60, 10)]);
}

#[test]
fn wall_clocks_are_wrong_by_at_most_the_declared_offset() {
    const EPOCH: i128 = 1_000_000_000_000_000_000;
    let start: fn(&mut Node, &mut Ctx<'_>) = |_, ctx| ctx.emit(Event::Saw(ctx.wall_clock().as_nanos()));
    let clocks = ClockProfile { drift_ppm: 0, offset: ms(50) };
    let simulation = simulation(5, Handlers { start, ..IDLE }).clocks(clocks).run_for(ms(1));
    let shown: Vec<i128> =
        (0..40).flat_map(|seed| saw(&simulation.trace(seed))).map(|t| i128::from(t) - EPOCH).collect();
    assert!(shown.iter().all(|error| error.abs() <= 50_000_000));
    assert!(shown.iter().any(|error| *error < -40_000_000) && shown.iter().any(|error| *error > 40_000_000));
}

#[test]
fn events_at_the_end_of_the_run_do_not_happen() {
    let handlers = Handlers { start: |_, ctx| (1..=3).for_each(|t| set(t, ms(t * 10), ctx)), ..START };
    assert_eq!(saw(&simulation(1, handlers).run_for(ms(30)).trace(0)), [1, 2]);
}

/// A timer armed before a crash and one of the same name armed after it are two.
#[test]
fn a_node_that_boots_has_no_timers() {
    let handlers = Handlers { start: |_, ctx| set(1, ms(25), ctx), ..START };
    let crash = |at| Fault::crash("all").restart_after(Duration::ZERO).at(ms(at));
    let trace = simulation(1, handlers).fault(crash(10)).fault(crash(20)).trace(0);
    assert_eq!(numbers(&trace, n(0)), [(45, 1)]);
    assert_eq!(count(&trace, |kind| matches!(kind, TraceKind::Boot { .. })), 3);
}
