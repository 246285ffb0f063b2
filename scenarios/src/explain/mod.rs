//! Says why a run fails: what led to it, what it takes, which order decides, and from when on it was
//! probable.
//!
//! What led to it is read off the trace ([`past`], [`story`]). The rest is tried: the run without each of
//! its parts ([`needs`]), with two events in the other order ([`pair`]), and drawn anew from one step
//! after the other on ([`curve`]). A run counts as failing where [`Wanted`] says that it fails as this one
//! did. Runs go side by side, and what came of them is taken in order: so nothing depends on how many.

mod curve;
mod needs;
mod pair;
mod past;
mod story;

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use reports::{Explanation, Violated};
use sim_core::Violation;
use sim_core::shrink::{Budget, Effort, Frame, Judge, Parts, Schedule, Wanted};

use crate::prepared::Recorded;
use crate::registry::Registry;
use crate::run::Case;
use crate::shrink::FileFrame;
use crate::source::Diagnostic;
use curve::{Clock, Sampler};
use past::Past;

/// How much to spend on an explanation.
pub(crate) struct Spending<'e> {
    /// How many runs go side by side.
    pub(crate) jobs: NonZeroUsize,
    /// Samples for each point of a curve.
    pub(crate) samples: u64,
    /// Ends it.
    pub(crate) stop: &'e AtomicBool,
    /// Is told how far it is.
    pub(crate) listener: &'e dyn Listener,
}

/// Is told how far an explanation is.
pub(crate) trait Listener: Sync {
    /// So many runs are to come, to find this out.
    fn begins(&self, what: &str, runs: u64);

    /// So many of them have ended.
    fn ended(&self, runs: u64);
}

/// A failing run, and what it is made of.
pub(crate) struct Failing<'f> {
    /// The scenario.
    pub(crate) case: &'f Case,
    /// The seed.
    pub(crate) seed: u64,
    /// Whether it is a run that was written down, in which the seed draws nothing.
    pub(crate) is_recorded: bool,
    /// Whether a nemesis draws faults for the seed.
    pub(crate) has_nemesis: bool,
    /// How it fails.
    pub(crate) violation: Violation,
    /// The run, written down.
    pub(crate) recorded: Recorded,
}

/// Explains a run that fails.
///
/// # Errors
/// Why it cannot be run as it was written down, or nothing if it then does not fail as it did.
pub(crate) fn explain(
    registry: &Registry,
    failing: Failing<'_>,
    spending: &Spending<'_>,
) -> Result<Explanation, Vec<Diagnostic>> {
    let Failing { case, seed, is_recorded, has_nemesis, violation, recorded } = failing;
    let Recorded { summary, scenario, deviations } = recorded;
    let wanted = Wanted::of(&summary).ok_or_else(Vec::new)?;
    let frame = FileFrame::of(&Arc::new(registry.clone()), &scenario)?;
    let schedule = if is_recorded { Schedule::Calm } else { Schedule::Drawn(seed) };
    let parts = Parts { schedule, deviations, ..frame.own_parts() };
    let plan = frame.written(&parts);
    let run = wanted
        .judge(&(Arc::new(frame) as Arc<dyn Frame>), parts, u64::MAX, &AtomicBool::new(false))
        .accepted
        .ok_or_else(Vec::new)?;
    let trace = case.prepared.simulation(seed).trace_with_answers(seed);
    let past = Past::of(&trace, &violation);

    let effort = Effort { jobs: spending.jobs, most: Budget::UNBOUNDED, stop: spending.stop };
    let judge = Judge::new(wanted.clone(), &effort);
    let necessity = needs::necessity(&judge, &run, &plan, spending.listener);
    let story = story::story(&trace, &past, &violation, &needs::tried_faults(&run.parts, &plan, &necessity));
    let critical_pair = pair::search(registry, (&wanted, &run, &plan), (&trace, &past), spending);
    let sampler = Sampler { prepared: case.prepared.as_ref(), seed, wanted: &wanted, spending };
    let clock = Clock::of(&trace);
    let curve = curve::curve(&sampler, &trace, &clock, false);
    let curve_with_plan = has_nemesis.then(|| curve::curve(&sampler, &trace, &clock, true));

    Ok(Explanation {
        r#type: "explanation",
        scenario: case.name.clone(),
        seed: (!is_recorded).then(|| format!("{seed:#x}")),
        settings: case.prepared.settings(seed),
        violation: Violated::from(&violation),
        story,
        necessity,
        critical_pair,
        curve,
        curve_with_plan,
        stopped: spending.stop.load(Ordering::Relaxed),
        replay: case.replay.of(seed),
    })
}
