//! Whether a smaller run fails as the run did.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};

use sim_core::{ChoiceName, PropertyClass, Summary, Violation, sweep};

use super::Effort;
use super::candidate::{Candidate, Schedule, Size};
use crate::load::load;
use crate::registry::Registry;
use crate::run::run_guarded;
use crate::source::Source;

/// What a run must come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    property: String,
    class: PropertyClass,
    /// Whether the protocol's models excuse it.
    is_excused: bool,
    /// Where the code panicked, if it did.
    place: Option<String>,
}

/// Judges proposals.
pub(super) struct Judge<'j> {
    registry: &'j Registry,
    wanted: Wanted,
    jobs: NonZeroUsize,
    /// Proposals that may still be judged.
    left: u64,
    judged: u64,
    stop: &'j AtomicBool,
}

/// A run that failed as wanted.
#[derive(Clone, Debug)]
pub(super) struct Accepted {
    pub(super) candidate: Candidate,
    pub(super) summary: Summary,
}

impl Wanted {
    /// What this violation was.
    pub(super) fn of(violation: &Violation, summary: &Summary) -> Self {
        Self {
            property: violation.property.clone(),
            class: violation.class,
            is_excused: !summary.excuse().is_empty(),
            place: place_of_panic(&violation.what),
        }
    }
}

/// The file, line and column that a panic tells of.
fn place_of_panic(what: &str) -> Option<String> {
    let words = what.split([' ', '\n']).map(|word| word.trim_end_matches([':', ',']));
    words.into_iter().find(|word| word.contains(".rs:")).map(str::to_owned)
}

impl<'j> Judge<'j> {
    pub(super) fn new(registry: &'j Registry, wanted: Wanted, effort: &Effort<'j>) -> Self {
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

    /// The first proposal that fails as wanted, written down anew.
    pub(super) fn first(&mut self, proposals: Vec<Candidate>) -> Option<Accepted> {
        self.first_of(proposals.len(), |index| proposals.get(index).cloned()).map(|(_, accepted)| accepted)
    }

    /// The first of `count` proposals that fails as wanted, and its index.
    pub(super) fn first_of(
        &mut self,
        count: usize,
        propose: impl Fn(usize) -> Option<Candidate> + Sync,
    ) -> Option<(usize, Accepted)> {
        let count = self.left.min(count as u64);
        let mut found = None;
        let this = &*self;
        let mut judged = 0;
        sweep(
            0..count,
            self.jobs,
            |index| propose(index as usize).and_then(|candidate| this.judge(candidate)),
            |index, accepted| {
                judged = index + 1;
                found = accepted.map(|accepted| (index as usize, accepted));
                let is_over = found.is_some() || this.stop.load(Ordering::Relaxed);
                if is_over { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            },
        );
        (self.left, self.judged) = (self.left - judged, self.judged + judged);
        found
    }

    /// Of these proposals, how many fail as wanted; nothing if it is stopped.
    pub(super) fn count(&self, count: u64, propose: impl Fn(u64) -> Candidate + Sync) -> Option<u64> {
        let mut failing = 0;
        sweep(
            0..count,
            self.jobs,
            |index| self.judge(propose(index)).is_some(),
            |_, fails| {
                failing += u64::from(fails);
                ControlFlow::Continue(())
            },
        );
        (!self.stop.load(Ordering::Relaxed)).then_some(failing)
    }

    fn judge(&self, candidate: Candidate) -> Option<Accepted> {
        let (seed, is_calm) = (candidate.seed(), candidate.schedule == Schedule::Calm);
        let file = candidate.clone().into_file();
        let source = Source::new("a proposal", file.to_string());
        let scenario = load(self.registry, &source, &[]).ok()?;
        let summary = run_guarded(|| scenario.prepared.run_unless(seed, self.stop)).ok()??;
        if !self.is_wanted(&summary) {
            return None;
        }
        if is_calm {
            let mut candidate = candidate;
            let unused: BTreeSet<&str> = summary.unused.iter().map(ChoiceName::as_str).collect();
            candidate.deviations.retain(|of| of["choice"].as_str().is_none_or(|name| !unused.contains(name)));
            return Some(Accepted { candidate, summary });
        }
        let recorded = run_guarded(|| scenario.prepared.record(seed)).ok()?;
        let deviations = Candidate::of(recorded.scenario, Schedule::Calm).deviations;
        Some(Accepted { candidate: Candidate { deviations, ..candidate }, summary })
    }

    fn is_wanted(&self, summary: &Summary) -> bool {
        summary.verdict.violation().is_some_and(|violation| Wanted::of(violation, summary) == self.wanted)
    }
}

impl Accepted {
    pub(super) fn size(&self) -> Size {
        self.candidate.size(&self.summary)
    }
}
