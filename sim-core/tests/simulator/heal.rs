//! The heal of a core: what belongs to it is repaired, and nothing else ever is.

use crate::common::{
    Ctx, Event, Handlers, IDLE, Node, at, check_replays, heard, missed, ms, n, node, numbers, pinging, set, simulation,
};
use sim_core::draft::{Draft, Lasting};
use sim_core::{ClientProfile, Fault, Probability, Selector, Simulation, TraceKind};

/// Five nodes; at 20 ms those from 0 to 2 are repaired.
fn cored(faults: impl IntoIterator<Item = impl Into<Fault>>) -> Simulation<Node> {
    faults.into_iter().fold(pinging(5).heal_at(ms(20)).heal_core(["n0", "n1", "n2"]), Simulation::fault)
}

fn from_10() -> Vec<u64> {
    (10..=30).collect()
}

fn from_10_to_20() -> Vec<u64> {
    (10..20).collect()
}

#[test]
fn cuts_within_the_core_end_and_all_others_stay() {
    let shapes: [Fault; 4] = [
        Fault::partition([["n0", "n3"], ["n1", "n4"]]).at(ms(10)).into(),
        Fault::random_links(Probability::ALWAYS).at(ms(10)).into(),
        Fault::omission().at(ms(10)).into(),
        Fault::links("all").loss(Probability::ALWAYS).at(ms(10)).into(),
    ];
    for shape in shapes {
        let name = shape.kind.name();
        // One would end after the heal, and the other never.
        for fault in [shape.clone(), shape.lasting(ms(15))] {
            let simulation = cored([fault]);
            let trace = simulation.trace(0);
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
    let one_way = |from, to| Fault::one_way(node(from), node(to)).at(ms(10));
    let trace = cored([one_way(0, 1), one_way(0, 3), one_way(3, 1)]).trace(0);
    assert_eq!(
        [(1, 0), (3, 0), (1, 3)].map(|(to, from)| missed(&trace, to, from)),
        [from_10_to_20(), from_10(), from_10()]
    );
    assert_eq!([(0, 1), (0, 3), (3, 1)].map(|(to, from)| missed(&trace, to, from).len()), [0; 3]);
}

#[test]
fn what_a_cut_holds_within_the_core_goes_on_its_way() {
    let held = Fault::random_links(Probability::ALWAYS).holding();
    let trace = cored([held.at(ms(10))]).trace(0);
    assert_eq!(heard(&trace, 1, 0).into_iter().filter(|time| *time == 20).count(), 11);
    assert_eq!(missed(&trace, 3, 0), from_10());
}

#[test]
fn nodes_of_the_core_are_repaired_and_others_stay_as_they_are() {
    fn of<K>(fault: fn(Selector) -> Draft<K>) -> (Vec<u64>, Vec<u64>) {
        let simulation = cored([1, 3].map(|who| fault(node(who)).at(ms(10))));
        check_replays(&simulation, 3);
        let trace = simulation.trace(0);
        (missed(&trace, 0, 1), missed(&trace, 0, 3))
    }
    // A node that boots at 20 begins to ping at 21.
    let (paused, crashed) = ((from_10_to_20(), from_10()), ((10..=20).collect(), from_10()));
    assert_eq!(of(Fault::pause), paused);
    assert_eq!(of(|targets| Fault::pause(targets).lasting(ms(15))), paused);
    assert_eq!(of(Fault::crash), crashed);
    assert_eq!(of(|targets| Fault::crash(targets).restart_after(ms(15))), crashed);
    let (one, other) = of(|targets| Fault::slow(targets, ms(3)));
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
    fn shown(fault: Draft<impl Lasting>, who: u32) -> Vec<(u64, u64)> {
        let handlers = Handlers { start: |_, ctx| set(0, ms(5), ctx), timer, ..IDLE };
        let instant = sim_core::DiskProfile { sync: (ms(0), ms(0)), torn_writes: false };
        let simulation = simulation(2, handlers).disk(instant).heal_at(ms(20)).heal_core(["n0"]).run_for(ms(50));
        let simulation = simulation.fault(fault.at(ms(10)).lasting(ms(15)));
        check_replays(&simulation, 3);
        numbers(&simulation.trace(0), n(who)).into_iter().skip(1).collect()
    }
    let jump = || Fault::clock_jump("all", ms(900));
    assert_eq!(shown(jump(), 0), [(15, 915), (25, 25), (35, 35), (45, 45)]);
    assert_eq!(shown(jump(), 1), [(15, 915), (25, 925), (35, 935), (45, 945)]);
    let drift = || Fault::drift("all", 1_000_000);
    assert_eq!(shown(drift(), 0), [(12, 15), (17, 25), (25, 35), (35, 45), (45, 55)]);
    assert_eq!(shown(drift(), 1), [(12, 15), (17, 25), (22, 35), (27, 45), (32, 55), (37, 65), (42, 75), (47, 85)]);
    let slow = || Fault::slow_disk("all", ms(4), ms(4));
    assert_eq!(shown(slow(), 0), [(15, 15), (29, 29), (39, 39), (49, 49)]);
    assert_eq!(shown(slow(), 1), [(15, 15), (29, 29), (43, 43)]);
}

/// A crash that waits for a step, a fault that waits for a role, one that repeats: none comes.
#[test]
fn nothing_strikes_after_the_heal() {
    let armed = |who| Fault::crash(node(who)).mid_step().restart_after(ms(1)).at(ms(10));
    let pause = |who| Fault::pause(node(who)).at(ms(10)).lasting(ms(30));
    let trace = cored([armed(3), armed(1)])
        .fault(pause(3))
        .fault(pause(1))
        .fault(Fault::crash("leader").at(ms(12)))
        .fault(Fault::crash("all").restart_after(ms(1)).at(ms(12)).repeated(ms(5)))
        .fault(Fault::crash("all").restart_after(ms(1)).at(ms(15)).one_by_one(ms(3)))
        .trace(0);
    let late = trace.events.iter().filter(|event| event.time >= at(20));
    let crashes = late.filter(|event| matches!(event.kind, TraceKind::Crash { .. }));
    assert_eq!(crashes.count(), 0);
}

/// Of two nodes outside one slows down and is to crash in its next step: it does not.
#[test]
fn a_crash_that_waits_for_a_step_outside_the_core_never_falls() {
    let armed = Fault::crash("n3").mid_step().restart_after(ms(1)).at(ms(15));
    let trace = cored([Fault::slow("n3", ms(15)).at(ms(10))]).fault(armed).trace(0);
    assert!(numbers(&trace, n(3)).into_iter().any(|(time, _)| time >= 20));
    assert_eq!(crate::common::count(&trace, |kind| matches!(kind, TraceKind::Crash { .. })), 0);
}

#[test]
fn clients_are_repaired_with_any_core() {
    let profile =
        ClientProfile { count: 2, operations: 1000, timeout: ms(3), think: (ms(1), ms(1)), ..ClientProfile::default() };
    let clients = |simulation: Simulation<Node>| simulation.clients(profile, |_, _, _| 1);
    let late = |fault: Fault| {
        let outcome = clients(cored([fault])).run(0);
        let within = |time_ns: u64| time_ns >= 22_000_000;
        let of = outcome.history.iter().filter(|(_, op)| op.returned().is_some_and(|at| within(at.time_ns)));
        let mut clients: Vec<u32> = of.map(|(_, op)| op.client).collect();
        clients.dedup();
        clients.sort_unstable();
        clients.dedup();
        clients
    };
    assert_eq!(late(Fault::crash("clients").at(ms(10)).into()), [0, 1]);
    assert_eq!(late(Fault::pause("clients").at(ms(10)).into()), [0, 1]);
    assert_eq!(late(Fault::one_way("c1", "all").at(ms(10)).into()), [0, 1]);
}

#[test]
fn the_core_may_be_random_and_a_heal_without_one_repairs_all() {
    let cut = || Fault::random_links(Probability::ALWAYS).at(ms(10));
    let cores: std::collections::BTreeSet<Vec<u32>> = (0..40)
        .map(|seed| {
            let simulation = pinging(5).heal_at(ms(20)).heal_core(["majority"]).fault(cut());
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
