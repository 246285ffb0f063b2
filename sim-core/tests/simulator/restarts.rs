//! Nodes that stop and boot: with an empty disk, again and again, one after the other, for the
//! first time, with another configuration.

use std::collections::BTreeSet;

use crate::common::{
    Ctx, Event, Handlers, IDLE, Node, PINGING, at, check_replays, constant, count, heard, missed, ms, n, numbers,
    pinging, set, simulation,
};
use sim_core::draft::{Crash, Draft};
use sim_core::{Duration, Fault, Milestone, Simulation, Trace, TraceKind, Zone, us};

/// When a node booted, in milliseconds.
fn boots(trace: &Trace, who: u32) -> Vec<u64> {
    let is_boot = |kind: &TraceKind| matches!(kind, TraceKind::Boot { .. });
    let of = trace.events.iter().filter(|event| event.who == Some(n(who)) && is_boot(&event.kind));
    of.map(|event| event.time.as_nanos() / 1_000_000).collect()
}

fn crash() -> Draft<Crash> {
    Fault::crash("n0").restart_after(ms(5))
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
    let found = |crash: Draft<Crash>, who| {
        let trace = simulation.clone().fault(crash.at(ms(10))).trace(0);
        numbers(&trace, n(who)).into_iter().filter(|(time, _)| *time >= 10).map(|(_, n)| n).collect::<Vec<_>>()
    };
    assert_eq!(found(crash(), 0), [1, 2, 3, 100]);
    assert_eq!(found(crash().wiped(), 0), [100]);
    assert_eq!(found(crash().wiped(), 1).len(), 0);
    let wiped = simulation.fault(crash().wiped().at(ms(10)));
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
    let of = |crash: Draft<Crash>| simulation(1, Handlers { start, ..IDLE }).fault(crash.at(ms(10)));
    let found = |crash| {
        let simulation = of(crash);
        (0..60).map(|seed| crate::common::saw(&simulation.trace(seed))).collect::<BTreeSet<Vec<u64>>>()
    };
    assert_eq!(found(crash()), [vec![1, 2, 3]].into());
    let ordered = found(crash().power_loss());
    assert_eq!(ordered, [vec![1], vec![1, 2], vec![1, 2, 3], vec![1, 99], vec![1, 2, 99]].into());
    let reordered = found(crash().reordering_power_loss());
    assert_eq!(reordered, [vec![1], vec![1, 2], vec![1, 3], vec![1, 2, 3]].into());
    check_replays(&of(crash().reordering_power_loss()), 30);
}

#[test]
fn a_crash_loop_ends_with_the_fault() {
    let looping = Fault::crash("n0").restart_after(ms(1)).at(ms(10)).repeated(ms(3)).lasting(ms(10));
    let simulation = pinging(2).fault(looping);
    let trace = simulation.trace(0);
    assert_eq!((boots(&trace, 0), boots(&trace, 1)), (vec![0, 11, 14, 17, 20], vec![0]));
    let record = simulation.run(0).summary.faults.remove(0);
    assert_eq!((record.blows, record.ended), (4, Some(at(20))));
    check_replays(&simulation, 5);
}

#[test]
fn a_rolling_restart_hits_one_after_the_other() {
    let rolling = Fault::crash("all").restart_after(ms(2)).at(ms(5)).one_by_one(ms(4));
    let simulation = pinging(4).fault(rolling);
    let trace = simulation.trace(0);
    assert_eq!([0, 1, 2, 3].map(|who| boots(&trace, who)), [[0, 7], [0, 11], [0, 15], [0, 19]]);
    let record = simulation.run(0).summary.faults.remove(0);
    assert_eq!((record.hit.len(), record.blows, record.ended), (4, 4, Some(at(17))));
    check_replays(&simulation, 5);
}

#[test]
fn what_lasts_goes_round_too() {
    let rolling = Fault::pause("all").at(ms(5)).lasting(ms(3)).one_by_one(ms(10));
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
    let kind = Fault::crash("zone:a").restart_after(ms(5));
    let trace = pinging(4).zones(zones).fault(kind.at(ms(10))).trace(0);
    assert_eq!([0, 1, 2, 3].map(|who| boots(&trace, who).len()), [2, 1, 1, 2]);
}

#[test]
fn a_restart_boots_who_is_down_and_nobody_else() {
    let restart = |targets: &str| Fault::restart(targets).at(ms(20));
    let down =
        pinging(3).fault(Fault::crash("n0").at(ms(10))).fault(Fault::crash("n1").restart_after(ms(15)).at(ms(10)));
    assert_eq!([0, 1, 2].map(|who| boots(&down.trace(0), who).len()), [1, 2, 1]);
    let trace = down.clone().fault(restart("all")).trace(0);
    assert_eq!([0, 1, 2].map(|who| boots(&trace, who)), [vec![0, 20], vec![0, 20], vec![0]]);
    let trace = down.fault(restart("n1")).trace(0);
    assert_eq!([0, 1].map(|who| boots(&trace, who)), [vec![0], vec![0, 20]]);
}

#[test]
fn a_node_that_joins_is_not_there_until_then() {
    let simulation = pinging(3).fault(Fault::join("n2").at(ms(10)));
    let trace = simulation.trace(0);
    assert_eq!(boots(&trace, 2), [10]);
    assert_eq!((missed(&trace, 0, 2), missed(&trace, 0, 1)), ((1..=10).collect(), vec![]));
    let restarts = simulation
        .fault(Fault::restart("all").at(ms(5)))
        .fault(Fault::crash("all").restart_after(ms(1)).at(ms(6)))
        .fault(Fault::crash("n2").restart_after(ms(1)).at(ms(15)));
    let trace = restarts.trace(0);
    assert_eq!([0, 2].map(|who| boots(&trace, who)), [[0, 7], [10, 16]]);
    check_replays(&restarts, 5);
}

#[test]
fn no_heal_boots_a_node_that_never_joined() {
    let never = Fault::join("n2").after(Milestone::event("Resigned", 1));
    let simulation = pinging(3).fault(never).fault(Fault::crash("n1").at(ms(5))).heal_at(ms(10));
    let trace = simulation.trace(0);
    assert_eq!([0, 1, 2].map(|who| boots(&trace, who)), [vec![0], vec![0, 10], vec![]]);
    let trace = simulation.heal_core(["all"]).trace(0);
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
    let upgrade = Fault::upgrade("n0", "new", ms(3));
    let crashes = |simulation: Simulation<Node>| {
        simulation
            .fault(Fault::crash("all").restart_after(ms(1)).at(ms(5)))
            .fault(Fault::crash("all").restart_after(ms(1)).at(ms(20)))
    };
    let upgraded = crashes(upgrading().fault(upgrade.at(ms(10))));
    let trace = upgraded.trace(0);
    assert_eq!(numbers(&trace, n(0)), [(0, 1), (6, 1), (13, 501), (21, 501)]);
    assert_eq!(numbers(&trace, n(1)), [(0, 1), (6, 1), (21, 1)]);
    assert_eq!(numbers(&crashes(upgrading()).trace(0), n(0)), [(0, 1), (6, 1), (21, 1)]);
    check_replays(&upgraded, 5);
}

/// Whoever is down when it is upgraded boots with the new configuration when it boots.
#[test]
fn a_node_that_is_down_can_be_upgraded() {
    let upgrade = Fault::upgrade("all", "new", ms(3));
    let simulation = upgrading().fault(Fault::crash("n0").restart_after(ms(20)).at(ms(5))).fault(upgrade.at(ms(10)));
    let trace = simulation.fault(Fault::pause("n1").at(ms(10)).lasting(Duration::ZERO)).trace(0);
    assert_eq!(numbers(&trace, n(0)), [(0, 1), (25, 501)]);
    assert_eq!(numbers(&trace, n(1)), [(0, 1), (13, 501)]);
}

/// It never lives for as long as its timer takes.
#[test]
fn a_crash_loop_keeps_a_node_from_its_work() {
    let handlers = Handlers { start: |_, ctx| set(0, ms(5), ctx), ..PINGING };
    let simulation = simulation(2, handlers).network(constant(ms(1))).run_for(ms(60));
    let looping = Fault::crash("n0").restart_after(ms(1)).at(ms(10)).repeated(ms(4)).lasting(ms(20));
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
    let kill = Fault::pause("leader").at(ms(2));
    let each = lead.clone().fault(kill.clone().lasting(ms(30)).flapping(ms(6), us(10)));
    let hits = |simulation: &Simulation<Node>| simulation.run(0).summary.faults.remove(0).hit;
    assert_eq!(hits(&each), [n(0), n(1), n(2), n(3)]);
    let strikes = |kind: &TraceKind| matches!(kind, TraceKind::FaultStrikes { .. });
    assert_eq!(count(&each.trace(0), strikes), 3);
    let same = kill.clone().lasting(ms(30)).flapping(ms(6), us(10)).same_targets();
    assert_eq!(hits(&lead.clone().fault(same)), [n(0)]);
    // 5 ms after the first blow, and again after the second, nobody leads: they wait for the next.
    let waits = lead.fault(kill.lasting(ms(30)).flapping(ms(4), us(10)));
    assert_eq!(hits(&waits), [n(0), n(1), n(2), n(3)]);
    check_replays(&each, 3);
    check_replays(&waits, 3);
}

#[test]
fn random_targets_of_a_fault_that_repeats_are_drawn_anew() {
    let loops = Fault::crash("random").restart_after(ms(1)).at(ms(2)).repeated(ms(3)).lasting(ms(25));
    let simulation = pinging(5).fault(loops);
    let most = (0..10).map(|seed| simulation.run(seed).summary.faults[0].hit.len()).max();
    assert!(most > Some(2), "{most:?}");
    check_replays(&simulation, 10);
}

#[test]
fn a_fault_strikes_each_of_its_targets_with_its_probability() {
    fn of<K>(fault: Draft<K>) -> Simulation<Node> {
        pinging(4).fault(fault.at(ms(5)).with_probability(sim_core::Probability::ratio(1, 2)))
    }
    let crashes = of(Fault::crash("all"));
    let down = |seed| crashes.trace(seed).events.iter().filter(|e| matches!(e.kind, TraceKind::Crash { .. })).count();
    let counts: Vec<usize> = (0..40).map(down).collect();
    assert!((60..100).contains(&counts.iter().sum::<usize>()), "{counts:?}");
    assert!(counts.iter().any(|count| *count > 0 && *count < 4), "each for itself: {counts:?}");
    check_replays(&crashes, 10);
    let cut = of(Fault::isolate("n0"));
    let struck = (0..40).filter(|seed| cut.run(*seed).summary.faults[0].blows > 0).count();
    assert!((10..30).contains(&struck), "{struck} of 40");
    check_replays(&cut, 10);
}
