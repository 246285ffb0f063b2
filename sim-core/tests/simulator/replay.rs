//! Recording and replay: a run as plan and deviations.

use std::num::NonZeroUsize;
use std::ops::ControlFlow;

use crate::common::{Ctx, Event, FAMILIES, Handlers, IDLE, Message, Node, calm, constant, ms, n, set, simulation};
use sim_core::{
    Answers, ChoiceName, ClientProfile, ClockProfile, Deviation, DiskEvent, DiskProfile, Duration, Elsewhere, Fault,
    Latency, LinkProfile, Milestone, NameParts, Nemesis, NodeId, Probability, RequestId, Rhythm, Simulation, SyncToken,
    sweep,
};

fn start(node: &mut Node, ctx: &mut Ctx<'_>) {
    node.memory = ctx.disk().records().iter().filter_map(|record| record.readable()).sum();
    set(0, ms(10), ctx);
    set(1, ms(10), ctx);
    ctx.send(ctx.me(), Message::Pong(0));
    ctx.send(ctx.me(), Message::Pong(1));
}

fn timer(node: &mut Node, timer: u64, ctx: &mut Ctx<'_>) {
    // Names that the engine might use itself.
    let pause = ["sync", "rng", "backlog", "rest", "crash"].map(|name| ctx.choose(name, 1..4)).iter().sum();
    let next = timer + ctx.rng().below(2) * 2;
    set(next % 4, ms(pause), ctx);
    node.memory += 1;
    ctx.log(|| format!("memory {}", node.memory));
    ctx.broadcast(Message::Ping(node.memory));
    ctx.send(ctx.me(), Message::Pong(node.memory));
    if ctx.rng().below(3) == 0 {
        ctx.disk().append(node.memory);
        ctx.disk().sync_then(SyncToken(7));
        ctx.disk().sync_then(SyncToken(7));
    }
    ctx.emit(if node.memory.is_multiple_of(3) { Event::Elected } else { Event::Saw(node.memory) });
}

fn message(node: &mut Node, from: NodeId, message: Message, ctx: &mut Ctx<'_>) {
    if let Message::Ping(number) = message {
        node.memory = node.memory.max(number);
        if number % 5 == 0 {
            ctx.send(from, Message::Pong(number));
            ctx.disk().append(number);
            ctx.disk().sync();
            ctx.broadcast(Message::Pong(number));
        }
    }
}

fn request(node: &mut Node, request: RequestId, op: u64, ctx: &mut Ctx<'_>) {
    ctx.disk().append(op);
    ctx.disk().sync();
    match op % 4 {
        0 => ctx.redirect(request, Some(n((ctx.me().index() + 1) % 4))),
        1 => ctx.reject(request),
        _ => ctx.reply(request, node.memory),
    }
}

fn disk(_: &mut Node, event: DiskEvent, ctx: &mut Ctx<'_>) {
    if let DiskEvent::Synced(token) = event {
        ctx.emit(Event::Saw(token.0));
    }
}

const BUSY: Handlers = Handlers { start, timer, message, request, disk, ..IDLE };

/// Every feature at once. Constant times make for ties of every kind of event.
fn everything(latency: Latency, sync: (Duration, Duration), fifo: bool) -> Simulation<Node> {
    let rhythm = Rhythm::new(ms(80), ms(20));
    let network = LinkProfile {
        latency,
        loss: Probability::ratio(1, 50),
        duplicate: Probability::ratio(1, 20),
        fifo,
        connections: fifo,
        bandwidth: None,
    };
    let slow = Fault::slow("all", Duration::from_micros(500));
    let crash = Fault::crash("random:2").power_loss().mid_step().restart_after(ms(5));
    let omission = Fault::receive_omission("n1").rate(Probability::ratio(1, 2));
    let held = Fault::isolate("minority").holding();
    let profile =
        ClientProfile { count: 3, operations: 30, timeout: ms(10), think: (ms(1), ms(3)), ..ClientProfile::default() };
    simulation(4, BUSY)
        .network(network)
        .disk(DiskProfile { sync, torn_writes: true })
        .clocks(ClockProfile { drift_ppm: if fifo { 1000 } else { 0 }, offset: ms(5) })
        .clients(profile, |_, _, rng| rng.below(100))
        .fault(slow.at(ms(20)).lasting(ms(50)))
        .fault(crash.clone().after(Milestone::event("Elected", 3)))
        .fault(crash.at(ms(100)))
        .fault(omission.at(ms(120)).lasting(ms(100)))
        .fault(held.at(ms(150)).lasting(ms(20)))
        .fault(Fault::pause("leader").at(ms(15)).lasting(ms(20)))
        .nemesis(Nemesis::of(FAMILIES, rhythm))
        .heal_at(ms(300))
        .run_for(ms(400))
}

fn all_kinds() -> Vec<Simulation<Node>> {
    vec![
        everything(Latency::Constant(ms(1)), (ms(1), ms(1)), false),
        everything(Latency::Constant(ms(1)), (Duration::ZERO, Duration::ZERO), true),
        everything(Latency::Uniform(ms(1), ms(10)), (ms(1), ms(2)), true),
        everything(Latency::Exponential { floor: ms(1), mean: ms(3) }, (ms(1), ms(2)), false),
        everything(Latency::LogNormal { floor: ms(1), median: ms(3), sigma_thousandths: 700 }, (ms(1), ms(1)), false),
    ]
}

#[test]
fn every_feature_replays_from_its_recording_without_the_seed() {
    for simulation in all_kinds() {
        for seed in 0..4 {
            let (outcome, recording) = simulation.record(seed);
            let hash = outcome.summary.trace_hash;
            assert!(outcome.summary.verdict.is_passed(), "{}", outcome.summary.verdict);
            assert_eq!(simulation.run(seed).summary, outcome.summary, "recording changes nothing");
            let trace = simulation.trace(seed);
            assert_eq!(trace.hash, hash, "nor does a trace");
            let mut told = trace.events.iter().map(ToString::to_string);
            let mut is_next = true;
            let telling = simulation.run_telling(seed, &mut |event| is_next &= told.next() == Some(event.to_string()));
            assert!(telling.summary == outcome.summary && telling.trace.is_none(), "nor that its events are told");
            assert!(is_next && told.next().is_none(), "and what is told is what a trace keeps");
            let replaying = simulation.clone().replaying(recording.clone());
            let replayed = replaying.run(seed + 1);
            assert_eq!(replayed.summary, outcome.summary);
            assert_eq!(replayed.history, outcome.history);
            assert_eq!(replaying.trace(9).to_string(), trace.to_string());
            let (again, recorded) = replaying.record(0);
            assert_eq!(again.summary.trace_hash, hash);
            assert_eq!(recorded.deviations, recording.deviations, "a replay can be recorded");
        }
    }
}

#[test]
fn deletion_of_a_deviation_keeps_the_rest() {
    let simulation = everything(Latency::Uniform(ms(1), ms(10)), (ms(1), ms(2)), false);
    let (outcome, recording) = simulation.record(3);
    let last = recording.deviations.len() - 1;
    let mut fewer = recording.clone();
    fewer.deviations.remove(last);
    assert!(simulation.clone().replaying(fewer).run(0).summary.unused.is_empty(), "nothing comes after the last");
    let mut changed = 0;
    for place in (0..recording.deviations.len()).step_by(97) {
        let mut fewer = recording.clone();
        fewer.deviations.remove(place);
        let replayed = simulation.clone().replaying(fewer).run(0).summary;
        assert!(replayed.unused.len() < last, "some still apply");
        changed += u32::from(replayed.trace_hash != outcome.summary.trace_hash);
    }
    assert!(changed > 5);
}

#[test]
fn a_deviation_that_never_comes_up_is_told_and_the_others_apply() {
    let ping: Handlers = Handlers {
        start: |_, ctx| ctx.broadcast(Message::Ping(1)),
        message: |_, _, _, ctx| ctx.emit(Event::Saw(1)),
        ..IDLE
    };
    let deviation = |name: &str, value| Deviation { name: ChoiceName::new(name), value };
    let late = deviation("n0>n1 Ping#0 delay", 5_000_000);
    let never = deviation("n0>n1 Ping#1 delay", 5_000_000);
    let simulation = simulation(2, ping).deviations(vec![late, never.clone()]);
    let outcome = simulation.run_traced(0);
    assert_eq!(outcome.summary.unused, [never.name]);
    assert_eq!(crate::common::numbers(&outcome.trace.expect("a trace"), n(1)), [(6, 1)]);
}

fn sends(numbers: &[u64], ctx: &mut Ctx<'_>) {
    if ctx.me() == n(0) {
        numbers.iter().for_each(|number| ctx.send(n(1), Message::Ping(*number)));
    }
}

/// One message more is sent before the others: all ordinals are others.
#[test]
fn deviations_are_found_by_what_messages_say() {
    let before: Handlers = Handlers { start: |_, ctx| sends(&[1, 2, 2, 0, 3], ctx), ..IDLE };
    let now: Handlers = Handlers { start: |_, ctx| sends(&[9, 1, 2, 2, 0, 3], ctx), ..IDLE };
    let network = LinkProfile { latency: Latency::Uniform(ms(1), ms(10)), ..LinkProfile::default() };
    let [before, now] = [before, now].map(|handlers| simulation(2, handlers).network(network));
    let (_, recording) = before.record(7);
    let found = |deviations: &[Deviation]| {
        let answers = Answers { deviations, elsewhere: Elsewhere::Calm, seed: 0 };
        now.found_by_content(answers).into_iter().map(|it| (it.name.to_string(), it.value)).collect::<Vec<_>>()
    };
    let shifted = |by: u64| {
        let name = |deviation: &Deviation| {
            let parts = deviation.name.parts().expect("a message has an ordinal");
            (NameParts { ordinal: parts.ordinal + by, ..parts }.to_string(), deviation.value)
        };
        recording.deviations.iter().map(name).collect::<Vec<_>>()
    };
    assert_eq!(recording.deviations.len(), 5);
    assert_eq!(found(&recording.deviations), shifted(1));
    // Where nobody knows what the messages said, the ordinals count.
    let old = |it: &Deviation| Deviation { name: ChoiceName::new(it.name.as_str()), value: it.value };
    assert_eq!(found(&recording.deviations.iter().map(old).collect::<Vec<_>>()), shifted(0));
}

/// The simulation has fewer nodes, other links and fewer operations than the recorded one, and those
/// of its faults that still make sense.
#[test]
fn a_recording_replays_on_a_changed_simulation_as_far_as_it_applies() {
    for seed in 0..10 {
        let (_, mut recording) = everything(Latency::Uniform(ms(1), ms(10)), (ms(1), ms(2)), false).record(seed);
        let ours: Simulation<Node> = simulation(2, BUSY).network(constant(ms(4))).run_for(ms(300));
        recording.faults.retain(|fault| ours.clone().fault(fault.clone()).validate().is_ok());
        let replaying = ours.replaying(recording);
        let outcome = replaying.run(0);
        assert!(outcome.summary.steps > 100 && !outcome.summary.unused.is_empty());
        assert_eq!(outcome.summary, replaying.run(1).summary);
    }
}

/// What is asked for in no place: calm answers everywhere, whatever the seed.
#[test]
fn a_calm_run_has_no_seed() {
    for simulation in all_kinds() {
        let hashes: Vec<u64> = (0..3).map(|seed| calm(simulation.clone()).run(seed).summary.trace_hash).collect();
        assert!(hashes.iter().all(|hash| *hash == hashes[0]));
    }
}

#[test]
fn sweeps_do_not_depend_on_the_number_of_jobs() {
    let simulation = everything(Latency::Constant(ms(1)), (ms(1), ms(1)), false);
    let all = |jobs: usize| {
        let mut summaries = Vec::new();
        let take = |seed: u64, summary| {
            summaries.push((seed, summary));
            ControlFlow::Continue(())
        };
        sweep(5..30, NonZeroUsize::new(jobs).expect("not zero"), |seed| simulation.run(seed).summary, take);
        summaries
    };
    let one = all(1);
    assert!(one == all(2) && one == all(5) && one.len() == 25);
    assert_eq!(simulation.sweep(5..30), one.into_iter().map(|(_, summary)| summary).collect::<Vec<_>>());
}

#[test]
fn a_sweep_of_the_last_seeds_ends() {
    let mut seen = Vec::new();
    let take = |seed: u64, ()| {
        seen.push(seed);
        ControlFlow::Continue(())
    };
    sweep(u64::MAX - 3..u64::MAX, NonZeroUsize::new(2).expect("not zero"), |_| (), take);
    assert_eq!(seen, [u64::MAX - 3, u64::MAX - 2, u64::MAX - 1]);
}

#[test]
fn a_trace_may_have_what_was_drawn_between_its_events() {
    for simulation in all_kinds() {
        let (_, recording) = simulation.record(3);
        let trace = simulation.trace_with_draws(3);
        assert!(trace.draws.iter().map(|draw| &draw.deviation).eq(&recording.deviations));
        assert!(trace.draws.is_sorted_by_key(|draw| draw.events));
        assert!(trace.draws.iter().all(|draw| draw.events <= trace.events.len()));
        assert!(trace.draws.first().map(|draw| draw.events) < trace.draws.last().map(|draw| draw.events));
        let all = simulation.trace_with_answers(3);
        assert!(all.draws.iter().filter(|draw| !draw.is_calm()).eq(&trace.draws), "calm answers stand between them");
        assert!(all.draws.len() > trace.draws.len());
        let plain = simulation.trace(3);
        assert_eq!((plain.to_string(), plain.draws.len()), (trace.to_string(), 0));
    }
}
