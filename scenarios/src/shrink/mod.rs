//! Makes a failing run small, and writes what is left as a scenario file.
//!
//! What is tried and what is accepted is the business of [`sim_core::shrink`]. Here is what surrounds the
//! parts of a run: the [scenario file](FileFrame), and what it can do without.

mod frame;

use std::any::Any;
use std::sync::Arc;

use serde_json::{Value, json};
use sim_core::Violation;
use sim_core::shrink::{self, Effort, Frame as _, Parts, Schedule, Shrunk, Size, Steadiness};

use crate::prepared::Recorded;
use crate::registry::Registry;
use crate::source::Diagnostic;
pub(crate) use frame::FileFrame;

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
        let frame = FileFrame::of(&Arc::new(registry.clone()), &failing.recorded.scenario)?;
        let own = frame.own_parts();
        let schedule = failing.seed.map_or(Schedule::Calm, Schedule::Drawn);
        let parts = Parts { schedule, deviations: failing.recorded.deviations.clone(), ..own };
        let original = frame.written(&parts);
        let shrinking = shrink::Shrinking::begin(Arc::new(frame), parts, &failing.recorded.summary);
        Ok(Self { failing, original, shrinking: shrinking.ok_or_else(Vec::new)? })
    }

    /// Shrinks it, telling `progress` what is left after each pass.
    pub(crate) fn finish(self, effort: &Effort<'_>, progress: impl FnMut(&Size, u64)) -> ShrunkFile {
        let Self { failing, original, shrinking } = self;
        let Shrunk { run, before, after, runs, is_minimal, steadiness } = shrinking.finish(effort, progress);
        let mut history = format!("{before} became {after}");
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
