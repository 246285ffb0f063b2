//! A run that another seed takes over.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use crate::common::{Event, Handlers, IDLE, Message, Node, at, ms, set, simulation};
use sim_core::{
    ClientProfile, ClockProfile, FaultFamily, Nemesis, Redraw, Rhythm, Simulation, Summary, Time, TraceKind,
};

/// Nodes draw everything that can be drawn: by name, from their generators, on links and clocks.
fn drawing() -> Simulation<Node> {
    let clients = ClientProfile { count: 2, operations: 20, think: (ms(1), ms(9)), ..ClientProfile::default() };
    let handlers = Handlers {
        start: |_, ctx| set(0, ms(5), ctx),
        timer: |node, timer, ctx| {
            node.memory = node.memory.wrapping_mul(31) + ctx.rng().below(1000) + ctx.choose("number", 0..1000);
            ctx.broadcast(Message::Ping(node.memory));
            let pause = ctx.choose_duration("pause", ms(1), ms(9));
            set(timer, pause, ctx);
        },
        message: |node, _, message, _| {
            let (Message::Ping(number) | Message::Pong(number)) = message;
            node.memory = node.memory.wrapping_mul(37) + number % 1000;
        },
        request: |node, request, op, ctx| {
            node.memory = node.memory.wrapping_add(op);
            ctx.reply(request, node.memory);
        },
        ..IDLE
    };
    simulation(3, handlers)
        .clocks(ClockProfile { drift_ppm: 1_000, ..ClockProfile::default() })
        .clients(clients, |_, _, rng| rng.below(1000))
        .run_for(ms(200))
}

fn redrawn(simulation: &Simulation<Node>, seed: u64, redraw: Redraw) -> Summary {
    simulation.run_redrawn(seed, redraw, &AtomicBool::new(false)).unwrap().summary
}

/// What the nodes remember after each step.
type Log = Vec<(Time, Vec<u64>)>;

/// Keeps the log of each run.
fn logged(simulation: Simulation<Node>) -> (Simulation<Node>, impl FnMut() -> Log) {
    let log = Arc::new(Mutex::new(Log::new()));
    let kept = Arc::clone(&log);
    let simulation = simulation.always("Logged", move |world| {
        let memory = world.processes().map(|process| world.node(process).map_or(0, |node| node.memory));
        kept.lock().unwrap().push((world.now(), memory.collect()));
        true
    });
    (simulation, move || std::mem::take(&mut *log.lock().unwrap()))
}

#[test]
fn what_stands_is_the_run_and_what_is_drawn_anew_is_another() {
    let (simulation, mut log) = logged(drawing());
    for seed in 0..10 {
        let steps = simulation.run(seed).summary.steps;
        let whole = log();
        for after in [10, steps / 3, steps / 2, steps - 10] {
            redrawn(&simulation, seed, Redraw { after, seed: seed + 100, plan: false });
            let (run, stands) = (log(), after as usize);
            assert_eq!(run[..stands], whole[..stands], "seed {seed}, step {after}");
            assert_ne!(run[stands..], whole[stands..], "seed {seed}, step {after}");
            redrawn(&simulation, seed, Redraw { after, seed: seed + 200, plan: false });
            assert_ne!(run, log(), "another seed draws other things");
        }
    }
}

#[test]
fn from_the_beginning_on_it_is_the_run_of_the_other_seed_and_after_the_end_nothing_is_drawn() {
    // Clocks are wrong from before the first step on.
    let simulation = drawing().clocks(ClockProfile::default());
    for seed in 0..10 {
        let (run, other) = (simulation.run(seed).summary, simulation.run(seed + 100).summary);
        assert_eq!(redrawn(&simulation, seed, Redraw { after: 0, seed: seed + 100, plan: false }), other);
        assert_eq!(redrawn(&simulation, seed, Redraw { after: run.steps, seed: seed + 100, plan: false }), run);
    }
}

#[test]
fn messages_in_flight_arrive_when_they_were_to_arrive() {
    let handlers = Handlers {
        start: |_, ctx| (0..20).for_each(|number| ctx.broadcast(Message::Ping(number))),
        message: |node, _, _, ctx| {
            node.memory += 1;
            ctx.emit(Event::Saw(node.memory));
        },
        ..IDLE
    };
    let (simulation, mut log) = logged(simulation(2, handlers).run_for(ms(50)));
    simulation.run(3);
    let whole = log();
    redrawn(&simulation, 3, Redraw { after: 2, seed: 4, plan: false });
    assert_eq!(log(), whole, "all was asked when they booted");
    redrawn(&simulation, 3, Redraw { after: 1, seed: 4, plan: false });
    assert_ne!(log(), whole);
}

#[test]
fn a_recorded_run_is_taken_over_too() {
    let simulation = drawing();
    let (outcome, recording) = simulation.record(7);
    let (recorded, mut log) = logged(drawing().replaying(recording));
    recorded.run(0);
    let (whole, after) = (log(), outcome.summary.steps / 2);
    let other = redrawn(&recorded, 0, Redraw { after, seed: 8, plan: false });
    let (run, stands) = (log(), after as usize);
    assert_eq!(run[..stands], whole[..stands]);
    assert_ne!(run[stands..], whole[stands..]);
    assert!(other.unused.is_empty(), "answers that are given no more are not missed");
}

#[test]
fn faults_to_come_are_drawn_anew_and_those_that_have_begun_stand() {
    let families = [FaultFamily::Crash, FaultFamily::Partition, FaultFamily::Aimed, FaultFamily::Omission];
    let nemesis = Nemesis::of(families, Rhythm::new(ms(20), ms(10))).in_every_seed();
    let (simulation, mut log) = logged(drawing().nemesis(nemesis).heal_at(ms(150)));
    let (mut gone, mut come) = (0, 0);
    for seed in 0..20 {
        let run = simulation.run(seed).summary;
        let (whole, after) = (log(), run.steps / 3);
        let events = simulation.trace(seed).events;
        let now = events.iter().rev().find(|event| event.step <= after && event.who.is_some()).unwrap().time;
        log();
        let other = redrawn(&simulation, seed, Redraw { after, seed: seed + 100, plan: true });
        let until = |log: Log| log.into_iter().take_while(|(time, _)| *time < now).collect::<Log>();
        assert_eq!(until(log()), until(whole), "seed {seed}");
        for (number, fault) in run.faults.iter().enumerate() {
            let again = &other.faults[number];
            match fault.began.filter(|began| *began < now) {
                Some(_) => assert_eq!((again.began, again.kind), (fault.began, fault.kind), "seed {seed}"),
                None => assert!(again.began.is_none_or(|began| began <= now), "seed {seed}: {number} was to be gone"),
            }
            gone += usize::from(fault.began > again.began);
        }
        come += other.faults[run.faults.len()..].iter().filter(|fault| fault.began > Some(now)).count();
        let same = redrawn(&simulation, seed, Redraw { after, seed: seed + 100, plan: false });
        assert_eq!(same.faults.len(), run.faults.len(), "unless the plan is to stand");
        log();
    }
    assert!(gone > 20 && come > 20, "{gone} went, {come} came");
}

#[test]
fn after_the_heal_no_faults_are_drawn() {
    let nemesis = Nemesis::of([FaultFamily::Crash], Rhythm::new(ms(20), ms(10))).in_every_seed();
    let simulation = drawing().nemesis(nemesis).heal_at(ms(100));
    let trace = simulation.trace(1);
    let heal = trace.events.iter().find(|event| matches!(event.kind, TraceKind::Heal { .. })).unwrap();
    assert_eq!(heal.time, at(100));
    let other = redrawn(&simulation, 1, Redraw { after: heal.step + 10, seed: 2, plan: true });
    assert_eq!(other.faults.len(), simulation.run(1).summary.faults.len());
}
