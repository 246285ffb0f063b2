//! What is left of a failing run in a test, and that nothing else is accepted instead.

use crate::common::{Event, Handlers, IDLE, Message, Node, PINGING, at, constant, ms, n, set, simulation};
use sim_core::shrink::ShrunkRun;
use sim_core::{
    Breach, Fault, FaultFamily, FaultKind, Nemesis, NodeId, Property, Rhythm, Selector, Simulation, Step, Time,
    Trigger, World, secs,
};

/// That no number is seen.
struct Never(u64);

impl Property<Node> for Never {
    fn after_step(&mut self, _: &World<'_, Node>, step: &Step<'_, Node>) -> Result<(), Breach> {
        let seen = step.events.contains(&Event::Saw(self.0));
        if seen { Err(Breach::new([n(0)], "seen")) } else { Ok(()) }
    }
}

/// Everybody pings once a millisecond; whoever else has not heard n1 for 5 ms says so.
fn watchful() -> Simulation<Node> {
    fn start(node: &mut Node, ctx: &mut crate::common::Ctx<'_>) {
        (PINGING.start)(node, ctx);
        if ctx.me() != n(1) {
            set(7, ms(6), ctx);
        }
    }
    fn timer(node: &mut Node, timer: u64, ctx: &mut crate::common::Ctx<'_>) {
        match timer {
            7 => ctx.emit(Event::Saw(999)),
            _ => (PINGING.timer)(node, timer, ctx),
        }
    }
    fn message(_: &mut Node, from: NodeId, message: Message, ctx: &mut crate::common::Ctx<'_>) {
        if let (Message::Ping(_), true) = (message, from == n(1)) {
            set(7, ms(5), ctx);
        }
    }
    simulation(4, Handlers { start, timer, message, ..IDLE })
        .network(constant(ms(1)))
        .run_for(secs(2))
        .property("Hears n1", || Never(999))
}

#[track_caller]
fn shrunk(simulation: &Simulation<Node>, seed: u64) -> ShrunkRun<Node> {
    let shrunk = simulation.shrink(seed, 10_000).expect("this seed fails");
    assert!(shrunk.is_minimal, "{shrunk}");
    // It is what every seed gives now, and ends as it is told to.
    let again = shrunk.simulation.run(seed + 1).summary;
    assert_eq!((again.steps, &again.verdict), (shrunk.summary.steps, &shrunk.summary.verdict));
    shrunk
}

fn storm() -> Nemesis {
    Nemesis::of([FaultFamily::Crash, FaultFamily::Partition, FaultFamily::Pause], Rhythm::new(ms(100), ms(50)))
}

#[test]
fn of_a_storm_is_left_what_it_takes() {
    let stormy = watchful().nemesis(storm());
    let seed = (0..).find(|seed| stormy.run(*seed).summary.verdict.violation().is_some()).expect("a seed");
    assert!(stormy.faults_of(seed).len() > 20);
    let shrunk = shrunk(&stormy, seed);
    // Whatever cut a node off from n1: a pause of n1, or one link in one direction.
    let [fault] = shrunk.recording.faults.as_slice() else { panic!("{shrunk}") };
    let is_least = match &fault.kind {
        FaultKind::Pause { targets } => matches!(targets, Selector::Node(_)),
        FaultKind::OneWay { from, .. } => *from == Selector::Node(n(1)),
        _ => false,
    };
    assert!(is_least && shrunk.recording.deviations.is_empty(), "{shrunk}");
    assert!(matches!(fault.trigger, Trigger::At(time) if time < at(200)), "sooner: {shrunk}");
}

#[test]
fn faults_get_weaker() {
    let crash: Fault = Fault::crash("n1").power_loss().restart_after(ms(400)).at(ms(300)).into();
    let partition: Fault = Fault::isolate("random:2").at(ms(300)).lasting(ms(800)).into();
    for fault in [crash, partition] {
        let name = fault.kind.name();
        let failing = watchful().fault(fault);
        let seed = (0..20).find(|seed| failing.run(*seed).summary.verdict.violation().is_some()).expect("a seed");
        let shrunk = shrunk(&failing, seed);
        let left = shrunk.recording.faults.iter().map(Fault::to_string).collect::<Vec<_>>().join("\n");
        let is_weaker = match name {
            "partition" => left.contains("one_way n1 to"),
            _ => left.contains("pause n1") && !left.contains("power_loss"),
        };
        assert!(is_weaker, "{left}");
    }
}

#[test]
fn times_leave_room() {
    // It takes a pause from 120 ms to 130 ms at least.
    let paused = |millis: u64| watchful().fault(Fault::pause("n1").at(ms(120)).lasting(ms(millis)));
    assert!(paused(3).run(0).summary.verdict.is_passed() && !paused(8).run(0).summary.verdict.is_passed());
    let shrunk = shrunk(&paused(500), 0);
    let [fault] = shrunk.recording.faults.as_slice() else { panic!("{shrunk}") };
    for millionths in [980_000, 1_020_000] {
        let lasts = fault.lasts.map(|lasts| lasts * millionths / 1_000_000);
        let other = Fault { lasts, ..fault.clone() };
        assert!(!watchful().fault(other).run(0).summary.verdict.is_passed(), "{shrunk}");
    }
}

#[test]
fn nodes_that_matter_stay_and_operations_go() {
    let asking = simulation(2, IDLE).operations(vec![vec![1, 2, 3], vec![4, 5, 6]]).always("Not Five", |world| {
        !world.history().iter().any(|(_, operation)| operation.op == 5 && operation.reply().is_some())
    });
    let shrunk = shrunk(&asking, 3);
    assert_eq!(shrunk.recording.operations, [vec![5]], "{shrunk}");
    assert!(shrunk.after.steps < 10 && shrunk.before.operations == 6);
}

#[test]
fn a_run_that_passes_has_nothing_to_shrink_and_a_bound_is_kept() {
    assert!(watchful().shrink(0, 100).is_none());
    let stormy = watchful().nemesis(storm());
    let seed = (0..).find(|seed| stormy.run(*seed).summary.verdict.violation().is_some()).expect("a seed");
    let bounded = stormy.shrink(seed, 7).expect("it fails");
    assert!(bounded.runs == 7 && !bounded.is_minimal, "{bounded}");
    assert_eq!(bounded.summary.verdict.property(), Some("Hears n1"));
    assert!(bounded.simulation.run(0).summary.time <= Time::ZERO + secs(2));
}

/// n0 tells n1 something at 100 ms, once.
fn telling() -> Simulation<Node> {
    fn start(_: &mut Node, ctx: &mut crate::common::Ctx<'_>) {
        if ctx.me() == n(0) {
            set(1, ms(100), ctx);
        }
    }
    fn timer(_: &mut Node, _: u64, ctx: &mut crate::common::Ctx<'_>) {
        ctx.send(n(1), Message::Ping(1));
    }
    fn message(node: &mut Node, _: NodeId, _: Message, _: &mut crate::common::Ctx<'_>) {
        node.memory = 1;
    }
    simulation(3, Handlers { start, timer, message, ..IDLE })
        .network(constant(ms(1)))
        .run_for(secs(2))
        .eventually("n1 Has Heard", |world| {
            world.correct().nth(1).is_some_and(|n1| world.node(n1).is_some_and(|node| node.memory == 1))
        })
}

/// A run that is over before anybody could have been told is no example of somebody who never was.
#[test]
fn what_should_happen_in_the_end_is_left_the_time_to() {
    let mute = Fault::send_omission("n0").at(ms(90)).lasting(ms(50));
    let crash = Fault::crash("n2").at(ms(300)).restart_after(ms(100));
    let simulation = telling().fault(mute).fault(crash);
    assert!(telling().run(0).summary.verdict.violation().is_none());
    let shrunk = shrunk(&simulation, 0);
    assert_eq!(shrunk.recording.faults.len(), 1, "what kept it from n1, and nothing else: {shrunk}");
    assert!(shrunk.summary.time >= at(1_400), "it was calm for 1.6 s: {shrunk}");
}

/// The same where faults last until the end, and there is no time without.
#[test]
fn what_faults_keep_from_happening_is_left_the_time_of_the_run() {
    let simulation = telling().fault(Fault::send_omission("n0").at(ms(50))).run_for(ms(500));
    let shrunk = shrunk(&simulation, 0);
    assert_eq!((shrunk.recording.faults.len(), shrunk.summary.time), (1, at(500)), "{shrunk}");
}
