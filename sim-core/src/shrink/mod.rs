//! Makes a failing run small: fewer faults, operations and deviations that still violate the same
//! property.
//!
//! A run is what it is made of ([`Parts`]) in what surrounds them ([`Frame`]). Passes propose
//! smaller ones, and the [`Judge`] accepts the first of them that fails as the run did. So the result
//! depends neither on how many runs go side by side nor on which of them ends first.
//!
//! What a removal leaves is another run: messages get other ordinals, and so other answers. Each
//! proposal is therefore tried with the answers that still fit and, elsewhere, what the seed draws; with
//! calm answers elsewhere; and, where that is worth the time, with fresh schedules.

mod instead;
mod judge;
mod parts;
mod passes;
mod rename;
mod simulation;
mod steadiness;
mod times;
mod weaker;

use std::any::Any;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::choices::Deviation;
use crate::outcome::Summary;

use instead::Vocabulary;
pub use judge::{Accepted, Judge, Proposal, Wanted};
pub use parts::{Parts, Schedule, Size};
pub use simulation::ShrunkRun;
pub use steadiness::Steadiness;

/// What surrounds the parts of a run: the protocol and its settings, the network, the disks.
pub trait Frame: Any + Send + Sync {
    /// Runs these parts, in at most so many steps; nothing if they make no sense here, or if `stop` becomes true
    /// before the run is over.
    fn run_parts(&self, parts: &Parts, steps: u64, stop: &AtomicBool) -> Option<Summary>;

    /// What is not calm in the run of these parts.
    fn deviations_of_parts(&self, parts: &Parts) -> Vec<Deviation>;

    /// The parts that it has itself: its plan, all its listed operations, its deviations.
    fn own_parts(&self) -> Parts;

    /// How many nodes there are.
    fn nodes(&self) -> u32;

    /// Whether a run that fails as wanted can be what is left. Frames that are written down refuse what their
    /// form cannot say.
    fn can_keep(&self, _parts: &Parts) -> bool {
        true
    }

    /// The same with a node less; nothing if that makes no sense.
    fn with_a_node_less(&self) -> Option<Arc<dyn Frame>> {
        None
    }

    /// How many simpler frames there are to try.
    fn simpler_count(&self) -> usize {
        0
    }

    /// One of the simpler frames, below [`simpler_count`](Self::simpler_count); nothing if it makes no sense.
    fn simpler(&self, _index: usize) -> Option<Arc<dyn Frame>> {
        None
    }
}

/// How much to spend on shrinking a run.
#[derive(Debug)]
pub struct Effort<'e> {
    /// How many runs go side by side.
    pub jobs: NonZeroUsize,
    /// What to spend at most.
    pub most: Budget,
    /// Ends it.
    pub stop: &'e AtomicBool,
}

/// What may be spent on shrinking a run. It is the same for every number of jobs, and on every machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Proposals to judge.
    pub runs: u64,
    /// Steps of their runs in all. The last run may take more.
    pub steps: u64,
}

impl Budget {
    /// No end of it.
    pub const UNBOUNDED: Self = Self { runs: u64::MAX, steps: u64::MAX };

    /// One more run, of so many steps.
    pub const fn spend(&mut self, steps: u64) {
        self.runs = self.runs.saturating_sub(1);
        self.steps = self.steps.saturating_sub(steps);
    }

    /// What is left when so much is spent.
    #[must_use]
    pub const fn less(self, spent: Self) -> Self {
        let (runs, steps) = (self.runs.saturating_sub(spent.runs), self.steps.saturating_sub(spent.steps));
        Self { runs, steps }
    }

    /// Whether nothing is left.
    #[must_use]
    pub const fn is_spent(&self) -> bool {
        self.runs == 0 || self.steps == 0
    }
}

/// What is left of a run.
pub struct Shrunk {
    /// The run.
    pub run: Accepted,
    /// How large it was.
    pub before: Size,
    /// How large it is.
    pub after: Size,
    /// Proposals that were judged.
    pub runs: u64,
    /// Whether nothing more can be removed; otherwise it was stopped.
    pub is_minimal: bool,
    /// Of how many runs with other times how many fail as this one, unless it was stopped before.
    pub steadiness: Option<Steadiness>,
}

/// A failing run that has been seen to fail.
pub struct Shrinking {
    before: Size,
    wanted: Wanted,
    vocabulary: Vocabulary,
    run: Accepted,
    runs: u64,
    is_minimal: bool,
}

impl Shrinking {
    /// Runs these parts to see how they fail: as in `summary`. Nothing if they do not.
    #[must_use]
    pub fn begin(frame: Arc<dyn Frame>, parts: Parts, summary: &Summary) -> Option<Self> {
        let wanted = Wanted::of(summary)?;
        let before = parts.size(frame.nodes(), summary);
        // To its end: without it there is nothing to shrink.
        let run = wanted.judge(&frame, parts, u64::MAX, &AtomicBool::new(false)).accepted?;
        let vocabulary = Vocabulary::of(&run.parts, &frame.deviations_of_parts(&run.parts));
        Some(Self { before, wanted, vocabulary, run, runs: 0, is_minimal: false })
    }

    /// How it fails.
    #[must_use]
    pub const fn wanted(&self) -> &Wanted {
        &self.wanted
    }

    /// How large it was.
    #[must_use]
    pub const fn before(&self) -> &Size {
        &self.before
    }

    /// How large it is now.
    #[must_use]
    pub fn size(&self) -> Size {
        self.run.size()
    }

    /// How many proposals were judged.
    #[must_use]
    pub const fn runs(&self) -> u64 {
        self.runs
    }

    /// Whether nothing more can be removed.
    #[must_use]
    pub const fn is_minimal(&self) -> bool {
        self.is_minimal
    }

    /// Makes it smaller, telling `progress` what is left after each pass, and how many runs that took. Returns what
    /// may still be spent.
    pub fn go_on(&mut self, effort: &Effort<'_>, mut progress: impl FnMut(&Size, u64)) -> Budget {
        let mut judge = Judge::new(self.wanted.clone(), effort);
        let before = self.runs;
        let mut told = |run: &Accepted, runs| progress(&run.size(), before + runs);
        self.is_minimal = passes::all(&mut judge, &self.vocabulary, &mut self.run, &mut told);
        self.runs += judge.runs();
        judge.left()
    }

    /// What is left, and how steadily it fails.
    #[must_use]
    pub fn finish(self, effort: &Effort<'_>) -> Shrunk {
        let Self { before, wanted, mut run, runs, is_minimal, .. } = self;
        run.settle();
        let steadiness = Steadiness::of(&Judge::new(wanted, effort), &run);
        Shrunk { before, after: run.size(), runs, is_minimal, steadiness, run }
    }
}
