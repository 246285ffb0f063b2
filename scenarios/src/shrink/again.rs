//! Other runs of a scenario that fail alike, and are over sooner.
//!
//! A long run that fails late can be hard to make small: whatever is removed changes all that follows. What its
//! faults do in many seconds, other faults of the same nemesis may do in one. So the scenario is run with fewer
//! nodes and for less time, with one seed after the other, until some fail as the run did.

use std::ops::ControlFlow;
use std::sync::atomic::Ordering;

use serde_json::{Value, json};
use sim_core::shrink::{Effort, Wanted};
use sim_core::{Duration, PropertyClass, Violation, sweep};

use super::frame::{duration, read};
use crate::prepared::{Prepared, Recorded};
use crate::registry::Registry;

/// A scenario with a nemesis, and with the settings that a seed of it drew.
pub(crate) struct Again {
    scenario: Value,
    /// How many steps its run took, and in what time: in nanoseconds.
    steps: u64,
    time: u64,
    nodes: u64,
}

/// A run of it.
pub(super) struct Sooner {
    /// Its seed.
    pub(super) seed: u64,
    /// How many nodes it has, and when it ends.
    pub(super) what: String,
    /// The run, written down.
    pub(super) recorded: Recorded,
}

/// Shares of the time that the failing run took, the shortest first, and how many steps to spend on each.
const SHARES: [(u64, u64); 3] = [(8, 3_000_000), (4, 8_000_000), (2, 12_000_000)];

/// No run is shorter than this, in nanoseconds.
const SHORTEST: u64 = 200_000_000;

/// What is expected of runs that have time for it.
const GOALS: [&str; 4] = ["sometimes", "progress", "progress_within", "progress_share"];

/// Runs that fail alike, of which the smallest is taken.
const MOST: usize = 4;

/// What it costs to begin a run, in steps.
const BEGINNING: u64 = 100;

impl Again {
    /// That of a run which failed like this: the scenario as it is written, and with what its seed drew.
    pub(crate) fn of(written: &Value, drawn: Value, violation: &Violation, steps: u64) -> Option<Self> {
        let nemesis = written.get("nemesis").filter(|_| violation.class != PropertyClass::Liveness)?;
        let mut scenario = drawn;
        let top = scenario.as_object_mut()?;
        let mut nemesis = nemesis.clone();
        // The settings that it would draw are given.
        nemesis.as_object_mut()?.shift_remove("switches");
        top.insert("nemesis".to_owned(), nemesis);
        match written.get("faults") {
            Some(faults) => drop(top.insert("faults".to_owned(), faults.clone())),
            None => drop(top.shift_remove("faults")),
        }
        top.shift_remove("seeds");
        if let Some(Value::Object(expect)) = top.get_mut("expect") {
            GOALS.iter().for_each(|key| drop(expect.shift_remove(*key)));
        }
        let nodes = top.get("nodes").and_then(Value::as_u64)?;
        Some(Self { nodes, steps, time: violation.time.as_nanos(), scenario })
    }

    /// The first runs that fail as wanted.
    pub(super) fn search(&self, registry: &Registry, wanted: &Wanted, effort: &Effort<'_>) -> Vec<Sooner> {
        let mut found = Vec::new();
        for (share, steps) in SHARES {
            let length = self.time / share;
            for nodes in [self.nodes.saturating_sub(1), self.nodes] {
                if length < SHORTEST || found.len() >= MOST || effort.stop.load(Ordering::Relaxed) {
                    continue;
                }
                // With fewer nodes it may make no sense.
                let scenario = self.with(nodes, length);
                let Ok(scenario) = read(registry, "a shorter run", &scenario) else { continue };
                let runs = steps / (self.steps / share + BEGINNING);
                let what = format!("with {nodes} nodes for {}", Duration::from_nanos(length));
                let seeds = failing(scenario.prepared.as_ref(), wanted, runs, MOST - found.len(), effort);
                let record = |seed| Sooner { seed, what: what.clone(), recorded: scenario.prepared.record(seed) };
                found.extend(seeds.into_iter().map(record));
            }
        }
        found
    }

    /// The scenario with so many nodes that runs for so long, in nanoseconds.
    fn with(&self, nodes: u64, length: u64) -> Value {
        let mut scenario = self.scenario.clone();
        let time = |nanos: u64| json!(Duration::from_nanos(nanos).to_string());
        scenario["nodes"] = json!(nodes);
        scenario["run_for"] = time(length);
        if scenario.get("heal_at").and_then(duration).is_some() {
            scenario["heal_at"] = time(length / 5 * 4);
        }
        scenario
    }
}

/// The first seeds that fail as wanted, at most so many.
fn failing(prepared: &dyn Prepared, wanted: &Wanted, runs: u64, most: usize, effort: &Effort<'_>) -> Vec<u64> {
    let mut seeds = Vec::new();
    sweep(
        0..runs,
        effort.jobs,
        |seed| prepared.run_unless(seed, effort.stop).is_some_and(|summary| wanted.is_wanted(&summary)),
        |seed, fails| {
            if fails {
                seeds.push(seed);
            }
            let is_over = seeds.len() >= most || effort.stop.load(Ordering::Relaxed);
            if is_over { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        },
    );
    seeds
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;
    use std::sync::atomic::AtomicBool;

    use sim_core::Summary;
    use sim_core::shrink::Budget;

    use super::*;
    use crate::library::find;
    use crate::load::load;
    use crate::source::Override;

    const FLAWED: &str = r#"protocol.flaws=["vote-amnesia"]"#;

    /// A seed of the general scenario of Raft, and how it fails.
    fn failing_run(registry: &Registry) -> (Value, Value, Summary) {
        let source = &find("raft/general").expect("it is in the library")[0];
        let scenario = load(registry, source, &[Override::parse(FLAWED).expect("it is right")]).expect("it is right");
        let written = scenario.document.to_json_value();
        (written, scenario.prepared.plan(4), scenario.prepared.run(4))
    }

    fn search(runs: usize, is_stopped: bool) -> (Summary, Wanted, Vec<Sooner>) {
        let registry = Registry::new().with::<raft::Raft>();
        let (written, drawn, summary) = failing_run(&registry);
        let violation = summary.verdict.violation().expect("it fails");
        let wanted = Wanted::of(&summary).expect("it fails");
        let again = Again::of(&written, drawn, violation, summary.steps).expect("a nemesis draws its faults");
        let (jobs, stop) = (NonZeroUsize::new(runs).expect("above zero"), AtomicBool::new(is_stopped));
        let found = again.search(&registry, &wanted, &Effort { jobs, most: Budget::UNBOUNDED, stop: &stop });
        (summary, wanted, found)
    }

    #[test]
    fn other_runs_fail_alike_and_sooner() {
        let (summary, wanted, found) = search(1, false);
        assert_eq!(found.len(), MOST);
        for Sooner { seed, what, recorded } in &found {
            assert!(wanted.is_wanted(&recorded.summary), "{what}, seed {seed}");
            assert!(recorded.summary.steps < summary.steps / 2, "{what}, seed {seed}");
        }
        // However many run at a time.
        let seeds = |found: &[Sooner]| found.iter().map(|sooner| sooner.seed).collect::<Vec<_>>();
        assert_eq!(seeds(&search(3, false).2), seeds(&found));
        assert!(search(1, true).2.is_empty(), "it was stopped");
    }

    #[test]
    fn without_a_nemesis_there_are_no_others() {
        let registry = Registry::new().with::<raft::Raft>();
        let (mut written, drawn, summary) = failing_run(&registry);
        written.as_object_mut().expect("a scenario").shift_remove("nemesis");
        assert!(Again::of(&written, drawn, summary.verdict.violation().expect("it fails"), 1).is_none());
    }
}
