//! What detection costs and how long it takes, measured beside what the paper computes.

use std::fmt::Write;
use std::sync::{Arc, Mutex};

use sim_core::{Breach, Fault, Latency, LinkProfile, NodeId, Property, SimRng, Simulation, Step, Time, World, ms};
use swim::{Event, Swim, SwimConfig, Targets};

/// The default period. The first one begins when what a node says of itself is durable.
const PERIOD_MS: u64 = 1000;

const FIRST_SUSPICION: &str = "First Suspicion";
const LONGEST_GAP: &str = "Longest Gap";
/// One of the protocol's own.
const BOUNDED_PIGGYBACK: &str = "Bounded Piggyback";

/// Who detects a crash first, and when: somebody who finds it out by itself.
#[derive(Debug)]
struct FirstSuspicion(Arc<Mutex<Option<Time>>>);

impl Property<Swim> for FirstSuspicion {
    fn after_step(&mut self, world: &World<'_, Swim>, step: &Step<'_, Swim>) -> Result<(), Breach> {
        let is_own = |event: &Event| matches!(event, Event::Suspected(news) if news.from.is_none());
        if step.events.iter().any(is_own) {
            self.0.lock().expect("nobody panics").get_or_insert(world.now());
        }
        Ok(())
    }
}

/// The longest time between two pings of one member to the same other, in its periods.
#[derive(Debug)]
struct LongestGap {
    longest: Arc<Mutex<u64>>,
    /// For each pair of members the period of the last ping.
    last: Vec<Vec<Option<u64>>>,
}

impl Property<Swim> for LongestGap {
    fn after_step(&mut self, world: &World<'_, Swim>, step: &Step<'_, Swim>) -> Result<(), Breach> {
        let nodes = world.node_ids().len();
        self.last.resize(nodes, vec![None; nodes]);
        let Some(node) = world.node(step.process) else { return Ok(()) };
        for event in step.events {
            let Event::Probed(target) = event else { continue };
            let last = &mut self.last[step.process.index()][target.index() as usize];
            if let Some(before) = last.replace(node.periods()) {
                let mut longest = self.longest.lock().expect("nobody panics");
                *longest = (*longest).max(node.periods() - before);
            }
        }
        Ok(())
    }
}

/// Members that begin as such, without losses, and what looks at them.
fn group(targets: Targets, nodes: u32, property: &'static str) -> Simulation<Swim> {
    Simulation::of(SwimConfig { targets, ..SwimConfig::default() }, nodes)
        .network(LinkProfile { latency: Latency::Uniform(ms(1), ms(10)), ..LinkProfile::default() })
        .only_properties([property])
}

/// After how many periods a crash is detected first, on average over so many runs.
pub(crate) fn first_detection(targets: Targets, nodes: u32, runs: u64) -> f64 {
    let mut sum = 0.0;
    for run in 0..runs {
        // Just before the periods begin: a member that crashes in the middle of one has answered some already.
        let begins = 3 + run % 5;
        let crashed = ms(begins * PERIOD_MS - 50);
        let victim = NodeId::node(SimRng::new(run, 7).below(u64::from(nodes)) as u32);
        let first = Arc::new(Mutex::new(None));
        let shared = first.clone();
        group(targets, nodes, FIRST_SUSPICION)
            .property(FIRST_SUSPICION, move || FirstSuspicion(shared.clone()))
            .fault(Fault::crash(victim.to_string().as_str()).at(crashed))
            .run_for(ms((begins + 20) * PERIOD_MS))
            .run(run);
        let first = first.lock().expect("nobody panics").expect("it is detected in time");
        // All periods begin together, and a suspicion comes with the end of one.
        sum += (first.since(Time::ZERO + crashed).as_nanos() / ms(PERIOD_MS).as_nanos()) as f64;
    }
    sum / runs as f64
}

/// What the paper has for that (section 3.1): 1 / (1 - (1 - 1/(n - 1))^(n - 1)), which goes to e / (e - 1).
pub(crate) fn expected_first_detection(nodes: u32) -> f64 {
    let others = nodes - 1;
    let misses = (0..others).fold(1.0, |misses, _| misses * (1.0 - 1.0 / f64::from(others)));
    1.0 / (1.0 - misses)
}

/// The longest time between two pings of one member to another, in periods, over so many rounds.
pub(crate) fn longest_gap(nodes: u32, rounds: u64) -> u64 {
    let longest = Arc::new(Mutex::new(0));
    let shared = longest.clone();
    group(Targets::RoundRobin, nodes, LONGEST_GAP)
        .property(LONGEST_GAP, move || LongestGap { longest: shared.clone(), last: Vec::new() })
        .run_for(ms(rounds * u64::from(nodes) * PERIOD_MS))
        .run(1);
    let longest = longest.lock().expect("nobody panics");
    *longest
}

/// How many messages a member gets in each period, over so many periods, while one member is down.
pub(crate) fn messages(nodes: u32, periods: u64) -> f64 {
    let outcome = group(Targets::RoundRobin, nodes, BOUNDED_PIGGYBACK)
        .fault(Fault::crash("n1").at(ms(5 * PERIOD_MS)))
        .run_for(ms(periods * PERIOD_MS))
        .run(1);
    outcome.summary.delivered as f64 / f64::from(nodes) / periods as f64
}

/// The tables, with the text that says what they show. `effort` is how many runs there are, or how long they are; 100
/// is what the documentation has.
pub(crate) fn tables(effort: u64) -> String {
    let mut text = String::from(
        "`cargo run --release -p faultbed-swim --example figures` measures this, over links that lose nothing.\n\n\
         How many periods it takes until a crash is first detected. The paper has 1 / (1 − (1 − 1/m)^m) for targets that \
         are drawn by chance, m being how many others there are; that goes to e / (e − 1) = 1.58.\n\n\
         | nodes | by chance, mean | the paper | in rounds, mean |\n|---|---|---|---|\n",
    );
    for (nodes, runs) in [(10, 40 * effort), (100, 10 * effort), (1000, 2 * effort)] {
        let [random, rounds] =
            [Targets::Random, Targets::RoundRobin].map(|targets| first_detection(targets, nodes, runs));
        let expected = expected_first_detection(nodes);
        writeln!(text, "| {nodes} | {random:.2} | {expected:.2} | {rounds:.2} |").expect("a string takes any text");
    }
    text.push_str(
        "\nIn rounds, the longest time in which a member pings another twice, in periods, and the bound of the paper.\n\n\
         | nodes | longest | 2m − 1 |\n|---|---|---|\n",
    );
    for (nodes, rounds) in [(10, 10 * effort), (100, effort / 2)] {
        let longest = longest_gap(nodes, rounds);
        writeln!(text, "| {nodes} | {longest} | {} |", 2 * nodes - 3).expect("a string takes any text");
    }
    text.push_str(
        "\nHow many messages a member gets in each period, while one member is down: a ping, an answer, and an exchange \
         of all that is known in every tenth period, with its answer.\n\n\
         | nodes | messages |\n|---|---|\n",
    );
    for nodes in [10, 100, 1000] {
        writeln!(text, "| {nodes} | {:.2} |", messages(nodes, effort.max(20))).expect("a string takes any text");
    }
    text
}
