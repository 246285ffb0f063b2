//! The heal of a core: what belongs to it is repaired, and nothing else ever is.

use crate::common::{
    Ctx, Event, Handlers, IDLE, Node, at, check_replays, crash, fault, heard, missed, ms, n, node, numbers, pinging,
    set, simulation,
};
use sim_core::{
    ClientProfile, CrashMoment, CrashSeverity, CutMode, Fault, FaultKind, LinkTrouble, MessageFilter, NodeId,
    Probability, Selector, Simulation, TraceKind,
};

/// Five nodes; at 20 ms those from 0 to 2 are repaired.
fn cored(faults: Vec<Fault>) -> Simulation<Node> {
    let simulation = pinging(5).heal_at(ms(20)).heal_core([0, 1, 2].map(node).to_vec());
    faults.into_iter().fold(simulation, Simulation::fault)
}

fn from_10() -> Vec<u64> {
    (10..=30).collect()
}

fn from_10_to_20() -> Vec<u64> {
    (10..20).collect()
}

#[test]
fn cuts_within_the_core_end_and_all_others_stay() {
    let groups = vec![vec![node(0), node(3)], vec![node(1), node(4)]];
    let shapes = [
        FaultKind::Partition { groups, mode: CutMode::Drop, rounds: None },
        FaultKind::RandomLinks { rate: Probability::ALWAYS, mode: CutMode::Drop },
        FaultKind::Omission { from: None, to: None, messages: MessageFilter::ALL },
        FaultKind::links(Selector::All, LinkTrouble { loss: Probability::ALWAYS, ..LinkTrouble::default() }),
    ];
    for kind in shapes {
        // One would end after the heal, and the other never.
        for fault in [fault(10, kind.clone()), fault(10, kind.clone()).lasting(ms(15))] {
            let simulation = cored(vec![fault]);
            let trace = simulation.trace(0);
            let name = kind.name();
            assert_eq!(missed(&trace, 1, 0), from_10_to_20(), "{name}");
            assert_eq!(
                [(3, 1), (1, 3), (4, 0), (4, 3)].map(|(to, from)| missed(&trace, to, from)),
                [(); 4].map(|()| from_10())
            );
            let record = simulation.run(0).summary.faults.remove(0);
            assert_eq!((record.began, record.ended), (Some(at(10)), None), "{name}");
            check_replays(&simulation, 3);
        }
    }
}

#[test]
fn a_cut_in_one_direction_stays_one() {
    let one_way = |from, to| fault(10, FaultKind::OneWay { from: node(from), to: node(to), mode: CutMode::Drop });
    let trace = cored(vec![one_way(0, 1), one_way(0, 3), one_way(3, 1)]).trace(0);
    assert_eq!(
        [(1, 0), (3, 0), (1, 3)].map(|(to, from)| missed(&trace, to, from)),
        [from_10_to_20(), from_10(), from_10()]
    );
    assert_eq!([(0, 1), (0, 3), (3, 1)].map(|(to, from)| missed(&trace, to, from).len()), [0; 3]);
}

#[test]
fn what_a_cut_holds_within_the_core_goes_on_its_way() {
    let held = FaultKind::RandomLinks { rate: Probability::ALWAYS, mode: CutMode::Hold };
    let trace = cored(vec![fault(10, held)]).trace(0);
    assert_eq!(heard(&trace, 1, 0).into_iter().filter(|time| *time == 20).count(), 11);
    assert_eq!(missed(&trace, 3, 0), from_10());
}

#[test]
fn nodes_of_the_core_are_repaired_and_others_stay_as_they_are() {
    let of = |kind: fn(Selector) -> FaultKind, lasts: Option<u64>| {
        let with = |who| {
            let fault = fault(10, kind(node(who)));
            lasts.map_or(fault.clone(), |lasts| fault.lasting(ms(lasts)))
        };
        let simulation = cored(vec![with(1), with(3)]);
        check_replays(&simulation, 3);
        let trace = simulation.trace(0);
        (missed(&trace, 0, 1), missed(&trace, 0, 3))
    };
    let pause: fn(Selector) -> FaultKind = |targets| FaultKind::Pause { targets };
    let down: fn(Selector) -> FaultKind = |targets| crash(targets, None);
    let coming_back: fn(Selector) -> FaultKind = |targets| crash(targets, Some(ms(15)));
    // A node that boots at 20 begins to ping at 21.
    let (paused, crashed) = ((from_10_to_20(), from_10()), ((10..=20).collect(), from_10()));
    assert_eq!(of(pause, None), paused);
    assert_eq!(of(pause, Some(15)), paused);
    assert_eq!((of(down, None), of(coming_back, None)), (crashed.clone(), crashed));
    let (one, other) = of(|targets| FaultKind::Slow { targets, step_takes: ms(3) }, None);
    assert!(one.last() < Some(&25) && other.last() == Some(&30), "{one:?} {other:?}");
}

/// A drift, a jump and a slow disk, seen by what clocks show and how long syncs take.
#[test]
fn what_is_wrong_with_a_node_alone_ends_in_the_core_only() {
    fn timer(_: &mut Node, timer: u64, ctx: &mut Ctx<'_>) {
        ctx.emit(Event::Saw((ctx.wall_clock().as_nanos() - 1_000_000_000_000_000_000) / 1_000_000));
        ctx.disk().append(1);
        ctx.disk().sync();
        set(timer, ms(10), ctx);
    }
    let handlers = Handlers { start: |_, ctx| set(0, ms(5), ctx), timer, ..IDLE };
    let instant = sim_core::DiskProfile { sync: (ms(0), ms(0)), torn_writes: false };
    let shown = |kind: fn(Selector) -> FaultKind, who| {
        let simulation = simulation(2, handlers).disk(instant).heal_at(ms(20)).heal_core(vec![node(0)]).run_for(ms(50));
        let simulation = simulation.fault(fault(10, kind(Selector::All)).lasting(ms(15)));
        check_replays(&simulation, 3);
        numbers(&simulation.trace(0), n(who)).into_iter().skip(1).collect::<Vec<_>>()
    };
    let jump: fn(Selector) -> FaultKind = |targets| FaultKind::ClockJump { targets, by: ms(900), backward: false };
    assert_eq!(shown(jump, 0), [(15, 915), (25, 25), (35, 35), (45, 45)]);
    assert_eq!(shown(jump, 1), [(15, 915), (25, 925), (35, 935), (45, 945)]);
    let drift: fn(Selector) -> FaultKind = |targets| FaultKind::Drift { targets, ppm: 1_000_000 };
    assert_eq!(shown(drift, 0), [(12, 15), (17, 25), (25, 35), (35, 45), (45, 55)]);
    assert_eq!(shown(drift, 1), [(12, 15), (17, 25), (22, 35), (27, 45), (32, 55), (37, 65), (42, 75), (47, 85)]);
    let slow: fn(Selector) -> FaultKind = |targets| FaultKind::SlowDisk { targets, sync: (ms(4), ms(4)) };
    assert_eq!(shown(slow, 0), [(15, 15), (29, 29), (39, 39), (49, 49)]);
    assert_eq!(shown(slow, 1), [(15, 15), (29, 29), (43, 43)]);
}

/// A crash that waits for a step, a fault that waits for a role, one that repeats: none comes.
#[test]
fn nothing_strikes_after_the_heal() {
    let armed = |who| {
        let (targets, severity, moment) = (node(who), CrashSeverity::Process, CrashMoment::MidStep);
        fault(10, FaultKind::Crash { targets, severity, moment, restart_after: Some(ms(1)), wiped: false })
    };
    let pause = |who, lasts| fault(10, FaultKind::Pause { targets: node(who) }).lasting(ms(lasts));
    let waiting = fault(12, crash(crate::common::role(), None));
    let looping = fault(12, crash(Selector::All, Some(ms(1)))).repeated(ms(5), None);
    let rolling = fault(15, crash(Selector::All, Some(ms(1)))).one_by_one(ms(3));
    let trace = cored(vec![armed(3), pause(3, 30), armed(1), pause(1, 30), waiting, looping, rolling]).trace(0);
    let late = trace.events.iter().filter(|event| event.time >= at(20));
    let crashes = late.filter(|event| matches!(event.kind, TraceKind::Crash { .. }));
    assert_eq!(crashes.count(), 0);
}

/// Of two nodes outside one slows down and is to crash in its next step: it does not.
#[test]
fn a_crash_that_waits_for_a_step_outside_the_core_never_falls() {
    let (targets, severity, moment) = (node(3), CrashSeverity::Process, CrashMoment::MidStep);
    let armed = FaultKind::Crash { targets, severity, moment, restart_after: Some(ms(1)), wiped: false };
    let slow = fault(10, FaultKind::Slow { targets: node(3), step_takes: ms(15) });
    let trace = cored(vec![slow, fault(15, armed)]).trace(0);
    assert!(numbers(&trace, n(3)).into_iter().any(|(time, _)| time >= 20));
    assert_eq!(crate::common::count(&trace, |kind| matches!(kind, TraceKind::Crash { .. })), 0);
}

#[test]
fn clients_are_repaired_with_any_core() {
    let profile =
        ClientProfile { count: 2, operations: 1000, timeout: ms(3), think: (ms(1), ms(1)), ..ClientProfile::default() };
    let clients = |simulation: Simulation<Node>| simulation.clients(profile, |_, _, _| 1);
    let late = |fault: Fault| {
        let outcome = clients(cored(vec![fault])).run(0);
        let within = |time_ns: u64| time_ns >= 22_000_000;
        let of = outcome.history.iter().filter(|(_, op)| op.returned().is_some_and(|at| within(at.time_ns)));
        let mut clients: Vec<u32> = of.map(|(_, op)| op.client).collect();
        clients.dedup();
        clients.sort_unstable();
        clients.dedup();
        clients
    };
    let (all, c1) = (Selector::Clients, Selector::Node(NodeId::client(1)));
    assert_eq!(late(fault(10, crash(all.clone(), None))), [0, 1]);
    assert_eq!(late(fault(10, FaultKind::Pause { targets: all.clone() })), [0, 1]);
    let cut = FaultKind::OneWay { from: c1, to: Selector::All, mode: CutMode::Drop };
    assert_eq!(late(fault(10, cut)), [0, 1]);
}

#[test]
fn the_core_may_be_random_and_a_heal_without_one_repairs_all() {
    let cut = || fault(10, FaultKind::RandomLinks { rate: Probability::ALWAYS, mode: CutMode::Drop });
    let cores: std::collections::BTreeSet<Vec<u32>> = (0..40)
        .map(|seed| {
            let simulation = pinging(5).heal_at(ms(20)).heal_core(vec![Selector::Majority]).fault(cut());
            let trace = simulation.trace(seed);
            let whole = |who: &u32| {
                (0..5).filter(|other| other != who && missed(&trace, *who, *other) == from_10_to_20()).count() == 2
            };
            (0..5).filter(whole).collect()
        })
        .collect();
    assert!(cores.len() > 5 && cores.iter().all(|core| core.len() == 3), "{cores:?}");
    let trace = pinging(5).heal_at(ms(20)).fault(cut()).trace(0);
    assert!((0..5).all(|to| (0..5).all(|from| to == from || missed(&trace, to, from) == from_10_to_20())));
}
