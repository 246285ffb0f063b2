//! Crashes: what they leave, where they fall, and what comes back.

use std::collections::BTreeSet;

use crate::common::{
    Ctx, Event, Handlers, IDLE, Message, Node, announced, calm, constant, count, deliveries, ms, n, numbers, saw, set,
    simulation,
};
use sim_core::{Breach, DiskProfile, Fault, Property, Simulation, Step, StepKind, Stored, Trace, TraceKind, World};

/// What node 0 found on its disk when it booted last, as announced by [`recover`].
fn recover(node: &mut Node, ctx: &mut Ctx<'_>) {
    node.memory = 0;
    for record in ctx.disk().records() {
        ctx.emit(Event::Saw(record.readable().copied().unwrap_or(999)));
    }
}

fn disk(sync: u64) -> DiskProfile {
    DiskProfile { sync: (ms(sync), ms(sync)), torn_writes: false }
}

/// A timer at 10 ms whose step has five effects that can be seen from outside.
fn five_effects(_: &mut Node, timer: u64, ctx: &mut Ctx<'_>) {
    if timer == 0 && ctx.me() == n(0) {
        ctx.log(|| "a line more, when a trace is kept".to_owned());
        (1..=5).for_each(|number| ctx.send(n(1), Message::Ping(number)));
    }
}

fn note(_: &mut Node, _: sim_core::NodeId, message: Message, ctx: &mut Ctx<'_>) {
    if let Message::Ping(number) = message {
        ctx.emit(Event::Saw(number));
    }
}

const FIVE: Handlers = Handlers { start: |_, ctx| set(0, ms(10), ctx), timer: five_effects, message: note, ..IDLE };

#[test]
fn over_seeds_a_crash_falls_between_any_two_effects() {
    let simulation = simulation(2, FIVE).fault(Fault::crash("n0").mid_step().at(ms(5)));
    let cuts: BTreeSet<usize> = (0..200).map(|seed| saw(&simulation.trace(seed)).len()).collect();
    assert_eq!(cuts, (0..=5).collect());
    assert_eq!(saw(&calm(simulation).trace(0)).len(), 5, "the calm crash comes after the step");
}

/// The effects behind a sync can be cut off like those before it.
#[test]
fn over_seeds_a_crash_falls_between_any_two_effects_around_a_sync() {
    fn timer(_: &mut Node, _: u64, ctx: &mut Ctx<'_>) {
        if ctx.me() == n(0) {
            ctx.send(n(1), Message::Ping(1));
            ctx.disk().append(1);
            ctx.disk().sync();
            ctx.send(n(1), Message::Ping(2));
            ctx.send(n(1), Message::Ping(3));
            ctx.disk().append(2);
            ctx.disk().sync();
            ctx.send(n(1), Message::Ping(4));
        }
    }
    let simulation = simulation(2, Handlers { timer, ..FIVE })
        .disk(disk(1))
        .fault(Fault::crash("n0").power_loss().mid_step().at(ms(5)));
    let handlers_see = |seed| {
        let trace = simulation.trace(seed);
        (deliveries(&trace).len(), count(&trace, |kind| matches!(kind, TraceKind::Crash { .. })))
    };
    let seen: BTreeSet<(usize, usize)> = (0..300).map(handlers_see).collect();
    assert_eq!(seen, (0..=4).map(|sent| (sent, 1)).collect());
}

#[test]
fn a_heal_disarms_a_crash_that_waits_for_the_second_half_of_a_step() {
    fn timer(_: &mut Node, _: u64, ctx: &mut Ctx<'_>) {
        if ctx.me() == n(0) {
            ctx.disk().append(1);
            ctx.disk().sync();
            (1..=5).for_each(|number| ctx.send(n(1), Message::Ping(number)));
        }
    }
    let simulation = simulation(2, Handlers { timer, ..FIVE })
        .disk(disk(100))
        .fault(Fault::crash("n0").mid_step().at(ms(5)))
        .heal_at(ms(50))
        .run_for(ms(125));
    let mut survivors = 0;
    for seed in 0..50 {
        let trace = simulation.trace(seed);
        let crashes = count(&trace, |kind| matches!(kind, TraceKind::Crash { .. }));
        assert_eq!(saw(&trace).len(), if crashes == 0 { 5 } else { 0 });
        survivors += usize::from(crashes == 0);
    }
    assert!(survivors > 10, "{survivors} of 50");
}

/// A trace must show the run that failed without one.
#[test]
fn keeping_a_trace_changes_no_run() {
    let simulation = simulation(2, FIVE).fault(Fault::crash("n0").mid_step().at(ms(5)));
    for seed in 0..100 {
        let hash = simulation.run(seed).summary.trace_hash;
        assert_eq!(hash, simulation.trace(seed).hash, "traced, seed {seed}");
        assert_eq!(hash, simulation.record(seed).0.summary.trace_hash, "recorded, seed {seed}");
    }
}

/// A step with nothing but a log line has no effects, traced or not.
#[test]
fn an_armed_crash_waits_for_a_step_with_effects() {
    fn timer(_: &mut Node, timer: u64, ctx: &mut Ctx<'_>) {
        match timer {
            0 => ctx.log(|| "nothing happens".to_owned()),
            _ => (1..=3).for_each(|number| ctx.send(n(1), Message::Ping(number))),
        }
    }
    fn start(_: &mut Node, ctx: &mut Ctx<'_>) {
        if ctx.me() == n(0) {
            set(0, ms(10), ctx);
            set(1, ms(20), ctx);
        }
    }
    let simulation = simulation(2, Handlers { start, timer, ..FIVE }).fault(Fault::crash("n0").mid_step().at(ms(5)));
    for seed in 0..20 {
        let trace = simulation.trace(seed);
        let crashed = trace.events.iter().find(|event| matches!(event.kind, TraceKind::Crash { .. })).expect("a crash");
        assert_eq!(crashed.time, crate::common::at(20));
        assert_eq!(trace.hash, simulation.run(seed).summary.trace_hash);
    }
}

struct NeverMidStep;

/// The nodes of these tests count a step in memory before its effects go out.
impl Property<Node> for NeverMidStep {
    fn after_step(&mut self, world: &World<'_, Node>, step: &Step<'_, Node>) -> Result<(), Breach> {
        assert!(!world.is_mid_step(step.process), "the process that a step touched is never in the middle of one");
        let cut_off = step.process == sim_core::ProcessId(0) && world.node(step.process).is_some_and(|n| n.memory == 7);
        if cut_off { Err(Breach::new([], "the step that the crash cut off")) } else { Ok(()) }
    }
}

#[test]
fn properties_never_see_a_step_that_a_crash_cut_off() {
    fn timer(node: &mut Node, _: u64, ctx: &mut Ctx<'_>) {
        if ctx.me() == n(0) {
            node.memory = 7;
            ctx.disk().append(1);
            ctx.disk().sync();
            ctx.send(n(1), Message::Ping(1));
        }
    }
    let simulation =
        simulation(2, Handlers { timer, ..FIVE }).disk(disk(2)).property("Never Mid-Step", || NeverMidStep);
    for seed in 0..50 {
        // The effect that is cut off may be none.
        let outcome = simulation.clone().fault(Fault::crash("n0").mid_step().at(ms(5))).run(seed);
        assert!(outcome.summary.verdict.is_passed(), "{}", outcome.summary.verdict);
    }
    let during_the_sync = simulation.clone().fault(Fault::crash("n0").at(ms(11)));
    assert!(during_the_sync.run(0).summary.verdict.is_passed());
    assert!(!simulation.run(0).summary.verdict.is_passed(), "without a crash the step is seen");
}

struct Announcers(Vec<(u32, StepKind, Vec<Event>)>);

/// Fails with all that it saw, when node 1 has announced 99.
impl Property<Node> for Announcers {
    fn after_step(&mut self, _: &World<'_, Node>, step: &Step<'_, Node>) -> Result<(), Breach> {
        if !step.events.is_empty() {
            self.0.push((step.process.0, step.kind, step.events.to_vec()));
        }
        let end = step.events.contains(&Event::Saw(99));
        if end { Err(Breach::new([], format!("{:?}", self.0))) } else { Ok(()) }
    }
}

/// Node 0 announces something before and after a sync; node 1 runs meanwhile.
fn announcing_around_a_sync() -> Simulation<Node> {
    fn start(_: &mut Node, ctx: &mut Ctx<'_>) {
        match ctx.me().index() {
            0 => set(0, ms(10), ctx),
            _ => {
                set(1, ms(11), ctx);
                set(99, ms(30), ctx);
            }
        }
    }
    fn timer(_: &mut Node, timer: u64, ctx: &mut Ctx<'_>) {
        ctx.emit(Event::Saw(timer));
        if timer == 0 {
            ctx.disk().append(1);
            ctx.disk().sync();
            ctx.emit(Event::Saw(2));
        }
    }
    simulation(2, Handlers { start, timer, ..IDLE }).disk(disk(5)).property("Announcers", || Announcers(Vec::new()))
}

#[test]
fn what_a_step_announces_is_told_with_it_and_with_no_other() {
    let (_, what) = crate::common::violation(&announcing_around_a_sync().run(0));
    assert_eq!(what, "[(1, Timer, [Saw(1)]), (0, Timer, [Saw(0), Saw(2)]), (1, Timer, [Saw(99)])]");
}

#[test]
fn what_was_announced_in_a_step_cut_off_is_told_with_the_crash() {
    let (_, what) = crate::common::violation(&announcing_around_a_sync().fault(Fault::crash("n0").at(ms(12))).run(0));
    assert_eq!(what, "[(1, Timer, [Saw(1)]), (0, Crash, [Saw(0)]), (1, Timer, [Saw(99)])]");
}

#[test]
fn a_restart_builds_a_new_node_and_only_the_disk_is_left() {
    fn start(node: &mut Node, ctx: &mut Ctx<'_>) {
        assert_eq!(node.memory, 0, "memory never survives");
        recover(node, ctx);
        node.memory = 5;
        ctx.disk().append(3);
    }
    let trace =
        simulation(1, Handlers { start, ..IDLE }).fault(Fault::crash("n0").restart_after(ms(10)).at(ms(5))).trace(0);
    assert_eq!(numbers(&trace, n(0)), [(15, 3)], "a process crash keeps what was never synced");
}

#[test]
fn timers_of_an_old_incarnation_never_fire_and_messages_in_flight_arrive() {
    fn start(_: &mut Node, ctx: &mut Ctx<'_>) {
        if ctx.me() == n(1) {
            set(7, ms(18), ctx);
        } else {
            ctx.send(n(1), Message::Ping(1));
        }
    }
    fn timer(_: &mut Node, timer: u64, ctx: &mut Ctx<'_>) {
        ctx.emit(Event::Saw(timer));
    }
    let crash = Fault::crash("n1").restart_after(ms(5));
    let simulation = simulation(2, Handlers { start, timer, message: note, ..IDLE }).network(constant(ms(20)));
    let trace = simulation.clone().fault(crash.clone().at(ms(10))).trace(0);
    assert_eq!(numbers(&trace, n(1)), [(20, 1), (33, 7)]);
    let trace = simulation.fault(crash.at(ms(16))).trace(0);
    assert_eq!(numbers(&trace, n(1)), [(39, 7)], "a message that comes while the node is down is lost");
}

#[test]
fn what_waits_at_a_node_dies_with_it() {
    let pause = Fault::pause("n1");
    let crash = Fault::crash("n1").restart_after(ms(10));
    let simulation = simulation(2, FIVE).network(constant(ms(1))).fault(pause.at(ms(5)).lasting(ms(50)));
    assert_eq!(saw(&simulation.trace(0)).len(), 5);
    assert_eq!(saw(&simulation.fault(crash.at(ms(20))).trace(0)).len(), 0);
}

#[test]
fn a_crash_hits_nobody_who_is_down_and_the_first_restart_counts() {
    let simulation = simulation(1, Handlers { start: |_, ctx| ctx.emit(Event::Saw(1)), ..IDLE })
        .fault(Fault::crash("n0").restart_after(ms(20)).at(ms(10)))
        .fault(Fault::crash("n0").restart_after(ms(1)).at(ms(15)))
        .fault(Fault::crash("n0").at(ms(20)));
    let times: Vec<u64> = numbers(&simulation.trace(0), n(0)).into_iter().map(|(time, _)| time).collect();
    assert_eq!(times, [0, 30]);
}

#[test]
fn without_restart_after_a_node_stays_down_until_the_heal() {
    let simulation = simulation(2, Handlers { start: |_, ctx| ctx.emit(Event::Saw(1)), ..IDLE })
        .fault(Fault::crash("n0").at(ms(10)))
        .heal_at(ms(500));
    assert_eq!(numbers(&simulation.trace(0), n(0)), [(0, 1), (500, 1)]);
    assert_eq!(numbers(&simulation.trace(0), n(1)), [(0, 1)], "who is up does not boot");
}

/// Ten unsynced records at the time of a power loss.
fn ten_records(torn_writes: bool) -> Simulation<Node> {
    fn start(node: &mut Node, ctx: &mut Ctx<'_>) {
        recover(node, ctx);
        if ctx.disk().records().is_empty() {
            (0..10).for_each(|number| ctx.disk().append(number));
        }
    }
    let profile = DiskProfile { torn_writes, ..DiskProfile::default() };
    let power_loss = Fault::crash("n0").power_loss().restart_after(ms(1));
    simulation(1, Handlers { start, ..IDLE }).disk(profile).fault(power_loss.at(ms(5))).run_for(ms(20))
}

#[test]
fn over_seeds_a_power_loss_keeps_every_prefix_of_what_was_not_synced() {
    let mut lengths = BTreeSet::new();
    for seed in 0..200 {
        let found = saw(&ten_records(false).trace(seed));
        assert_eq!(found, (0..found.len() as u64).collect::<Vec<_>>());
        lengths.insert(found.len());
    }
    assert_eq!(lengths, (0..=10).collect());
    assert_eq!(saw(&calm(ten_records(false)).trace(0)).len(), 10, "the calm power loss loses nothing");
}

#[test]
fn half_of_the_power_losses_tear_the_first_record_that_they_lose() {
    let (mut torn, mut whole) = (0, 0);
    for seed in 0..200 {
        let found = saw(&ten_records(true).trace(seed));
        let corrupt = found.iter().filter(|record| **record == 999).count();
        assert!(corrupt == 0 || corrupt == 1 && found.last() == Some(&999));
        if found.len() < 10 || corrupt > 0 {
            torn += corrupt;
            whole += 1 - corrupt;
        }
    }
    assert!((60..130).contains(&torn) && (60..130).contains(&whole), "{torn} torn, {whole} not");
}

#[test]
fn a_power_loss_spares_what_was_synced_and_a_crash_in_a_sync_does_not() {
    fn start(node: &mut Node, ctx: &mut Ctx<'_>) {
        recover(node, ctx);
        if ctx.disk().records().is_empty() {
            ctx.disk().append(1);
            ctx.disk().sync();
            ctx.disk().append(2);
        }
    }
    let power_loss = |at| Fault::crash("n0").power_loss().restart_after(ms(5)).at(ms(at));
    let simulation = simulation(1, Handlers { start, ..IDLE }).disk(disk(10)).run_for(ms(30));
    let found = |at| -> BTreeSet<usize> {
        (0..50).map(|seed| saw(&simulation.clone().fault(power_loss(at)).trace(seed)).len()).collect()
    };
    assert_eq!(found(5), [0, 1].into(), "during the sync");
    assert_eq!(found(12), [1, 2].into(), "after it");
}

/// Twice written and lost: the count of writes goes on over a power loss.
#[test]
fn syncs_after_a_power_loss_cover_what_they_should() {
    fn start(node: &mut Node, ctx: &mut Ctx<'_>) {
        recover(node, ctx);
        ctx.disk().append(1);
        ctx.disk().sync();
        ctx.disk().append(2);
    }
    let power_loss = || Fault::crash("n0").power_loss().restart_after(ms(1));
    let simulation = simulation(1, Handlers { start, ..IDLE }).disk(disk(2)).run_for(ms(100));
    let simulation = [10, 20, 30].into_iter().fold(simulation, |s, at| s.fault(power_loss().at(ms(at))));
    for seed in 0..50 {
        let trace = simulation.trace(seed);
        let last: Vec<u64> =
            numbers(&trace, n(0)).into_iter().filter(|(time, _)| *time == 31).map(|(_, x)| x).collect();
        assert_eq!(last.iter().filter(|x| **x == 1).count(), 3, "synced at 2, 13 and 23 ms: {last:?}");
    }
}

#[test]
fn a_torn_record_is_found_and_can_be_cut_off() {
    fn start(_: &mut Node, ctx: &mut Ctx<'_>) {
        let records = ctx.disk().records();
        ctx.emit(Event::Saw(records.len() as u64));
        if records.last() == Some(&Stored::Corrupt) {
            ctx.emit(Event::Saw(999));
            ctx.disk().truncate(records.len() as u64 - 1);
        }
        ctx.disk().append(5);
    }
    let power_loss = || Fault::crash("n0").power_loss().restart_after(ms(1));
    let simulation = simulation(1, Handlers { start, ..IDLE });
    let simulation = (1..20).fold(simulation, |s, i| s.fault(power_loss().at(ms(i * 10)))).run_for(ms(300));
    let torn = |trace: &Trace| saw(trace).contains(&999);
    assert!((0..20).all(|seed| torn(&simulation.trace(seed))));
}

#[test]
fn all_nodes_can_crash_at_once_and_a_later_fault_needs_no_survivor() {
    let all = Fault::crash("all").power_loss().restart_after(ms(10));
    let start: fn(&mut Node, &mut Ctx<'_>) = |_, ctx| ctx.emit(Event::Saw(1));
    let trace = simulation(3, Handlers { start, ..IDLE }).fault(all.clone().at(ms(5))).fault(all.at(ms(6))).trace(0);
    assert_eq!(announced(&trace).len(), 6);
}
