//! Makes a failing run small: fewer faults, operations, nodes and deviations that still violate the same
//! property.
//!
//! A run is written down as what it is made of ([`Candidate`]): a scenario with its faults and
//! operations listed, and its deviations from calm. [Passes](passes) propose smaller ones, and the
//! [`Judge`] accepts the first of them that fails as the run did. So the result depends neither on how
//! many runs go side by side nor on which of them ends first.
//!
//! What a removal leaves is another run: messages get other ordinals, and so other answers. Each
//! proposal is therefore tried with the answers that still fit and, elsewhere, what the seed draws; with
//! calm answers elsewhere; and, where that is worth the time, with fresh schedules.

mod candidate;
mod edits;
mod judge;
mod passes;
mod steadiness;

use std::num::NonZeroUsize;
use std::sync::atomic::AtomicBool;

use serde_json::{Value, json};
use sim_core::Violation;

use crate::prepared::Recorded;
use crate::registry::Registry;
use crate::source::Diagnostic;
pub(crate) use candidate::{Candidate, Schedule, Size};
pub(crate) use judge::{Accepted, Judge, Proposal, Wanted};
use steadiness::Steadiness;

/// How much to spend on shrinking a run.
pub(crate) struct Effort<'e> {
    /// How many runs go side by side.
    pub(crate) jobs: NonZeroUsize,
    /// Proposals to judge at most.
    pub(crate) runs: u64,
    /// Ends it.
    pub(crate) stop: &'e AtomicBool,
}

/// A failing run, and where it comes from.
pub(crate) struct Failing<'f> {
    /// The name of its scenario.
    pub(crate) name: &'f str,
    /// Its seed; nothing if it is a run that was written down.
    pub(crate) seed: Option<u64>,
    /// How it fails.
    pub(crate) violation: Violation,
    /// The run, written down.
    pub(crate) recorded: Recorded,
}

/// What is left of a run.
pub(crate) struct Shrunk {
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
pub(crate) struct Shrinking<'f> {
    registry: &'f Registry,
    name: &'f str,
    seed: Option<u64>,
    violation: Violation,
    /// The file that it was written down in.
    file: Value,
    original: Candidate,
    before: Size,
    wanted: Wanted,
    run: Accepted,
}

impl<'f> Shrinking<'f> {
    /// Runs a run as it was written down.
    ///
    /// # Errors
    /// Why it cannot be run, or nothing if it does not fail as it did.
    pub(crate) fn begin(registry: &'f Registry, failing: Failing<'f>) -> Result<Self, Vec<Diagnostic>> {
        let Failing { name, seed, violation, recorded: Recorded { scenario: file, deviations, summary } } = failing;
        let schedule = seed.map_or(Schedule::Calm, Schedule::Drawn);
        let original = Candidate::of(file.clone(), deviations, schedule);
        let before = original.size(&summary);
        let wanted = Wanted::of(&violation, &summary);
        let run = wanted.begin(registry, original.clone())?;
        Ok(Self { registry, name, seed, violation, file, original, before, wanted, run })
    }

    /// Shrinks it, telling `progress` what is left after each pass.
    pub(crate) fn finish(self, effort: &Effort<'_>, mut progress: impl FnMut(&Size, u64)) -> Shrunk {
        let Self { registry, name, seed, violation, file, original, before, wanted, mut run } = self;
        let mut judge = Judge::new(registry, wanted, effort);
        let is_minimal = passes::all(&mut judge, &mut run, |run, runs| progress(&run.size(), runs));
        run.settle();
        let steadiness = Steadiness::of(&judge, &run);
        let after = run.size();
        let mut history = format!("{before} became {after}");
        if !is_minimal {
            history += ", when it was stopped";
        }
        let scenario = match run.candidate == original {
            // It is what has been shrunk before.
            true => file,
            false => described(run.candidate.into_file(), name, seed, &violation, &history, steadiness),
        };
        Shrunk { scenario, before, after, runs: judge.runs(), is_minimal, steadiness }
    }
}

/// The scenario with a description of what it shows and where it comes from, and what is expected of it.
fn described(
    mut scenario: Value,
    name: &str,
    seed: Option<u64>,
    violation: &Violation,
    history: &str,
    steadiness: Option<Steadiness>,
) -> Value {
    let top = scenario.as_object_mut().expect("a scenario is an object");
    let from = seed.map_or_else(|| name.to_owned(), |seed| format!("{name}, seed {seed:#x}"));
    let steadiness = steadiness.map(|steadiness| format!(" {steadiness}")).unwrap_or_default();
    let property = &violation.property;
    let description = format!("{property} is violated. Shrunk from {from}: {history}.{steadiness}");
    let rest = std::mem::take(top);
    top.insert("description".to_owned(), json!(description));
    top.extend(rest.into_iter().filter(|(key, _)| key != "description"));
    let expect = top.entry("expect").or_insert_with(|| json!({}));
    if let Value::Object(expect) = expect {
        expect.insert("violates".to_owned(), json!(property));
    }
    scenario
}
