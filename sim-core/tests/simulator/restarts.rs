//! Nodes that stop and boot: with an empty disk, again and again, one after the other, for the
//! first time, with another configuration.

use std::collections::BTreeSet;

use crate::common::{
    Ctx, Event, Handlers, IDLE, Node, PINGING, at, check_replays, constant, count, crash, fault, heard, missed, ms, n,
    node, numbers, pinging, set, simulation,
};
use sim_core::{
    CrashMoment, CrashSeverity, Duration, Fault, FaultKind, Milestone, Selector, Simulation, Trace, TraceKind, Zone,
};

/// When a node booted, in milliseconds.
fn boots(trace: &Trace, who: u32) -> Vec<u64> {
    let is_boot = |kind: &TraceKind| matches!(kind, TraceKind::Boot { .. });
    let of = trace.events.iter().filter(|event| event.who == Some(n(who)) && is_boot(&event.kind));
    of.map(|event| event.time.as_nanos() / 1_000_000).collect()
}

fn wiping(targets: Selector) -> FaultKind {
    let (severity, moment) = (CrashSeverity::Process, CrashMoment::AtOnce);
    FaultKind::Crash { targets, severity, moment, restart_after: Some(ms(5)), wiped: true }
}

/// Writes 1, 2 and 3 at its first boot, and announces what it finds at each.
fn three_records(_: &mut Node, ctx: &mut Ctx<'_>) {
    let records: Vec<u64> = ctx.disk().records().iter().filter_map(|record| record.readable().copied()).collect();
    if records.is_empty() {
        (1..=3).for_each(|record| ctx.disk().append(record));
        ctx.disk().sync();
    }
    records.into_iter().for_each(|record| ctx.emit(Event::Saw(record)));
    ctx.emit(Event::Saw(100));
}

#[test]
fn a_wiped_node_comes_back_as_itself_with_nothing() {
    let simulation = simulation(2, Handlers { start: three_records, ..IDLE });
    let found = |kind: FaultKind, who| {
        let trace = simulation.clone().fault(fault(10, kind)).trace(0);
        numbers(&trace, n(who)).into_iter().filter(|(time, _)| *time >= 10).map(|(_, n)| n).collect::<Vec<_>>()
    };
    assert_eq!(found(crash(node(0), Some(ms(5))), 0), [1, 2, 3, 100]);
    assert_eq!(found(wiping(node(0)), 0), [100]);
    assert_eq!(found(wiping(node(0)), 1).len(), 0);
    let wiped = simulation.fault(fault(10, wiping(node(0))));
    let wipes = |kind: &TraceKind| matches!(kind, TraceKind::Wipe { records: 3 });
    assert_eq!(count(&wiped.trace(0), wipes), 1);
    check_replays(&wiped, 5);
}

/// Two unsynced appends of node 0: a disk that keeps the order loses the last, or both.
#[test]
fn a_power_loss_may_keep_any_of_what_was_not_synced_if_the_disk_reorders() {
    fn start(_: &mut Node, ctx: &mut Ctx<'_>) {
        let records = ctx.disk().records();
        if records.is_empty() && ctx.now() == sim_core::Time::ZERO && ctx.rng().below(1) == 0 {
            ctx.disk().append(1);
            ctx.disk().sync();
            ctx.disk().append(2);
            ctx.disk().append(3);
        }
        records.iter().for_each(|record| ctx.emit(Event::Saw(record.readable().copied().unwrap_or(99))));
    }
    let of = |severity| {
        let (targets, moment) = (node(0), CrashMoment::AtOnce);
        let kind = FaultKind::Crash { targets, severity, moment, restart_after: Some(ms(5)), wiped: false };
        simulation(1, Handlers { start, ..IDLE }).fault(fault(10, kind))
    };
    let found =
        |severity| (0..60).map(|seed| crate::common::saw(&of(severity).trace(seed))).collect::<BTreeSet<Vec<u64>>>();
    assert_eq!(found(CrashSeverity::Process), [vec![1, 2, 3]].into());
    let ordered = found(CrashSeverity::PowerLoss);
    assert_eq!(ordered, [vec![1], vec![1, 2], vec![1, 2, 3], vec![1, 99], vec![1, 2, 99]].into());
    let reordered = found(CrashSeverity::ReorderingPowerLoss);
    assert_eq!(reordered, [vec![1], vec![1, 2], vec![1, 3], vec![1, 2, 3]].into());
    check_replays(&of(CrashSeverity::ReorderingPowerLoss), 30);
}

#[test]
fn a_crash_loop_ends_with_the_fault() {
    let looping = fault(10, crash(node(0), Some(ms(1)))).lasting(ms(10)).repeated(ms(3), None);
    let simulation = pinging(2).fault(looping);
    let trace = simulation.trace(0);
    assert_eq!((boots(&trace, 0), boots(&trace, 1)), (vec![0, 11, 14, 17, 20], vec![0]));
    let record = simulation.run(0).summary.faults.remove(0);
    assert_eq!((record.blows, record.ended), (4, Some(at(20))));
    check_replays(&simulation, 5);
}

#[test]
fn a_rolling_restart_hits_one_after_the_other() {
    let rolling = fault(5, crash(Selector::All, Some(ms(2)))).one_by_one(ms(4));
    let simulation = pinging(4).fault(rolling);
    let trace = simulation.trace(0);
    assert_eq!([0, 1, 2, 3].map(|who| boots(&trace, who)), [[0, 7], [0, 11], [0, 15], [0, 19]]);
    let record = simulation.run(0).summary.faults.remove(0);
    assert_eq!((record.hit.len(), record.blows, record.ended), (4, 4, Some(at(17))));
    check_replays(&simulation, 5);
}

#[test]
fn what_lasts_goes_round_too() {
    let rolling = fault(5, FaultKind::Pause { targets: Selector::All }).lasting(ms(3)).one_by_one(ms(10));
    let simulation = pinging(3).fault(rolling);
    let trace = simulation.trace(0);
    // Nobody hears what is not sent, nor what comes while it is paused itself, until later.
    assert_eq!(
        [(1, 0), (2, 1), (0, 2)].map(|(to, from)| missed(&trace, to, from)),
        [[5, 6, 7, 15, 16, 17], [15, 16, 17, 25, 26, 27], [5, 6, 7, 25, 26, 27]]
    );
    assert_eq!(simulation.run(0).summary.faults[0].ended, Some(at(28)));
    check_replays(&simulation, 5);
}

#[test]
fn the_nodes_of_a_zone_go_down_together() {
    let zone = |name: &str, members: &[u32]| Zone {
        name: name.to_owned(),
        members: members.iter().map(|index| n(*index)).collect(),
        latencies: [].into(),
    };
    let zones = vec![zone("a", &[0, 3]), zone("b", &[1, 2])];
    let kind = crash(Selector::Zone("a".to_owned()), Some(ms(5)));
    let trace = pinging(4).zones(zones).fault(fault(10, kind)).trace(0);
    assert_eq!([0, 1, 2, 3].map(|who| boots(&trace, who).len()), [2, 1, 1, 2]);
}

#[test]
fn a_restart_boots_who_is_down_and_nobody_else() {
    let restart = |targets| fault(20, FaultKind::Restart { targets });
    let down = pinging(3).fault(fault(10, crash(node(0), None))).fault(fault(10, crash(node(1), Some(ms(15)))));
    assert_eq!([0, 1, 2].map(|who| boots(&down.trace(0), who).len()), [1, 2, 1]);
    let trace = down.clone().fault(restart(Selector::All)).trace(0);
    assert_eq!([0, 1, 2].map(|who| boots(&trace, who)), [vec![0, 20], vec![0, 20], vec![0]]);
    let trace = down.fault(restart(node(1))).trace(0);
    assert_eq!([0, 1].map(|who| boots(&trace, who)), [vec![0], vec![0, 20]]);
}

fn joining(trigger: impl Fn(FaultKind) -> Fault) -> Simulation<Node> {
    pinging(3).fault(trigger(FaultKind::Join { targets: node(2) }))
}

#[test]
fn a_node_that_joins_is_not_there_until_then() {
    let simulation = joining(|kind| fault(10, kind));
    let trace = simulation.trace(0);
    assert_eq!(boots(&trace, 2), [10]);
    assert_eq!((missed(&trace, 0, 2), missed(&trace, 0, 1)), ((1..=10).collect(), vec![]));
    let restarts = simulation
        .fault(fault(5, FaultKind::Restart { targets: Selector::All }))
        .fault(fault(6, crash(Selector::All, Some(ms(1)))))
        .fault(fault(15, crash(node(2), Some(ms(1)))));
    let trace = restarts.trace(0);
    assert_eq!([0, 2].map(|who| boots(&trace, who)), [[0, 7], [10, 16]]);
    check_replays(&restarts, 5);
}

#[test]
fn no_heal_boots_a_node_that_never_joined() {
    let never = |kind| Fault::after(Milestone::event("Resigned", 1), kind);
    let simulation = joining(never).fault(fault(5, crash(node(1), None))).heal_at(ms(10));
    let trace = simulation.trace(0);
    assert_eq!([0, 1, 2].map(|who| boots(&trace, who)), [vec![0], vec![0, 10], vec![]]);
    let trace = simulation.heal_core(vec![Selector::All]).trace(0);
    assert_eq!([1, 2].map(|who| boots(&trace, who)), [vec![0, 10], vec![]]);
}

/// The new configuration announces 500 more than the old.
fn upgrading() -> Simulation<Node> {
    const OLD: Handlers = Handlers { start: |_, ctx| ctx.emit(Event::Saw(1)), ..IDLE };
    const NEW: Handlers = Handlers { start: |_, ctx| ctx.emit(Event::Saw(501)), ..IDLE };
    simulation(2, OLD).configuration("new", |_, _| Node { handlers: NEW, memory: 0 }).run_for(ms(50))
}

#[test]
fn an_upgraded_node_keeps_its_configuration() {
    let targets = node(0);
    let upgrade = FaultKind::Upgrade { targets, configuration: "new".to_owned(), restart_after: ms(3) };
    let crashes = |simulation: Simulation<Node>| {
        simulation
            .fault(fault(5, crash(Selector::All, Some(ms(1)))))
            .fault(fault(20, crash(Selector::All, Some(ms(1)))))
    };
    let upgraded = crashes(upgrading().fault(fault(10, upgrade)));
    let trace = upgraded.trace(0);
    assert_eq!(numbers(&trace, n(0)), [(0, 1), (6, 1), (13, 501), (21, 501)]);
    assert_eq!(numbers(&trace, n(1)), [(0, 1), (6, 1), (21, 1)]);
    assert_eq!(numbers(&crashes(upgrading()).trace(0), n(0)), [(0, 1), (6, 1), (21, 1)]);
    check_replays(&upgraded, 5);
}

/// Whoever is down when it is upgraded boots with the new configuration when it boots.
#[test]
fn a_node_that_is_down_can_be_upgraded() {
    let upgrade = FaultKind::Upgrade { targets: Selector::All, configuration: "new".to_owned(), restart_after: ms(3) };
    let simulation = upgrading().fault(fault(5, crash(node(0), Some(ms(20))))).fault(fault(10, upgrade));
    let trace = simulation.fault(fault(10, FaultKind::Pause { targets: node(1) }).lasting(Duration::ZERO)).trace(0);
    assert_eq!(numbers(&trace, n(0)), [(0, 1), (25, 501)]);
    assert_eq!(numbers(&trace, n(1)), [(0, 1), (13, 501)]);
}

/// It never lives for as long as its timer takes.
#[test]
fn a_crash_loop_keeps_a_node_from_its_work() {
    let handlers = Handlers { start: |_, ctx| set(0, ms(5), ctx), ..PINGING };
    let simulation = simulation(2, handlers).network(constant(ms(1))).run_for(ms(60));
    let looping = fault(10, crash(node(0), Some(ms(1)))).lasting(ms(20)).repeated(ms(4), None);
    let expected: Vec<u64> = (6..=10).chain(33..60).collect();
    assert_eq!(heard(&simulation.fault(looping).trace(0), 1, 0), expected);
}

/// Whoever leads when the blow comes; while nobody does, it waits. Or always whom it hit first.
#[test]
fn a_fault_that_repeats_finds_its_targets_anew_unless_it_is_told_not_to() {
    // Node after node leads for 4 ms, and nobody for the 2 ms after that.
    let start: fn(&mut Node, &mut Ctx<'_>) = |_, ctx| {
        let me = u64::from(ctx.me().index());
        if ctx.now() < at(1) {
            set(1, ms(6 * me + 1), ctx);
            set(2, ms(6 * me + 5), ctx);
        }
    };
    let timer: fn(&mut Node, u64, &mut Ctx<'_>) =
        |_, timer, ctx| ctx.emit(if timer == 1 { Event::Elected } else { Event::Resigned });
    let lead = simulation(4, Handlers { start, timer, ..IDLE }).run_for(ms(40));
    let kill = fault(2, FaultKind::Pause { targets: crate::common::role() });
    let each = lead.clone().fault(kill.clone().lasting(ms(30)).repeated(ms(6), Some(Duration::from_micros(10))));
    let hits = |simulation: &Simulation<Node>| simulation.run(0).summary.faults.remove(0).hit;
    assert_eq!(hits(&each), [n(0), n(1), n(2), n(3)]);
    let strikes = |kind: &TraceKind| matches!(kind, TraceKind::FaultStrikes { .. });
    assert_eq!(count(&each.trace(0), strikes), 3);
    let mut same = kill.clone().lasting(ms(30)).repeated(ms(6), Some(Duration::from_micros(10)));
    same.repeat = same.repeat.map(|repeat| sim_core::Repeat { same_targets: true, ..repeat });
    assert_eq!(hits(&lead.clone().fault(same)), [n(0)]);
    // 5 ms after the first blow, and again after the second, nobody leads: they wait for the next.
    let waits = lead.fault(kill.lasting(ms(30)).repeated(ms(4), Some(Duration::from_micros(10))));
    assert_eq!(hits(&waits), [n(0), n(1), n(2), n(3)]);
    check_replays(&each, 3);
    check_replays(&waits, 3);
}

#[test]
fn random_targets_of_a_fault_that_repeats_are_drawn_anew() {
    let loops = fault(2, crash(Selector::Random(1), Some(ms(1)))).lasting(ms(25)).repeated(ms(3), None);
    let simulation = pinging(5).fault(loops);
    let most = (0..10).map(|seed| simulation.run(seed).summary.faults[0].hit.len()).max();
    assert!(most > Some(2), "{most:?}");
    check_replays(&simulation, 10);
}

#[test]
fn a_fault_strikes_each_of_its_targets_with_its_probability() {
    let half = sim_core::Probability::ratio(1, 2);
    let of = |kind| pinging(4).fault(fault(5, kind).with_probability(half));
    let crashes = of(crash(Selector::All, None));
    let down = |seed| crashes.trace(seed).events.iter().filter(|e| matches!(e.kind, TraceKind::Crash { .. })).count();
    let counts: Vec<usize> = (0..40).map(down).collect();
    assert!((60..100).contains(&counts.iter().sum::<usize>()), "{counts:?}");
    assert!(counts.iter().any(|count| *count > 0 && *count < 4), "each for itself: {counts:?}");
    check_replays(&crashes, 10);
    let groups = vec![vec![node(0)], vec![Selector::Others]];
    let cut = of(FaultKind::Partition { groups, mode: sim_core::CutMode::Drop, rounds: None });
    let struck = (0..40).filter(|seed| cut.run(*seed).summary.faults[0].blows > 0).count();
    assert!((10..30).contains(&struck), "{struck} of 40");
    check_replays(&cut, 10);
}
