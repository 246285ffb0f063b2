//! The fault model, as data.
//!
//! A fault says what happens, to whom, when it starts and how long it lasts. A run's faults are an explicit
//! list; a [nemesis](crate::Nemesis) draws such a list from the seed.

mod class;
mod display;
pub mod draft;
mod kind;
mod messages;
mod selector;
mod trigger;

pub use class::{FaultClass, FaultFacts, FaultSeverity};
pub use kind::{CrashMoment, CrashSeverity, FailedWrites, FaultKind, LostWrites};
pub use messages::{Bandwidth, Ends, LinkTrouble, MessageFilter, Replays};
pub(crate) use selector::Aim;
pub use selector::Selector;
pub use trigger::{Boundary, Milestone, Trigger};

use crate::random::Probability;
use crate::time::{Duration, Time};

/// One fault of a plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// When it begins.
    pub trigger: Trigger,
    /// Whether it is the next step of a sequence: its trigger counts from the moment when the previous
    /// fault in the plan began, and [`Selector::Same`] means the targets of that fault.
    pub follows: bool,
    /// What it does.
    pub kind: FaultKind,
    /// How long it lasts; `None` means until the heal or the end of the run. An instantaneous fault, such
    /// as a crash, lasts only if it is repeated.
    pub lasts: Option<Duration>,
    /// Whether it comes and goes while it lasts: flapping links, delay spikes, crash loops.
    pub repeat: Option<Repeat>,
    /// The time between targets, if it hits them one after the other instead of all at once: a rolling
    /// restart.
    pub one_by_one: Option<Duration>,
    /// Whether it strikes only as far as the protocol's model allows: if a blow would take down more nodes
    /// than the [model](crate::Assumption::DownAtMost) allows, it is withheld, and that is recorded.
    pub within_model: bool,
    /// The probability that a blow strikes each of its targets, or strikes at all if it does not hit
    /// targets individually.
    pub probability: Probability,
    /// Its severity, if it is not that of its kind.
    pub severity: Option<FaultSeverity>,
    /// Its name in reports, by which a script can [end](Fault::end) it.
    pub label: Option<String>,
}

/// How a fault comes and goes while it lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repeat {
    /// The time from one start to the next. Above zero.
    pub every: Duration,
    /// How long it is active each time, below `every`. `None` for an instantaneous fault.
    pub on: Option<Duration>,
    /// Whether it hits the same targets each time. Otherwise it selects them anew: the node that has the
    /// role then, or other random nodes. While no node has the role, it waits.
    pub same_targets: bool,
}

impl Fault {
    /// A fault that begins at `at` and lasts until the heal or the end of the run.
    pub fn at(at: Time, kind: FaultKind) -> Self {
        Self::when(Trigger::At(at), kind)
    }

    /// A fault that begins with a milestone of the run.
    pub fn after(milestone: Milestone, kind: FaultKind) -> Self {
        Self::when(Trigger::After(milestone), kind)
    }

    /// A crash that falls into the middle of a step.
    pub fn in_step(boundary: Boundary, kind: FaultKind) -> Self {
        Self::when(Trigger::InStep(boundary), kind)
    }

    fn when(trigger: Trigger, kind: FaultKind) -> Self {
        Self {
            trigger,
            follows: false,
            kind,
            lasts: None,
            repeat: None,
            one_by_one: None,
            within_model: false,
            probability: Probability::ALWAYS,
            severity: None,
            label: None,
        }
    }

    /// Makes it the next step of a sequence.
    #[must_use]
    pub fn following(self) -> Self {
        Self { follows: true, ..self }
    }

    /// Sets how long it lasts.
    #[must_use]
    pub fn lasting(self, lasts: Duration) -> Self {
        Self { lasts: Some(lasts), ..self }
    }

    /// Makes it come and go, selecting its targets anew each time.
    #[must_use]
    pub fn repeated(self, every: Duration, on: Option<Duration>) -> Self {
        Self { repeat: Some(Repeat { every, on, same_targets: false }), ..self }
    }

    /// Makes it strike only as far as the protocol's model allows.
    #[must_use]
    pub fn within_model(self) -> Self {
        Self { within_model: true, ..self }
    }

    /// Makes each blow strike each target only with this probability.
    #[must_use]
    pub fn with_probability(self, probability: Probability) -> Self {
        Self { probability, ..self }
    }

    /// Sets its name in reports.
    #[must_use]
    pub fn labelled(self, label: impl Into<String>) -> Self {
        Self { label: Some(label.into()), ..self }
    }

    /// Makes it hit one target after the other.
    #[must_use]
    pub fn one_by_one(self, apart: Duration) -> Self {
        Self { one_by_one: Some(apart), ..self }
    }
}
