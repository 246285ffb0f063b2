//! What a whole sweep comes to: the one rule, for tests and for the command line.
//!
//! A sweep in which nothing failed shows something only of what was put to the test: of runs that
//! kept to the protocol's model, of faults that really struck, of events that really happened.
//! What was asked for and not put to the test is told, and is no success.

use crate::choices::ChoiceName;
use crate::ending::Ending;
use crate::figure::{Bounds, Figure};
use crate::liveness::Liveness;
use crate::model::PropertyClass;
use crate::outcome::Summary;
use crate::sabotage::Sabotage;

/// What is asked of the runs of a sweep together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Demands {
    /// A property that at least one run violates, while none violates any other.
    pub violates: Option<String>,
    /// Events that at least one run announces, in the order of [`Summary::goals`].
    pub goals: Vec<String>,
    /// Figures of all runs together, each with its bounds, in the order of [`Summary::figures`].
    pub figures: Vec<(String, Bounds)>,
    /// What the declared faults are called, in the order of [`Summary::faults`]. Each strikes in at
    /// least one run.
    pub faults: Vec<String>,
    /// Whether progress is asked for: then runs are judged for that, too.
    pub progress: bool,
    /// The promise that the engine breaks, which is to be noticed.
    pub sabotage: Option<Sabotage>,
    /// The share of the runs that must be inside of the protocol's models and be judged, from 0 to
    /// 1; without, at least one run.
    pub judged: Option<f64>,
    /// The share of the judged runs that must make progress, from 0 to 1, where links lose messages
    /// after the heal and no single run can be held to its deadline.
    pub progress_share: Option<f64>,
    /// How many deviations are replayed, all of which are to fit.
    pub deviations: usize,
}

/// What was asked for, and not put to the test.
#[derive(Clone, Debug, PartialEq)]
pub enum Untested {
    /// No run violated the property that was to be violated.
    NeverViolated(String),
    /// No run announced this event.
    Goal(String),
    /// A figure of all runs together is not within its bounds, or there was nothing to measure.
    Figure {
        /// Which.
        name: String,
        /// What it is, if it is anything.
        value: Option<f64>,
        /// What it should be.
        bounds: Bounds,
    },
    /// These declared faults began in no run, or met no message that they are aimed at.
    Faults(Vec<String>),
    /// The engine broke a promise in all runs, and nothing was violated.
    Sabotage(Sabotage),
    /// Too few runs were inside of the model and judged.
    Unjudged {
        /// For which kind of promise.
        class: PropertyClass,
        /// How many were.
        judged: u64,
        /// The share of the runs that should have been, if not just one.
        share: Option<f64>,
        /// Why one of the others was not.
        why: String,
    },
    /// Too few of the runs made progress that were judged for it as a share.
    TooFewProgressed {
        /// How many did.
        progressed: u64,
        /// Of how many.
        judged: u64,
        /// The share of them that should have.
        share: f64,
    },
    /// A recorded run has changed: no question asked for these deviations any more.
    Misfit {
        /// Those that were not asked for.
        unused: Vec<ChoiceName>,
        /// How many there are in all.
        all: usize,
    },
}

/// What the runs of a sweep have put to the test so far.
#[derive(Clone, Debug)]
pub struct Coverage<'d> {
    demands: &'d Demands,
    runs: u64,
    safety: Judged,
    progress: Judged,
    /// How many runs progressed, and how many should have.
    progressed: (u64, u64),
    /// For each goal, whether a run reached it.
    reached: Vec<bool>,
    /// For each figure, what it is so far.
    figures: Vec<Figure>,
    /// For each declared fault, whether it struck in a run.
    struck: Vec<bool>,
    /// Whether a run passed, and so went on to its end: faults had their time.
    passed: bool,
    /// Whether the property was violated that was to be.
    wanted: bool,
    /// Whether any was, inside of the model.
    violated: bool,
    /// The deviations that did not fit, of the run with the most of them.
    unused: Vec<ChoiceName>,
}

/// How many runs were judged for one kind of promise.
#[derive(Clone, Debug, Default)]
struct Judged {
    count: u64,
    /// Why the first run was not that did not fail either.
    why_not: Option<String>,
}

/// How many of many things are named.
const NAMED: usize = 5;

impl<'d> Coverage<'d> {
    /// Before the first run.
    pub fn new(demands: &'d Demands) -> Self {
        Self {
            demands,
            runs: 0,
            safety: Judged::default(),
            progress: Judged::default(),
            progressed: (0, 0),
            reached: vec![false; demands.goals.len()],
            figures: vec![Figure::default(); demands.figures.len()],
            struck: vec![false; demands.faults.len()],
            passed: false,
            wanted: false,
            violated: false,
            unused: Vec::new(),
        }
    }

    /// Takes one run more into account.
    pub fn add(&mut self, summary: &Summary) {
        let ending = summary.ending(self.demands.violates.as_deref());
        self.runs += 1;
        self.passed |= ending == Ending::Passed;
        self.wanted |= ending == Ending::Wanted;
        self.violated |= matches!(ending, Ending::Wanted | Ending::Violated);
        self.reached.iter_mut().zip(&summary.goals).for_each(|(any, one)| *any |= one);
        self.struck.iter_mut().zip(&summary.faults).for_each(|(any, one)| *any |= one.has_struck());
        if ending != Ending::Inconclusive {
            self.figures.iter_mut().zip(&summary.figures).for_each(|(sum, one)| *sum += *one);
        }
        self.safety.add(ending, || summary.unjudged(PropertyClass::Safety));
        self.progress.add(ending, || summary.unjudged(PropertyClass::Liveness));
        if summary.liveness.is_judged() && summary.outside.liveness.is_empty() {
            self.progressed.0 += u64::from(matches!(summary.liveness, Liveness::Progressed(_)));
            self.progressed.1 += 1;
        }
        if summary.unused.len() > self.unused.len() {
            self.unused.clone_from(&summary.unused);
        }
    }

    /// How many runs kept to the safety model and were judged.
    pub const fn judged_for_safety(&self) -> u64 {
        self.safety.count
    }

    /// How many runs kept to the liveness model and were judged, if progress is asked for.
    pub fn judged_for_progress(&self) -> Option<u64> {
        self.demands.progress.then_some(self.progress.count)
    }

    /// What at least one run, or a share of them, was to put to the test and did not.
    pub fn untested(&self) -> Vec<Untested> {
        let Demands { violates, goals, faults, sabotage, progress, .. } = self.demands;
        let never = violates.iter().filter(|_| !self.wanted).cloned().map(Untested::NeverViolated);
        let unreached = goals.iter().zip(&self.reached).filter(|(_, reached)| !**reached);
        let unreached = unreached.map(|(goal, _)| Untested::Goal(goal.clone()));
        // Where every run was cut short by a violation, faults that come later had no chance. Whether a
        // recorded run is still the same is told by its deviations: in it a fault may never have begun.
        let is_due = self.passed && self.demands.deviations == 0;
        let idle = faults.iter().zip(&self.struck).filter(|(_, struck)| is_due && !**struck);
        let idle: Vec<String> = idle.map(|(name, _)| name.clone()).collect();
        let idle = (!idle.is_empty()).then_some(Untested::Faults(idle));
        let unnoticed = sabotage.filter(|_| !self.violated).map(Untested::Sabotage);
        let safety = self.unjudged(PropertyClass::Safety, &self.safety);
        let liveness = progress.then(|| self.unjudged(PropertyClass::Liveness, &self.progress)).flatten();
        let too_few = self.too_few_progressed();
        let figures = self.figures_beyond_bounds();
        never
            .chain(too_few)
            .chain(figures)
            .chain(unreached)
            .chain(idle)
            .chain(unnoticed)
            .chain(safety)
            .chain(liveness)
            .collect()
    }

    fn figures_beyond_bounds(&self) -> impl Iterator<Item = Untested> {
        let all = self.demands.figures.iter().zip(&self.figures);
        let beyond = all.filter_map(|((name, bounds), figure)| {
            let value = figure.value();
            let fits = value.is_some_and(|value| bounds.hold(value));
            (!fits).then(|| Untested::Figure { name: name.clone(), value, bounds: *bounds })
        });
        beyond.collect::<Vec<_>>().into_iter()
    }

    fn too_few_progressed(&self) -> Option<Untested> {
        let (progressed, judged) = self.progressed;
        let share = self.demands.progress_share?;
        let too_few = judged > 0 && (progressed as f64 / judged as f64) < share;
        too_few.then_some(Untested::TooFewProgressed { progressed, judged, share })
    }

    /// Whether a replayed run has changed. That is told of any one run.
    pub fn misfit(&self) -> Option<Untested> {
        let misfit = || Untested::Misfit { unused: self.unused.clone(), all: self.demands.deviations };
        (!self.unused.is_empty()).then(misfit)
    }

    /// Runs that failed or could not be judged are told as such: they do not count against the rest.
    fn unjudged(&self, class: PropertyClass, judged: &Judged) -> Option<Untested> {
        let why = judged.why_not.clone()?;
        let too_few = match self.demands.judged {
            // Both are rounded alike, so that 0.7 is 7 of 10.
            Some(share) => (judged.count as f64 / self.runs as f64) < share,
            None => judged.count == 0,
        };
        too_few.then_some(Untested::Unjudged { class, judged: judged.count, share: self.demands.judged, why })
    }
}

impl Judged {
    fn add(&mut self, ending: Ending, unjudged: impl FnOnce() -> Option<String>) {
        match ending {
            Ending::Inconclusive => {}
            Ending::Wanted | Ending::Violated => self.count += 1,
            Ending::Passed | Ending::Excused => match unjudged() {
                None => self.count += 1,
                Some(why) => self.why_not = self.why_not.take().or(Some(why)),
            },
        }
    }
}

impl Summary {
    /// Why a run that did not fail shows nothing of one kind of promise, if it does not.
    fn unjudged(&self, class: PropertyClass) -> Option<String> {
        let outside = self.outside.of(class).first().map(|why| format!("outside of the model: {why}"));
        outside.or_else(|| match (class, &self.liveness) {
            (PropertyClass::Liveness, Liveness::Stuck { because, .. }) => {
                let because: Vec<String> = because.iter().map(ToString::to_string).collect();
                Some(format!("it could not: {}", because.join("; ")))
            }
            (PropertyClass::Liveness, Liveness::NotJudged) => Some("it ended before that".to_owned()),
            (PropertyClass::Liveness, Liveness::NothingAsked) => {
                Some("nobody asked for anything after the stabilisation time".to_owned())
            }
            _ => None,
        })
    }
}

impl Untested {
    /// One word.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::NeverViolated(_) => "never violated",
            Self::Goal(_) => "goal",
            Self::Figure { .. } => "figure",
            Self::Faults(_) => "faults",
            Self::Sabotage(_) => "sabotage",
            Self::TooFewProgressed { .. } => "progress share",
            Self::Unjudged { class: PropertyClass::Safety, .. } => "safety",
            Self::Unjudged { class: PropertyClass::Liveness, .. } => "progress",
            Self::Misfit { .. } => "deviations",
        }
    }

    /// The whole of it, as a sentence about `subject` after so many runs.
    pub fn describe(&self, subject: &str, runs: u64) -> String {
        let seeds = if runs == 1 { "1 seed".to_owned() } else { format!("{runs} seeds") };
        match self {
            Self::NeverViolated(property) => {
                format!("{subject} was expected to violate {property}, and in {seeds} did not")
            }
            Self::Goal(event) => format!("{subject} never announced {event} in {seeds}: it tested nothing of it"),
            Self::Figure { name, value: Some(value), bounds } => {
                format!("the {name} of {subject} is {value:.6} over {seeds}, and was to be {bounds}")
            }
            Self::Figure { name, value: None, bounds } => {
                format!("there was nothing to measure the {name} of {subject} by in {seeds}, and it was to be {bounds}")
            }
            Self::Faults(names) => {
                let (faults, them) = if names.len() == 1 { ("fault", "it") } else { ("faults", "them") };
                format!(
                    "{} declared {faults} of {subject} never fired in {seeds}: it tested nothing of {them}: {}",
                    names.len(),
                    first_of(names)
                )
            }
            Self::Sabotage(sabotage) => format!("{subject}: {}", sabotage.not_tested()),
            Self::Unjudged { class, judged, share, why } => {
                let what = match class {
                    PropertyClass::Safety => "kept to the safety model",
                    PropertyClass::Liveness => "were judged for progress",
                };
                let least = share.map_or_else(String::new, |share| format!(", and a share of {share} was to"));
                let none = if *judged == 0 { "none".to_owned() } else { format!("only {judged}") };
                format!("of {seeds} of {subject} {none} {what}{least}: {why}")
            }
            Self::TooFewProgressed { progressed, judged, share } => {
                format!("{progressed} of {judged} runs of {subject} made progress: a share of {share} was to")
            }
            Self::Misfit { unused, all } => format!(
                "{} of {all} deviations no longer fit: this is not the run that was recorded in {subject}: {}",
                unused.len(),
                first_of(unused)
            ),
        }
    }
}

fn first_of(names: &[impl ToString]) -> String {
    let named: Vec<String> = names.iter().take(NAMED).map(ToString::to_string).collect();
    let more = if names.len() > NAMED { ", …" } else { "" };
    format!("{}{more}", named.join(", "))
}
