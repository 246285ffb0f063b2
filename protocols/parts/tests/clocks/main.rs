//! Vector clocks say what happened before what, as the causal trace of whole simulated worlds has it.

use std::collections::{BTreeMap, BTreeSet};

use parts::clocks::{Causality, VectorClock};
use serde::Serialize;
use sim_core::{
    Context, Duration, FaultFamily, Latency, LinkProfile, Nemesis, NodeId, Nothing, Probability, Protocol, Rhythm,
    Simulation, TraceKind, ms,
};

/// Tells others its clock now and then, and announces it at every event.
#[derive(Debug, Default)]
struct Clocked {
    clock: VectorClock,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Tick;

impl Clocked {
    fn event(&mut self, ctx: &mut Context<'_, Self>) {
        self.clock.increment(ctx.me().index().into());
        ctx.emit(self.clock.clone());
    }
}

impl Protocol for Clocked {
    type Message = VectorClock;
    type Timer = Tick;
    type Record = Nothing;
    type Op = Nothing;
    type Reply = Nothing;
    type Event = VectorClock;

    fn on_start(&mut self, ctx: &mut Context<'_, Self>) {
        self.event(ctx);
        ctx.set_timer(Tick, ms(10));
    }

    fn on_message(&mut self, _: NodeId, clock: VectorClock, ctx: &mut Context<'_, Self>) {
        self.clock.merge(&clock);
        self.event(ctx);
    }

    fn on_timer(&mut self, Tick: Tick, ctx: &mut Context<'_, Self>) {
        self.event(ctx);
        let to = NodeId::node(ctx.choose("to", 0..4) as u32);
        ctx.send(to, self.clock.clone());
        let pause = ctx.choose_duration("pause", ms(1), ms(30));
        ctx.set_timer(Tick, pause);
    }
}

/// A world in which messages are lost, doubled, delayed and cut off.
fn world() -> Simulation<Clocked> {
    let rhythm = Rhythm { between: ms(50), lasts: ms(40) };
    let families = [FaultFamily::Partition, FaultFamily::OneWay, FaultFamily::Links, FaultFamily::Pause];
    let families = families.into_iter().map(|family| (family, rhythm)).collect();
    let probability = Probability::ratio(1, 10);
    let latency = Latency::Uniform(ms(1), ms(60));
    Simulation::new(4, |_, _| Clocked::default())
        .network(LinkProfile { latency, loss: probability, duplicate: probability, ..LinkProfile::default() })
        .nemesis(Nemesis { families, byzantine: None, swarm: true, unrestricted: false })
        .run_for(Duration::from_millis(250))
}

/// What the trace tells of each step of a node: those that come right before it, and the clock after it.
#[derive(Default)]
struct Steps {
    /// By step.
    before: BTreeMap<u64, Vec<u64>>,
    clocks: BTreeMap<u64, VectorClock>,
    last: BTreeMap<NodeId, u64>,
}

impl Steps {
    fn of(seed: u64) -> Self {
        let mut steps = Self::default();
        let outcome = world().run_traced(seed);
        for event in outcome.trace.expect("it was asked for").events {
            let Some(node) = event.who else { continue };
            match event.kind {
                TraceKind::Boot { .. } | TraceKind::Timer { .. } | TraceKind::Deliver { .. } => {
                    let own = steps.last.insert(node, event.step);
                    // What caused a timer is an earlier step of the same node.
                    steps.before.insert(event.step, own.into_iter().chain(event.cause).collect());
                }
                TraceKind::Announce { event: clock } => {
                    let clock = serde_json::to_value(&clock).expect("a value is written as JSON");
                    steps.clocks.insert(event.step, serde_json::from_value(clock).expect("a clock was announced"));
                }
                _ => {}
            }
        }
        steps
    }

    /// By step, all steps that happened before it.
    fn pasts(&self) -> BTreeMap<u64, BTreeSet<u64>> {
        let mut pasts: BTreeMap<u64, BTreeSet<u64>> = BTreeMap::new();
        for (step, before) in &self.before {
            let past = before.iter().flat_map(|one| pasts[one].iter().copied().chain([*one])).collect();
            pasts.insert(*step, past);
        }
        pasts
    }
}

#[test]
fn clocks_are_ordered_as_events_happened_before_each_other() {
    let (mut ordered, mut concurrent) = (0_u64, 0_u64);
    for seed in 0..1000 {
        let steps = Steps::of(seed);
        let pasts = steps.pasts();
        assert!(steps.clocks.keys().eq(pasts.keys()), "seed {seed}: an event has no clock");
        for (first, clock) in &steps.clocks {
            for (second, other) in steps.clocks.range(first + 1..) {
                let expected = if pasts[second].contains(first) { Causality::Before } else { Causality::Concurrent };
                assert_eq!(clock.compare(other), expected, "seed {seed}, steps {first} and {second}");
                *(if expected == Causality::Before { &mut ordered } else { &mut concurrent }) += 1;
            }
        }
    }
    // Both kinds of pairs were there to be told apart.
    assert!(ordered > 10_000 && concurrent > 10_000, "{ordered} ordered, {concurrent} concurrent");
}
