//! Whether a smaller run fails as the run did.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{Budget, Effort, Frame, Parts, Schedule, Size};
use crate::model::PropertyClass;
use crate::outcome::Summary;
use crate::property::PROGRESS;
use crate::sweep::sweep;
use crate::time::{Duration, Time};

/// A run in the place of another takes at most so many times its steps,
const STEPS_FACTOR: u64 = 2;
/// and so many more.
const STEPS_MORE: u64 = 2_000;

/// What should happen in the end may also do so somewhat sooner: by one part in so many of the time that it had.
const SOONER: u64 = 8;

/// What a run must come to.
#[derive(Clone, Debug)]
pub struct Wanted {
    property: String,
    class: PropertyClass,
    /// Whether the protocol's models excuse it.
    is_excused: bool,
    /// Where the code panicked, if it did.
    place: Option<String>,
    /// How long what should have happened had time to, if that is what is violated. A run that leaves less time shows
    /// nothing: the protocol without the bug might not be done by then either.
    time: Option<TimeLeft>,
}

/// How long a run gave its nodes for what should happen in the end.
#[derive(Clone, Copy, Debug)]
enum TimeLeft {
    /// So long, with nothing that kept nodes apart or down.
    Calm(Duration),
    /// So long in all, and there were faults until the end.
    Troubled(Duration),
}

impl TimeLeft {
    /// That of a run whose violation is seen at its end. Progress is not among these: it is due within a bound after
    /// the heal, and not judged before.
    fn of(summary: &Summary, property: &str, class: PropertyClass) -> Option<Self> {
        let is_seen_at_end = class == PropertyClass::Liveness && property != PROGRESS;
        is_seen_at_end.then(|| match summary.calm_since {
            Some(calm) => Self::Calm(summary.time.since(calm)),
            None => Self::Troubled(summary.time.since(Time::ZERO)),
        })
    }

    /// Whether a run that leaves this much leaves enough.
    fn is_enough(self, wanted: Self) -> bool {
        match (self, wanted) {
            (Self::Calm(time), Self::Calm(wanted) | Self::Troubled(wanted)) => time >= wanted / SOONER * (SOONER - 1),
            (Self::Troubled(time), Self::Troubled(wanted)) => time >= wanted,
            (Self::Troubled(_), Self::Calm(_)) => false,
        }
    }
}

/// Judges proposals.
pub struct Judge<'j> {
    wanted: Wanted,
    jobs: NonZeroUsize,
    /// What may still be spent.
    left: Budget,
    /// Proposals that have been judged.
    judged: u64,
    stop: &'j AtomicBool,
}

/// A run that failed as wanted.
#[derive(Clone)]
pub struct Accepted {
    /// What surrounds its parts.
    pub frame: Arc<dyn Frame>,
    /// Its parts.
    pub parts: Parts,
    /// What it came to.
    pub summary: Summary,
}

/// What became of a proposal.
pub struct Judged {
    /// How many steps that took.
    pub steps: u64,
    /// Its run, if it failed as wanted.
    pub accepted: Option<Accepted>,
}

impl Judged {
    /// It made no sense.
    const SENSELESS: Self = Self { steps: 0, accepted: None };
}

/// A run that may be tried instead of another.
pub enum Proposal {
    /// Of these parts.
    Parts(Parts),
    /// Of the same parts in a simpler frame: that with this index.
    Frame(usize, Schedule),
    /// Of these parts, with a node less.
    NodeLess(Parts),
    /// Of nothing.
    Nothing,
}

impl Wanted {
    /// How a run failed, if it did.
    #[must_use]
    pub fn of(summary: &Summary) -> Option<Self> {
        let violation = summary.verdict.violation()?;
        Some(Self {
            property: violation.property.clone(),
            class: violation.class,
            is_excused: !summary.excuse().is_empty(),
            place: place_of_panic(&violation.what),
            time: TimeLeft::of(summary, &violation.property, violation.class),
        })
    }

    /// The run of these parts, if it fails as wanted within so many steps.
    pub fn judge(&self, frame: &Arc<dyn Frame>, parts: Parts, steps: u64, stop: &AtomicBool) -> Judged {
        // A panic of the protocol is a violation. One of the engine, here, is a proposal that fails.
        let guarded = |run: &dyn Fn() -> Option<Summary>| catch_unwind(AssertUnwindSafe(run)).ok()?;
        let Some(summary) = guarded(&|| frame.run_parts(&parts, steps, stop)) else { return Judged::SENSELESS };
        let steps = summary.steps;
        let accepted = self.is_wanted(&summary).then(|| self.accepted(frame, parts, summary)).flatten();
        Judged { steps, accepted }
    }

    /// The run of these parts, which failed as wanted, if it can be what is left.
    fn accepted(&self, frame: &Arc<dyn Frame>, parts: Parts, summary: Summary) -> Option<Accepted> {
        let deviations = match parts.schedule {
            Schedule::Drawn(_) | Schedule::Content => frame.deviations_of_parts(&parts),
            Schedule::Calm | Schedule::NearlyCalm(_) => {
                let unused: BTreeSet<_> = summary.unused.iter().collect();
                parts.deviations.iter().filter(|of| !unused.contains(&of.name)).cloned().collect()
            }
        };
        let schedule = if parts.schedule == Schedule::Content { Schedule::Calm } else { parts.schedule };
        let parts = Parts { deviations, schedule, ..parts };
        frame.can_keep(&parts).then(|| Accepted { frame: Arc::clone(frame), parts, summary })
    }
}

impl Wanted {
    /// Whether a run came to it, with enough time for what should happen in the end.
    #[must_use]
    pub fn is_wanted(&self, summary: &Summary) -> bool {
        let time = Self::of(summary).and_then(|other| other.time);
        let is_enough = time.zip(self.time).is_none_or(|(time, wanted)| time.is_enough(wanted));
        self.is_alike(summary) && is_enough
    }

    /// Whether a run came to it, however much time that leaves.
    #[must_use]
    pub fn is_alike(&self, summary: &Summary) -> bool {
        Self::of(summary).is_some_and(|other| {
            (other.property == self.property && other.class == self.class)
                && (other.is_excused == self.is_excused && other.place == self.place)
        })
    }
}

/// The file, line and column that a panic tells of.
fn place_of_panic(what: &str) -> Option<String> {
    let mut words = what.split([' ', '\n']).map(|word| word.trim_end_matches([':', ',']));
    words.find(|word| word.contains(".rs:")).map(str::to_owned)
}

impl<'j> Judge<'j> {
    /// Judges whether proposals come to this.
    #[must_use]
    pub const fn new(wanted: Wanted, effort: &Effort<'j>) -> Self {
        Self { wanted, jobs: effort.jobs, left: effort.most, judged: 0, stop: effort.stop }
    }

    /// Proposals that have been judged.
    pub(super) const fn runs(&self) -> u64 {
        self.judged
    }

    /// What may still be spent.
    pub(super) const fn left(&self) -> Budget {
        self.left
    }

    /// Whether no more proposals are judged.
    pub(super) fn is_over(&self) -> bool {
        self.left.is_spent() || self.stop.load(Ordering::Relaxed)
    }

    /// The first of `count` proposals instead of `run` that fails as wanted, and its index.
    pub(super) fn first(
        &mut self,
        run: &Accepted,
        count: usize,
        propose: impl Fn(usize) -> Proposal + Sync,
    ) -> Option<(usize, Accepted)> {
        if self.is_over() {
            return None;
        }
        let (mut found, mut judged, mut left) = (None, 0, self.left);
        let this = &*self;
        let mut take = |index: u64, judgement: Judged| {
            found = judgement.accepted.map(|accepted| (index as usize, accepted));
            if found.is_none() && this.stop.load(Ordering::Relaxed) {
                return ControlFlow::Break(());
            }
            judged = index + 1;
            left.spend(judgement.steps);
            if found.is_some() || left.is_spent() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        sweep(0..count as u64, self.jobs, |index| this.try_instead(run, propose(index as usize)), &mut take);
        (self.left, self.judged) = (left, self.judged + judged);
        found
    }

    /// Whether this proposal instead of `run` fails as wanted.
    pub(super) fn accepts(&mut self, run: &Accepted, parts: Parts) -> Option<Accepted> {
        if self.is_over() {
            return None;
        }
        let Judged { steps, accepted } = self.wanted.judge(&run.frame, parts, run.most_steps(), self.stop);
        self.left.spend(steps);
        self.judged += 1;
        accepted
    }

    /// Of these proposals instead of `run`, which fail as wanted; nothing if it is stopped.
    pub fn each(&self, run: &Accepted, count: u64, propose: impl Fn(u64) -> Proposal + Sync) -> Option<Vec<bool>> {
        let mut failing = Vec::new();
        sweep(
            0..count,
            self.jobs,
            |index| self.try_instead(run, propose(index)).accepted.is_some(),
            |_, fails| {
                failing.push(fails);
                ControlFlow::Continue(())
            },
        );
        (!self.stop.load(Ordering::Relaxed)).then_some(failing)
    }

    fn try_instead(&self, run: &Accepted, proposal: Proposal) -> Judged {
        if self.stop.load(Ordering::Relaxed) {
            return Judged::SENSELESS;
        }
        let of = |frame: &Arc<dyn Frame>, parts| self.wanted.judge(frame, parts, run.most_steps(), self.stop);
        let judged = match proposal {
            Proposal::Parts(parts) => Some(of(&run.frame, parts)),
            Proposal::NodeLess(parts) => run.frame.with_a_node_less().map(|frame| of(&frame, parts)),
            Proposal::Nothing => None,
            Proposal::Frame(index, schedule) => {
                run.frame.simpler(index).map(|frame| of(&frame, Parts { schedule, ..run.parts.clone() }))
            }
        };
        judged.unwrap_or(Judged::SENSELESS)
    }
}

impl Accepted {
    /// Makes it one run, whatever the seed, with its answers in the order in which they are asked for.
    pub(super) fn settle(&mut self) {
        // With all its answers given nothing is left to draw.
        self.parts.schedule = Schedule::Calm;
        self.parts.deviations = self.frame.deviations_of_parts(&self.parts);
    }

    /// How many steps a run in its place may take. What takes many more, such as clients that ask on and on for
    /// lack of anything to wait for, is not on its way to something small.
    fn most_steps(&self) -> u64 {
        self.summary.steps.saturating_mul(STEPS_FACTOR).saturating_add(STEPS_MORE)
    }

    /// When it ends at the soonest: soon after its violation. What should happen and does not is violated at
    /// the end: such a run keeps its length.
    pub(super) fn end(&self) -> Option<Time> {
        let violation = self.summary.verdict.violation().filter(|of| of.class != PropertyClass::Liveness)?;
        let time = violation.time.since(Time::ZERO).as_nanos();
        Some(Time::ZERO + Duration::from_millis((time + time / 20) / 1_000_000 + 1))
    }

    /// These parts with time for the violation to come later than in this run.
    pub(super) fn given_time(&self, mut parts: Parts) -> Parts {
        // What is judged at the end comes as late as the end is.
        if self.end().is_some() && self.summary.time < self.parts.run_for {
            parts.run_for = parts.run_for.saturating_add(parts.run_for.since(Time::ZERO));
        }
        parts
    }

    pub(super) fn size(&self) -> Size {
        self.parts.size(self.frame.nodes(), &self.summary)
    }
}
