//! Faults of time: late timers, clocks that run fast or slow, wall clocks that jump.

use crate::common::{Ctx, Event, Handlers, IDLE, Node, check_replays, ms, n, numbers, set, simulation};
use sim_core::draft::{Draft, Trouble};
use sim_core::{ClockProfile, Duration, Fault, Latency, Simulation, Time, us};

fn tick(_: &mut Node, timer: u64, ctx: &mut Ctx<'_>) {
    ctx.emit(Event::Saw(ctx.now().as_nanos() / 1_000_000));
    set(timer, ms(1), ctx);
}

/// Two nodes that announce what their clock shows every millisecond.
fn ticking() -> Simulation<Node> {
    simulation(2, Handlers { start: |_, ctx| set(0, ms(1), ctx), timer: tick, ..IDLE }).run_for(ms(40))
}

fn times(simulation: &Simulation<Node>, seed: u64, who: u32) -> Vec<u64> {
    numbers(&simulation.trace(seed), n(who)).into_iter().map(|(time, _)| time).collect()
}

#[test]
fn timers_that_are_armed_under_the_fault_are_late() {
    let late = |by| Fault::late_timers("n0", by).at(ms(10)).lasting(ms(10));
    let simulation = ticking().fault(late(Latency::Constant(ms(3))));
    let expected: Vec<u64> = (1..=10).chain([14, 18]).chain(22..40).collect();
    assert_eq!(times(&simulation, 0, 0), expected);
    assert_eq!(times(&simulation, 0, 1), (1..40).collect::<Vec<_>>());
    let drawn = ticking().fault(late(Latency::Uniform(Duration::ZERO, ms(5))));
    assert_ne!(times(&drawn, 0, 0), times(&drawn, 1, 0));
    check_replays(&drawn, 10);
}

/// A timer of 100 ms, pending when the clock changes its pace.
fn one_timer() -> Simulation<Node> {
    fn timer(_: &mut Node, _: u64, ctx: &mut Ctx<'_>) {
        assert!(ctx.now() >= Time::ZERO + ms(100), "early: {}", ctx.now());
        assert!(ctx.now() <= Time::ZERO + ms(101), "late: {}", ctx.now());
        ctx.emit(Event::Saw(1));
    }
    simulation(2, Handlers { start: |_, ctx| set(0, ms(100), ctx), timer, ..IDLE }).run_for(ms(1000))
}

fn drift(ppm: i32) -> Draft<Trouble> {
    Fault::drift("n0", ppm)
}

#[test]
fn pending_timers_move_with_a_clock_that_changes_its_pace() {
    let of = |ppm, lasts: u64| {
        let simulation = one_timer().fault(drift(ppm).at(ms(10)).lasting(ms(lasts)));
        assert_eq!(times(&simulation, 0, 1), [100]);
        assert!(simulation.run(0).summary.verdict.is_passed());
        times(&simulation, 0, 0)
    };
    // 20 ms at double speed gain 20 ms, at half speed they lose 10; in the end all are at it.
    assert_eq!((of(1_000_000, 20), of(-500_000, 20)), (vec![80], vec![110]));
    assert_eq!((of(1_000_000, 800), of(-500_000, 800)), (vec![55], vec![190]));
    assert_eq!(of(0, 20), [100]);
}

#[test]
fn both_clocks_run_fast_and_then_as_before() {
    fn timer(_: &mut Node, timer: u64, ctx: &mut Ctx<'_>) {
        const EPOCH: u64 = 1_000_000_000_000_000_000;
        let monotonic = ctx.now().as_nanos() / 1_000_000;
        assert_eq!((ctx.wall_clock().as_nanos() - EPOCH) / 1_000_000, monotonic);
        ctx.emit(Event::Saw(monotonic));
        set(timer, ms(10), ctx);
    }
    let handlers = Handlers { start: |_, ctx| set(0, ms(10), ctx), timer, ..IDLE };
    let simulation = simulation(2, handlers).run_for(ms(81)).fault(drift(1_000_000).at(ms(20)).lasting(ms(20)));
    let expected =
        [(10, 10), (20, 20), (25, 30), (30, 40), (35, 50), (40, 60), (50, 70), (60, 80), (70, 90), (80, 100)];
    assert_eq!(numbers(&simulation.trace(0), n(0)), expected);
    assert_eq!(numbers(&simulation.trace(0), n(1)).len(), 8);
    check_replays(&simulation, 5);
}

/// Clocks that are wrong anyway, and change their pace again and again, each for itself and all.
#[test]
fn no_timer_is_early_however_often_its_clock_changes_its_pace() {
    fn timer(_: &mut Node, timer: u64, ctx: &mut Ctx<'_>) {
        let due = Time::from_nanos(timer * 1_234_567);
        assert!(ctx.now() >= due, "{timer} is early");
        assert!(ctx.now().since(due) < Duration::from_micros(1), "{timer} is {} late", ctx.now().since(due));
        ctx.emit(Event::Saw(timer));
    }
    fn start(_: &mut Node, ctx: &mut Ctx<'_>) {
        (1..60).for_each(|timer| set(timer, Duration::from_nanos(timer * 1_234_567), ctx));
    }
    let flapping =
        |at, ppm, every| Fault::drift("all", ppm).at(ms(at)).lasting(ms(50)).flapping(us(every), us(every / 3));
    for seed in 0..30 {
        let clocks = ClockProfile { drift_ppm: 300_000, offset: Duration::ZERO };
        let simulation = simulation(3, Handlers { start, timer, ..IDLE })
            .clocks(clocks)
            .fault(flapping(1, 700_001, 1717))
            .fault(flapping(3, -899_999, 919))
            .run_for(ms(2000));
        let outcome = simulation.run_traced(seed);
        assert!(outcome.summary.verdict.is_passed(), "{}", outcome.summary.verdict);
        assert_eq!(crate::common::saw(&outcome.trace.expect("a trace")).len(), 3 * 59);
    }
}

#[test]
fn a_wall_clock_jumps_and_jumps_back_and_the_other_clock_does_not() {
    fn timer(_: &mut Node, timer: u64, ctx: &mut Ctx<'_>) {
        assert_eq!(ctx.now().as_nanos() % 1_000_000, 0);
        ctx.emit(Event::Saw((ctx.wall_clock().as_nanos() - 999_999_999_000_000_000) / 1_000_000));
        set(timer, ms(10), ctx);
    }
    let handlers = Handlers { start: |_, ctx| set(0, ms(10), ctx), timer, ..IDLE };
    let shown = |backward, lasts: Option<u64>, who| {
        let jump = Fault::clock_jump("n0", ms(500)).at(ms(15));
        let jump = if backward { jump.backward() } else { jump };
        let jump = lasts.map_or(jump.clone(), |lasts| jump.lasting(ms(lasts)));
        numbers(&simulation(2, handlers).fault(jump).run_for(ms(41)).trace(0), n(who))
    };
    assert_eq!(shown(false, Some(10), 0), [(10, 1010), (20, 1520), (30, 1030), (40, 1040)]);
    assert_eq!(shown(true, Some(10), 0), [(10, 1010), (20, 520), (30, 1030), (40, 1040)]);
    assert_eq!(shown(true, None, 0), [(10, 1010), (20, 520), (30, 530), (40, 540)]);
    assert_eq!(shown(false, None, 1), [(10, 1010), (20, 1020), (30, 1030), (40, 1040)]);
}

#[test]
fn pauses_repeat_and_slowness_goes_round() {
    let pause = Fault::pause("n0").at(ms(10)).lasting(ms(20)).flapping(ms(10), ms(4));
    let simulation = ticking().fault(pause);
    let silent: Vec<u64> = (1..40).filter(|time| !times(&simulation, 0, 0).contains(time)).collect();
    assert_eq!(silent, [10, 11, 12, 13, 20, 21, 22, 23]);
    assert_eq!(times(&simulation, 0, 1).len(), 39);
    let slow = Fault::slow("all", ms(5));
    let slow = ticking().fault(slow.at(ms(10)).lasting(ms(6)).one_by_one(ms(10)));
    // Each step is followed by a rest, the last as well.
    let silent = |who| (1..40).filter(|time| !times(&slow, 0, who).contains(time)).collect::<Vec<u64>>();
    assert_eq!(
        (silent(0), silent(1)),
        ([11, 12, 13, 14, 16, 17, 18, 19].into(), [21, 22, 23, 24, 26, 27, 28, 29].into())
    );
    check_replays(&slow, 5);
}
