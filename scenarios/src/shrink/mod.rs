//! Makes a failing run small, and writes what is left as a scenario file.
//!
//! What is tried and what is accepted is the business of [`sim_core::shrink`]. Here is what surrounds the
//! parts of a run: the [scenario file](FileFrame), and what it can do without.

mod again;
mod frame;

use std::any::Any;
use std::sync::Arc;

use serde_json::{Value, json};
use sim_core::Violation;
use sim_core::shrink::{self, Budget, Effort, Frame as _, Parts, Schedule, Shrunk, Size, Steadiness};

use crate::prepared::Recorded;
use crate::registry::Registry;
use crate::source::Diagnostic;
pub(crate) use again::Again;
use again::Sooner;
pub(crate) use frame::FileFrame;

/// A run with more parts than this is large.
const LARGE: usize = 10;

/// So many runs, of so many steps in all, make small what is easy to make small.
const FIRST: Budget = Budget { runs: 6_000, steps: 15_000_000 };

/// A failing run, and where it comes from.
pub(crate) struct Failing {
    /// The name of its scenario.
    pub(crate) name: String,
    /// Its seed; nothing if it is a run that was written down.
    pub(crate) seed: Option<u64>,
    /// How it fails.
    pub(crate) violation: Violation,
    /// The run, written down.
    pub(crate) recorded: Recorded,
    /// Other runs of the scenario, if a nemesis draws its faults.
    pub(crate) others: Option<Again>,
}

/// What is left of a run, as a file.
pub(crate) struct ShrunkFile {
    /// The scenario.
    pub(crate) scenario: Value,
    /// How large the run was.
    pub(crate) before: Size,
    /// How large it is.
    pub(crate) after: Size,
    /// Proposals that were judged.
    pub(crate) runs: u64,
    /// Whether nothing more can be removed; otherwise it was stopped.
    pub(crate) is_minimal: bool,
    /// Of how many runs with other times how many fail as this one, unless it was stopped before.
    pub(crate) steadiness: Option<Steadiness>,
}

/// A failing run that has been seen to fail as it was written down.
pub(crate) struct Shrinking {
    registry: Arc<Registry>,
    failing: Failing,
    original: Value,
    shrinking: shrink::Shrinking,
}

impl Shrinking {
    /// Runs a run as it was written down.
    ///
    /// # Errors
    /// Why it cannot be run, or nothing if it does not fail as it did.
    pub(crate) fn begin(registry: &Registry, failing: Failing) -> Result<Self, Vec<Diagnostic>> {
        let registry = Arc::new(registry.clone());
        let frame = FileFrame::of(&registry, &failing.recorded.scenario)?;
        let own = frame.own_parts();
        let schedule = failing.seed.map_or(Schedule::Calm, Schedule::Drawn);
        let parts = Parts { schedule, deviations: failing.recorded.deviations.clone(), ..own };
        let original = frame.written(&parts);
        let shrinking = shrink::Shrinking::begin(Arc::new(frame), parts, &failing.recorded.summary);
        Ok(Self { registry, failing, original, shrinking: shrinking.ok_or_else(Vec::new)? })
    }

    /// Shrinks it, telling `progress` what is left after each pass.
    pub(crate) fn finish(mut self, effort: &Effort<'_>, mut progress: impl FnMut(&Size, u64)) -> ShrunkFile {
        let before = *self.shrinking.before();
        let Effort { jobs, most, stop } = *effort;
        let with = |most| Effort { jobs, most, stop };
        let first = Budget { runs: most.runs.min(FIRST.runs), steps: most.steps.min(FIRST.steps) };
        let left_of_first = self.shrinking.go_on(&with(first), &mut progress);
        let mut left = most.less(first.less(left_of_first));
        let mut runs = self.shrinking.runs();
        let mut history = String::new();
        if !left.is_spent()
            && self.shrinking.size().items() > LARGE
            && let Some(others) = &self.failing.others
        {
            let wanted = self.shrinking.wanted().clone();
            for sooner in others.search(&self.registry, &wanted, effort) {
                let Some(mut other) = begin_sooner(&self.registry, &sooner) else { continue };
                left = other.go_on(&with(left), |size, of_other| progress(size, runs + of_other));
                runs += other.runs();
                if other.size().items() < self.shrinking.size().items() {
                    let Sooner { seed, what, .. } = &sooner;
                    history =
                        format!("another run of it, {what}, with seed {seed:#x}, fails alike: {}", other.before());
                    self.shrinking = other;
                }
            }
        }
        if !self.shrinking.is_minimal() {
            let before = self.shrinking.runs();
            self.shrinking.go_on(&with(left), |size, of_this| progress(size, runs + of_this - before));
            runs += self.shrinking.runs() - before;
        }
        self.written(effort, before, runs, &history)
    }

    /// What is left, as a file.
    fn written(self, effort: &Effort<'_>, before: Size, runs: u64, history: &str) -> ShrunkFile {
        let Self { failing, original, shrinking, .. } = self;
        let Shrunk { run, before: of_this, after, is_minimal, steadiness, .. } = shrinking.finish(effort);
        let mut history = match history {
            "" => format!("{of_this} became {after}"),
            other => format!("{before} were hard to make small; {other}, which became {after}"),
        };
        if !is_minimal {
            history += ", when it was stopped";
        }
        let frame: &dyn Any = &*run.frame;
        let frame = frame.downcast_ref::<FileFrame>().expect("what is simpler than a file is a file");
        let scenario = match frame.written(&run.parts) {
            // It is what has been shrunk before.
            written if failing.seed.is_none() && written == original => failing.recorded.scenario,
            written => described(written, &failing, &history, steadiness),
        };
        ShrunkFile { scenario, before, after, runs, is_minimal, steadiness }
    }
}

/// Another run, which is over sooner, as it was written down.
fn begin_sooner(registry: &Arc<Registry>, sooner: &Sooner) -> Option<shrink::Shrinking> {
    let frame = FileFrame::of(registry, &sooner.recorded.scenario).ok()?;
    let (schedule, deviations) = (Schedule::Drawn(sooner.seed), sooner.recorded.deviations.clone());
    let parts = Parts { schedule, deviations, ..frame.own_parts() };
    shrink::Shrinking::begin(Arc::new(frame), parts, &sooner.recorded.summary)
}

/// The scenario with a description of what it shows and where it comes from, and what is expected of it.
fn described(mut scenario: Value, failing: &Failing, history: &str, steadiness: Option<Steadiness>) -> Value {
    let Failing { name, seed, violation, .. } = failing;
    let top = scenario.as_object_mut().expect("a scenario is an object");
    let from = seed.map_or_else(|| name.clone(), |seed| format!("{name}, seed {seed:#x}"));
    let steadiness = steadiness.map(|steadiness| format!(" {steadiness}")).unwrap_or_default();
    let property = &violation.property;
    let description = format!("{property} is violated. Shrunk from {from}: {history}.{steadiness}");
    let rest = std::mem::take(top);
    top.insert("description".to_owned(), json!(description));
    top.extend(rest.into_iter().filter(|(key, _)| key != "description"));
    let expect = top.entry("expect").or_insert_with(|| json!({}));
    if let Value::Object(expect) = expect {
        // A run that ends with its violation need not reach what others are to reach.
        expect.shift_remove("sometimes");
        expect.insert("violates".to_owned(), json!(property));
    }
    scenario
}
