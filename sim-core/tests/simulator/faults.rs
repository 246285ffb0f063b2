//! Faults: whom they hit, when they begin, and what a heal repairs.

use std::collections::BTreeSet;

use crate::common::{
    Ctx, Event, Handlers, IDLE, Message, Node, at, calm, constant, count, ms, n, numbers, saw, set, simulation,
};
use sim_core::draft::Draft;
use sim_core::{ClientProfile, Duration, Fault, LinkProfile, Milestone, NodeId, Simulation, TraceKind};

fn hit(simulation: &Simulation<Node>, seed: u64) -> Vec<NodeId> {
    simulation.run(seed).summary.faults[0].hit.clone()
}

fn nodes(indexes: &[u32]) -> Vec<NodeId> {
    indexes.iter().map(|index| n(*index)).collect()
}

#[test]
fn selectors_name_whom_they_say() {
    let of = |kind: Draft<_>| hit(&simulation(5, IDLE).fault(kind.at(ms(10))), 3);
    assert_eq!(of(Fault::pause("n3")), nodes(&[3]));
    assert_eq!(of(Fault::pause("all")), nodes(&[0, 1, 2, 3, 4]));
    assert_eq!(of(Fault::pause("minority")).len(), 2);
    assert_eq!(of(Fault::pause("majority")).len(), 3);
    assert_eq!(of(Fault::pause("random:4")).len(), 4);
    assert_eq!(of(Fault::pause("random:9")).len(), 5);
    let sizes = |nodes| {
        ["minority", "majority"].map(|s| hit(&simulation(nodes, IDLE).fault(Fault::pause(s).at(ms(10))), 0).len())
    };
    assert_eq!([1, 2, 3, 4].map(sizes), [[0, 1], [0, 2], [1, 2], [1, 3]]);
}

#[test]
fn random_targets_are_any_over_seeds_and_the_same_for_a_seed() {
    let simulation = simulation(5, IDLE).fault(Fault::pause("random:2").at(ms(10)));
    let pairs: BTreeSet<Vec<NodeId>> = (0..100).map(|seed| hit(&simulation, seed)).collect();
    assert_eq!(pairs.len(), 10);
    assert!((0..20).all(|seed| hit(&simulation, seed) == hit(&simulation, seed)));
    assert_eq!(hit(&calm(simulation), 0), nodes(&[0, 1]), "the calm target is the first");
}

/// Which nodes a one-way cut separates, told by who reaches whom.
#[test]
fn others_are_all_that_the_fault_does_not_name() {
    let partition = Fault::partition([vec!["others"], vec!["n1", "n3"]]);
    let start: fn(&mut Node, &mut Ctx<'_>) = |_, ctx| set(0, ms(20), ctx);
    let timer: fn(&mut Node, u64, &mut Ctx<'_>) = |_, _, ctx| ctx.broadcast(Message::Ping(u64::from(ctx.me().index())));
    let message: fn(&mut Node, NodeId, Message, &mut Ctx<'_>) =
        |_, from, _, ctx| ctx.emit(Event::Saw(u64::from(from.index())));
    let trace = simulation(5, Handlers { start, timer, message, ..IDLE }).fault(partition.at(ms(10))).trace(0);
    let by = |who| numbers(&trace, n(who)).into_iter().map(|(_, from)| from).collect::<BTreeSet<u64>>();
    assert_eq!((by(0), by(1), by(4)), ([2, 4].into(), [3].into(), [0, 2].into()));
}

/// Node `k` takes the role at `k` times 10 ms; node 2 gives it up at 25 ms.
fn electing() -> Handlers {
    fn start(_: &mut Node, ctx: &mut Ctx<'_>) {
        let me = u64::from(ctx.me().index());
        if me > 0 {
            set(0, ms(me * 10), ctx);
        }
        if me == 2 {
            set(1, ms(25), ctx);
        }
    }
    fn timer(_: &mut Node, timer: u64, ctx: &mut Ctx<'_>) {
        ctx.emit(if timer == 0 { Event::Elected } else { Event::Resigned });
    }
    Handlers { start, timer, ..IDLE }
}

#[test]
fn a_role_is_held_by_who_announced_it_last_and_a_fault_waits_for_it() {
    let check = |at_ms: u64, began: u64, expected: u32| {
        let simulation = simulation(4, electing()).fault(Fault::pause("leader").at(ms(at_ms)));
        let record = simulation.run(0).summary.faults.remove(0);
        assert_eq!((record.began, record.hit), (Some(at(began)), nodes(&[expected])), "at {at_ms}");
    };
    check(5, 10, 1);
    check(15, 15, 1);
    check(22, 22, 2);
    check(27, 27, 1);
    check(35, 35, 3);
}

#[test]
fn a_crash_takes_the_role_away() {
    let simulation =
        simulation(4, electing()).fault(Fault::pause("leader").at(ms(34))).fault(Fault::crash("n3").at(ms(33)));
    assert_eq!(hit(&simulation, 0), nodes(&[1]));
    let all = simulation.clone().fault(Fault::crash("all").at(ms(32)));
    assert_eq!(all.run(0).summary.faults[0].began, None);
}

/// The random target is drawn once, though the fault was tried before somebody had the role.
#[test]
fn a_waiting_fault_draws_its_targets_when_it_begins() {
    let partition = Fault::partition([["random"], ["leader"], ["others"]]);
    let simulation = simulation(4, electing()).fault(partition.at(ms(5)));
    for seed in 0..20 {
        let (outcome, recording) = simulation.record(seed);
        assert_eq!(outcome.summary.faults[0].began, Some(at(10)));
        let replayed = simulation.clone().replaying(recording).run(99);
        assert_eq!(replayed.summary.trace_hash, outcome.summary.trace_hash);
    }
}

#[test]
fn a_fault_can_wait_for_the_kth_announcement() {
    let simulation = simulation(4, electing())
        .fault(Fault::pause("n0").after(Milestone::event("Elected", 2)).lasting(ms(3)))
        .fault(Fault::crash("leader").after(Milestone::event("Resigned", 1)))
        .fault(Fault::pause("n0").after(Milestone::event("Elected", 4)));
    let faults = simulation.run(0).summary.faults;
    assert_eq!((faults[0].began, faults[0].ended), (Some(at(20)), Some(at(23))));
    assert_eq!((faults[1].began, &faults[1].hit[..]), (Some(at(25)), &nodes(&[1])[..]));
    assert_eq!(faults[2].began, None);
}

fn emit(_: &mut Node, timer: u64, ctx: &mut Ctx<'_>) {
    ctx.emit(Event::Saw(timer));
}

/// Timers at 1 to 30 ms.
fn thirty_timers(_: &mut Node, ctx: &mut Ctx<'_>) {
    (1..=30).for_each(|timer| set(timer, ms(timer), ctx));
}

const TIMERS: Handlers = Handlers { start: thirty_timers, timer: emit, ..IDLE };

#[test]
fn a_paused_node_does_nothing_and_then_takes_everything_up_in_any_order() {
    let simulation = simulation(1, TIMERS).fault(Fault::pause("n0").at(ms(10)).lasting(ms(5)));
    let calm = numbers(&calm(simulation.clone()).trace(0), n(0));
    assert_eq!(calm, (1..=30).map(|t| (if (10..15).contains(&t) { 15 } else { t }, t)).collect::<Vec<_>>());
    let orders: BTreeSet<Vec<u64>> = (0..600).map(|seed| saw(&simulation.trace(seed))[9..14].to_vec()).collect();
    assert!(orders.len() > 110, "{} of the 120 orders of what was due", orders.len());
    let all: BTreeSet<u64> = saw(&simulation.trace(3)).into_iter().collect();
    assert_eq!(all.len(), 30);
}

#[test]
fn a_pause_ends_when_the_last_of_overlapping_pauses_does() {
    let simulation = simulation(1, TIMERS)
        .fault(Fault::pause("n0").at(ms(10)).lasting(ms(10)))
        .fault(Fault::pause("all").at(ms(15)).lasting(ms(10)))
        .fault(Fault::pause("n0").at(ms(12)).lasting(ms(1)));
    let times: BTreeSet<u64> = numbers(&simulation.trace(0), n(0)).into_iter().map(|(time, _)| time).collect();
    assert_eq!(times, (1..10).chain(25..=30).collect());
}

/// The order of a FIFO link holds through a pause; timers may come before, between and after.
#[test]
fn a_pause_keeps_the_order_of_fifo_links() {
    fn start(_: &mut Node, ctx: &mut Ctx<'_>) {
        match ctx.me().index() {
            0 => set(100, ms(12), ctx),
            _ => (1..=20).for_each(|timer| set(timer, ms(timer), ctx)),
        }
    }
    fn timer(node: &mut Node, timer: u64, ctx: &mut Ctx<'_>) {
        if ctx.me() == n(0) { emit(node, timer, ctx) } else { ctx.send(n(0), Message::Ping(timer)) }
    }
    fn message(_: &mut Node, from: NodeId, message: Message, ctx: &mut Ctx<'_>) {
        if let Message::Ping(number) = message {
            ctx.emit(Event::Saw(u64::from(from.index()) * 1000 + number));
        }
    }
    let mut orders = BTreeSet::new();
    for seed in 0..50 {
        let network = LinkProfile { fifo: true, ..constant(Duration::from_micros(10)) };
        let simulation = simulation(3, Handlers { start, timer, message, ..IDLE }).network(network);
        let seen = saw(&simulation.fault(Fault::pause("n0").at(ms(5)).lasting(ms(10))).trace(seed));
        for link in [1000..2000, 2000..3000] {
            let of: Vec<u64> = seen.iter().copied().filter(|number| link.contains(number)).collect();
            assert!(of.is_sorted() && of.len() == 20, "{of:?}");
        }
        orders.insert(seen);
    }
    assert!(orders.len() > 45);
}

#[test]
fn a_slow_node_takes_its_time_for_every_step_and_keeps_the_order() {
    let slow = Fault::slow("n0", ms(3));
    let simulation = simulation(1, TIMERS).fault(slow.at(ms(10)).lasting(ms(10)));
    for seed in 0..10 {
        let seen = numbers(&simulation.trace(seed), n(0));
        let expected: Vec<(u64, u64)> = (1..=30)
            .map(|t| {
                (
                    match t {
                        10 => 10,
                        11 => 13,
                        12 => 16,
                        13 => 19,
                        14..=22 => 22,
                        t => t,
                    },
                    t,
                )
            })
            .collect();
        assert_eq!(seen, expected);
    }
}

#[test]
fn of_two_that_slow_a_node_the_slower_counts_and_each_ends_by_itself() {
    let slow = |takes| Fault::slow("all", ms(takes));
    let simulation =
        simulation(1, TIMERS).fault(slow(2).at(ms(5)).lasting(ms(20))).fault(slow(5).at(ms(5)).lasting(ms(6)));
    let times: Vec<u64> = numbers(&simulation.trace(0), n(0)).into_iter().map(|(time, _)| time).take(10).collect();
    assert_eq!(times, [1, 2, 3, 4, 5, 10, 15, 17, 19, 21]);
}

/// A slow or paused node that crashes, and one that boots under either.
#[test]
fn crashes_pauses_and_slowness_do_not_get_in_each_others_way() {
    let slow = Fault::slow("n0", ms(3));
    let restart = || Fault::crash("n0").restart_after(ms(1));
    let simulation = simulation(1, TIMERS)
        .fault(slow.at(ms(2)).lasting(ms(10)))
        .fault(restart().at(ms(4)))
        .fault(Fault::pause("n0").at(ms(20)).lasting(ms(5)))
        .fault(Fault::crash("n0").restart_after(ms(20)).at(ms(22)))
        .fault(restart().at(ms(60)));
    let boots = |kind: &TraceKind| matches!(kind, TraceKind::Boot { .. });
    for seed in 0..20 {
        let (outcome, recording) = simulation.record(seed);
        assert!(outcome.summary.verdict.is_passed());
        let trace = simulation.trace(seed);
        assert_eq!(count(&trace, boots), 4);
        assert_eq!(numbers(&trace, n(0)).last(), Some(&(91, 30)));
        assert_eq!(simulation.clone().replaying(recording).run(0).summary.trace_hash, trace.hash);
    }
}

/// Everything that can be broken, broken until the heal at 50 ms.
#[test]
fn a_heal_repairs_everything() {
    fn start(_: &mut Node, ctx: &mut Ctx<'_>) {
        set(0, ms(1), ctx);
        ctx.emit(Event::Saw(1000));
    }
    fn timer(node: &mut Node, timer: u64, ctx: &mut Ctx<'_>) {
        node.memory += 1;
        ctx.broadcast(Message::Ping(node.memory));
        if ctx.now() >= at(60) {
            ctx.emit(Event::Elected);
        }
        set(timer, ms(1), ctx);
    }
    let message: fn(&mut Node, NodeId, Message, &mut Ctx<'_>) =
        |_, from, _, ctx| ctx.emit(Event::Saw(u64::from(from.index())));
    let always = sim_core::Probability::ALWAYS;
    let simulation = simulation(8, Handlers { start, timer, message, ..IDLE })
        .network(constant(ms(2)))
        .fault(Fault::isolate("n0").at(ms(10)))
        .fault(Fault::isolate("n0").holding().at(ms(10)))
        .fault(Fault::one_way("n1", "others").holding().at(ms(10)))
        .fault(Fault::send_omission("n2").at(ms(10)))
        .fault(Fault::links("n3").loss(always).duplicate(always).at(ms(10)))
        .fault(Fault::pause("n4").at(ms(10)))
        .fault(Fault::slow("n4", ms(20)).at(ms(10)))
        .fault(Fault::pause("n5").at(ms(10)))
        .fault(Fault::crash("n5").power_loss().mid_step().restart_after(ms(100)).at(ms(10)))
        .fault(Fault::crash("n6").at(ms(10)))
        .fault(Fault::crash("n7").restart_after(ms(300)).at(ms(10)))
        .fault(Fault::crash("leader").at(ms(10)))
        .fault(Fault::crash("all").after(Milestone::event("Elected", 1)))
        .heal_at(ms(50))
        .run_for(ms(400));
    for seed in 0..20 {
        let trace = simulation.trace(seed);
        let late =
            |who: u32| numbers(&trace, n(who)).into_iter().filter(|(time, from)| *time >= 350 && *from < 8).count();
        assert!(
            (0..8).all(|who| late(who) == 50 * 7),
            "everybody hears everybody, once: {:?}",
            (0..8).map(late).collect::<Vec<_>>()
        );
        assert!(
            trace.events.iter().all(|event| event.time <= at(50) || !matches!(event.kind, TraceKind::Crash { .. }))
        );
        let records = simulation.run(seed).summary.faults;
        assert!(records[..8].iter().all(|record| record.ended == Some(at(50))));
        assert_eq!((records[11].began, records[12].began), (None, None), "waiting faults never begin");
    }
}

/// A fault that lies past the heal is taken off, and what happens around its time is not.
#[test]
fn a_heal_skips_nothing_that_comes_after_it() {
    let simulation = simulation(1, TIMERS)
        .fault(Fault::crash("n0").after(Milestone::event("Saw", 10)))
        .heal_at(ms(5))
        .run_for(ms(40));
    assert_eq!(saw(&simulation.trace(0)), (1..=30).collect::<Vec<_>>());
}

#[test]
fn faults_that_make_no_sense_are_refused() {
    let check = |simulation: Simulation<Node>, what: &str| {
        let (place, message) = simulation.validate().expect_err(what);
        assert_eq!(place, Some(0));
        assert!(message.contains(what), "{message}");
    };
    fn with(fault: impl Into<Fault>) -> Simulation<Node> {
        simulation(3, IDLE).fault(fault)
    }
    check(with(Fault::pause("n3").at(ms(10))), "there is no node n3");
    check(with(Fault::pause("c0").at(ms(10))), "there is no client c0");
    check(with(Fault::pause("clients").at(ms(10))), "there are no clients");
    check(with(Fault::pause("king").at(ms(10))), "no node has the role king");
    check(with(Fault::pause("n0").at(ms(10_000))), "faults are over");
    check(with(Fault::pause("n0").at(ms(60))).heal_at(ms(50)), "faults are over");
    check(with(Fault::pause("n0").at(ms(60))).heal_at(ms(90)).run_for(ms(50)), "faults are over");
    check(with(Fault::pause("n0").after(Milestone::event("Elected", 0))), "counted from 1");
    check(with(Fault::from(Fault::crash("n0").at(ms(10))).lasting(ms(5))), "no duration");
    let one_group = Fault::partition([["all"]]);
    check(with(one_group.at(ms(10))), "two groups");
    assert_eq!(with(Fault::pause("n2").at(ms(10))).validate(), Ok(()));
}

/// Nobody has the role: it hits nobody, and the run goes on.
#[test]
fn a_fault_that_names_nobody_hits_nobody() {
    let simulation = simulation(2, TIMERS).fault(Fault::pause("leader").at(ms(11)));
    let outcome = simulation.run(0);
    assert!(outcome.summary.verdict.is_passed());
    assert_eq!(outcome.summary.faults[0].hit, []);
}

#[test]
fn clients_have_faults_of_their_own() {
    let profile = ClientProfile { count: 2, operations: 1000, think: (ms(1), ms(1)), ..ClientProfile::default() };
    let simulation = simulation(2, IDLE).clients(profile, |_, _, _| 1).network(constant(ms(1))).run_for(ms(300));
    let asked = |simulation: &Simulation<Node>, client: u32, from: u64, to: u64| {
        let outcome = simulation.run(0);
        let within = |ns: u64| (from..to).contains(&(ns / 1_000_000));
        outcome.history.iter().filter(|(_, op)| op.client == client && within(op.invoked.time_ns)).count()
    };
    let paused = simulation.clone().fault(Fault::pause("c0").at(ms(100)).lasting(ms(100)));
    assert_eq!(
        (asked(&paused, 0, 105, 199), asked(&paused, 0, 0, 100) > 20, asked(&paused, 0, 201, 300) > 20),
        (0, true, true)
    );
    assert!(asked(&paused, 1, 105, 199) > 20);
    let crashed = simulation.clone().fault(Fault::crash("clients").restart_after(ms(100)).at(ms(100)));
    assert_eq!((asked(&crashed, 0, 100, 199), asked(&crashed, 1, 100, 199)), (0, 0));
    assert!(asked(&crashed, 1, 202, 300) > 20);
}
