//! Whether a smaller run fails as the run did.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value;
use sim_core::{Deviation, PropertyClass, Summary, Violation, sweep};

use super::Effort;
use super::candidate::{Candidate, Schedule, Size};
use crate::load::{Scenario, load};
use crate::registry::Registry;
use crate::run::run_guarded;
use crate::source::{Diagnostic, Source};

/// What a run must come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    property: String,
    class: PropertyClass,
    /// Whether the protocol's models excuse it.
    is_excused: bool,
    /// Where the code panicked, if it did.
    place: Option<String>,
}

/// Judges proposals.
pub(crate) struct Judge<'j> {
    registry: &'j Registry,
    wanted: Wanted,
    jobs: NonZeroUsize,
    /// Proposals that may still be judged.
    left: u64,
    judged: u64,
    stop: &'j AtomicBool,
}

/// A run that failed as wanted.
#[derive(Clone)]
pub(crate) struct Accepted {
    pub(crate) candidate: Candidate,
    pub(super) summary: Summary,
    /// Its plan, ready to run.
    scenario: Arc<Scenario>,
}

/// A run that may be tried instead of another.
pub(crate) enum Proposal {
    /// With another plan.
    Plan(Candidate),
    /// With the same plan and these answers, and calm ones elsewhere.
    Answers(Vec<Deviation>),
}

impl Wanted {
    /// What this violation was.
    pub(crate) fn of(violation: &Violation, summary: &Summary) -> Self {
        Self {
            property: violation.property.clone(),
            class: violation.class,
            is_excused: !summary.excuse().is_empty(),
            place: place_of_panic(&violation.what),
        }
    }

    /// The run, if it fails as wanted. It is run to its end: without it there is nothing to show.
    ///
    /// # Errors
    /// Why its plan is none, or nothing if it fails in another way or not at all.
    pub(crate) fn begin(&self, registry: &Registry, candidate: Candidate) -> Result<Accepted, Vec<Diagnostic>> {
        let scenario = prepare(registry, "the run, written down", &candidate.plan)?;
        self.judge(scenario, candidate, &AtomicBool::new(false)).ok_or_else(Vec::new)
    }

    fn judge(&self, scenario: Arc<Scenario>, candidate: Candidate, stop: &AtomicBool) -> Option<Accepted> {
        let (prepared, answers) = (&scenario.prepared, candidate.answers());
        let summary = run_guarded(|| prepared.run_answered(answers, stop)).ok()??;
        if !self.is_wanted(&summary) {
            return None;
        }
        let deviations = match candidate.schedule {
            Schedule::Drawn(_) => run_guarded(|| prepared.deviations_of(answers)).ok()?,
            Schedule::Calm => {
                let unused: BTreeSet<_> = summary.unused.iter().collect();
                candidate.deviations.iter().filter(|of| !unused.contains(&of.name)).cloned().collect()
            }
        };
        Some(Accepted { candidate: Candidate { deviations, ..candidate }, summary, scenario })
    }

    /// Whether a run came to it.
    pub(crate) fn is_wanted(&self, summary: &Summary) -> bool {
        summary.verdict.violation().is_some_and(|violation| Self::of(violation, summary) == *self)
    }
}

/// Makes a plan ready to run, if it makes sense.
fn prepare(registry: &Registry, name: &str, plan: &Value) -> Result<Arc<Scenario>, Vec<Diagnostic>> {
    load(registry, &Source::new(name, plan.to_string()), &[]).map(Arc::new)
}

/// The file, line and column that a panic tells of.
fn place_of_panic(what: &str) -> Option<String> {
    let mut words = what.split([' ', '\n']).map(|word| word.trim_end_matches([':', ',']));
    words.find(|word| word.contains(".rs:")).map(str::to_owned)
}

impl<'j> Judge<'j> {
    pub(crate) fn new(registry: &'j Registry, wanted: Wanted, effort: &Effort<'j>) -> Self {
        Self { registry, wanted, jobs: effort.jobs, left: effort.runs, judged: 0, stop: effort.stop }
    }

    /// Proposals that have been judged.
    pub(super) const fn runs(&self) -> u64 {
        self.judged
    }

    /// Whether no more proposals are judged.
    pub(super) fn is_over(&self) -> bool {
        self.left == 0 || self.stop.load(Ordering::Relaxed)
    }

    /// The first of `count` proposals instead of `run` that fails as wanted, and its index.
    pub(super) fn first(
        &mut self,
        run: &Accepted,
        count: usize,
        propose: impl Fn(usize) -> Proposal + Sync,
    ) -> Option<(usize, Accepted)> {
        let count = self.left.min(count as u64);
        let (mut found, mut judged) = (None, 0);
        let this = &*self;
        sweep(
            0..count,
            self.jobs,
            |index| this.try_instead(run, propose(index as usize)),
            |index, accepted| {
                found = accepted.map(|accepted| (index as usize, accepted));
                if found.is_none() && this.stop.load(Ordering::Relaxed) {
                    return ControlFlow::Break(());
                }
                judged = index + 1;
                if found.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            },
        );
        (self.left, self.judged) = (self.left - judged, self.judged + judged);
        found
    }

    /// Of these proposals instead of `run`, which fail as wanted; nothing if it is stopped.
    pub(crate) fn each(
        &self,
        run: &Accepted,
        count: u64,
        propose: impl Fn(u64) -> Proposal + Sync,
    ) -> Option<Vec<bool>> {
        let mut failing = Vec::new();
        sweep(
            0..count,
            self.jobs,
            |index| self.try_instead(run, propose(index)).is_some(),
            |_, fails| {
                failing.push(fails);
                ControlFlow::Continue(())
            },
        );
        (!self.stop.load(Ordering::Relaxed)).then_some(failing)
    }

    fn try_instead(&self, run: &Accepted, proposal: Proposal) -> Option<Accepted> {
        if self.stop.load(Ordering::Relaxed) {
            return None;
        }
        match proposal {
            Proposal::Plan(candidate) => {
                let scenario = prepare(self.registry, "a proposal", &candidate.plan).ok()?;
                self.wanted.judge(scenario, candidate, self.stop)
            }
            Proposal::Answers(deviations) => {
                let plan = run.candidate.plan.clone();
                let candidate = Candidate { plan, deviations, schedule: Schedule::Calm };
                self.wanted.judge(Arc::clone(&run.scenario), candidate, self.stop)
            }
        }
    }
}

impl Accepted {
    /// Makes it one run, whatever the seed, with its answers in the order in which they are asked for.
    pub(super) fn settle(&mut self) {
        // With all its answers given nothing is left to draw.
        self.candidate.schedule = Schedule::Calm;
        self.candidate.deviations = self.scenario.prepared.deviations_of(self.candidate.answers());
    }

    pub(super) fn size(&self) -> Size {
        self.candidate.size(&self.summary)
    }
}
