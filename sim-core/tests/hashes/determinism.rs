//! The same simulation and the same seed give the same run.

use crate::common::FAMILIES;
use serde::Serialize;
use sim_core::{
    ClientProfile, Context, Duration, Fault, LinkProfile, Nemesis, NodeId, Probability, Protocol, RequestId, Rhythm,
    Simulation, Stored,
};

/// A replicated register without any consistency: the last write that a node hears of wins. It
/// uses every part of the simulator.
#[derive(Debug, Default)]
struct Gossip {
    value: u64,
    waiting: Vec<RequestId>,
}

#[derive(Clone, Debug, Serialize)]
enum Message {
    Heard { value: u64 },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
enum Timer {
    Spread,
}

#[derive(Clone, Debug, Serialize)]
enum Event {
    Changed { value: u64 },
}

impl Protocol for Gossip {
    type Message = Message;
    type Timer = Timer;
    type Record = u64;
    type Op = u64;
    type Reply = u64;
    type Event = Event;

    fn on_start(&mut self, ctx: &mut Context<'_, Self>) {
        self.value = ctx.disk().records().iter().rev().find_map(Stored::readable).copied().unwrap_or(0);
        if ctx.disk().records().last().is_some_and(|record| record.readable().is_none()) {
            let keep = ctx.disk().records().len() as u64 - 1;
            ctx.disk().truncate(keep);
        }
        ctx.set_timer(Timer::Spread, Duration::from_millis(20));
    }

    fn on_message(&mut self, _: NodeId, Message::Heard { value }: Message, ctx: &mut Context<'_, Self>) {
        if value != self.value {
            self.value = value;
            ctx.disk().append(value);
            ctx.emit(Event::Changed { value });
        }
    }

    fn on_timer(&mut self, _: Timer, ctx: &mut Context<'_, Self>) {
        let pause = ctx.choose_duration("pause", Duration::from_millis(20), Duration::from_millis(40));
        ctx.set_timer(Timer::Spread, pause);
        let lucky = ctx.rng().below(4);
        if lucky > 0 {
            ctx.broadcast(Message::Heard { value: self.value });
        }
        for request in std::mem::take(&mut self.waiting) {
            ctx.reply(request, self.value);
        }
    }

    fn on_request(&mut self, request: RequestId, op: u64, ctx: &mut Context<'_, Self>) {
        self.value = op;
        ctx.disk().append(op);
        ctx.disk().sync();
        self.waiting.push(request);
    }
}

fn simulation() -> Simulation<Gossip> {
    let rhythm = Rhythm::new(Duration::from_millis(800), Duration::from_millis(300));
    let nemesis = Nemesis::of(FAMILIES, rhythm);
    let network = LinkProfile {
        loss: Probability::ratio(1, 50),
        duplicate: Probability::ratio(1, 50),
        fifo: true,
        ..LinkProfile::default()
    };
    let crash = Fault::crash("random:2").power_loss().mid_step().restart_after(Duration::from_millis(100));
    Simulation::new(4, |_, _| Gossip::default())
        .network(network)
        .clients(ClientProfile { count: 3, operations: 30, ..ClientProfile::default() }, |client, index, rng| {
            u64::from(client) << 32 | u64::from(index) << 16 | rng.below(1 << 16)
        })
        .fault(crash.at(Duration::from_millis(500)))
        .nemesis(nemesis)
        .heal_at(Duration::from_secs(4))
        .run_for(Duration::from_secs(6))
}

#[test]
fn a_seed_always_gives_the_same_run_and_others_give_others() {
    let hashes: Vec<u64> = (0..20).map(|seed| simulation().run(seed).summary.trace_hash).collect();
    let again: Vec<u64> = simulation().sweep(0..20).into_iter().map(|summary| summary.trace_hash).collect();
    assert_eq!(hashes, again);
    let distinct: std::collections::BTreeSet<&u64> = hashes.iter().collect();
    assert_eq!(distinct.len(), 20);
}

#[test]
fn a_recorded_run_replays_from_plan_and_deviations_without_its_seed() {
    for seed in 0..20 {
        let (outcome, recording) = simulation().record(seed);
        assert!(outcome.summary.verdict.is_passed(), "{}", outcome.summary.verdict);
        assert_eq!(outcome.summary.trace_hash, simulation().run(seed).summary.trace_hash, "recording changes nothing");
        let replayed = simulation().replaying(recording).run(seed + 1);
        assert_eq!(replayed.summary.trace_hash, outcome.summary.trace_hash);
        assert!(replayed.summary.unused.is_empty(), "{:?}", replayed.summary.unused);
    }
}

#[test]
fn with_one_deviation_deleted_the_rest_still_apply() {
    let (outcome, recording) = simulation().record(1);
    let mut changed = 0;
    for place in (0..recording.deviations.len()).step_by(recording.deviations.len() / 10) {
        let mut fewer = recording.clone();
        fewer.deviations.remove(place);
        let all = fewer.deviations.len();
        let replayed = simulation().replaying(fewer).run(0);
        changed += u32::from(replayed.summary.trace_hash != outcome.summary.trace_hash);
        assert!(replayed.summary.unused.len() < all / 2, "{} of {all} apply no more", replayed.summary.unused.len());
    }
    assert!(changed > 5, "a deviation is one because it makes a difference");
}
