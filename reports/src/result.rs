//! What a runner found out: the data that reports are made from.

use std::collections::{BTreeMap, BTreeSet};

use sim_core::{Duration, FaultRecord, Guarantee, Levels, Service, Summary, Untested, Verdict};

use crate::difference::Again;
use crate::fit::Fit;

/// One run.
#[derive(Clone, Debug)]
pub struct Run {
    /// The scenario's name.
    pub scenario: String,
    /// The seed.
    pub seed: u64,
    /// What the run came to.
    pub summary: Summary,
    /// Which levels of consistency it kept, if that was asked for and can be told.
    pub levels: Option<Levels>,
    /// What its clients got, if that was asked for.
    pub service: Option<Service>,
    /// Whether that is what the scenario expects of any one seed.
    pub expected: bool,
    /// The scenario's goals, in the order of the summary's.
    pub goals: Vec<String>,
    /// What the declared faults are called, in the plan's order. Those that a nemesis drew come
    /// after them.
    pub faults: Vec<String>,
    /// What the seed drew of the protocol's settings, as in `pre_vote=false`.
    pub settings: Vec<String>,
    /// How well it fits, if it is a run that was written down.
    pub fit: Option<Fit>,
    /// The command that shows the run.
    pub replay: String,
}

/// What became of a scenario over its seeds.
#[derive(Clone, Debug, Default)]
pub struct ScenarioResult {
    /// The scenario's name.
    pub name: String,
    /// How many seeds were to be run.
    pub selected: u64,
    /// How many seeds the scenario itself has: so many it takes to judge what must happen in at
    /// least one.
    pub own: u64,
    /// How many were.
    pub runs: u64,
    /// How many passed.
    pub passed: u64,
    /// The properties that were violated.
    pub violated: BTreeMap<String, Violations>,
    /// How many could not be judged.
    pub inconclusive: u64,
    /// The properties that were violated in runs outside of the protocol's model for them.
    pub violated_outside: BTreeMap<String, Violations>,
    /// How many runs did not make progress and could not have.
    pub stuck: u64,
    /// How many kept to the safety model and were judged.
    pub judged_for_safety: u64,
    /// How many kept to the liveness model and were judged, if progress is expected.
    pub judged_for_progress: Option<u64>,
    /// What the runs did not put to the test, and were too few to be blamed for.
    pub not_judged: Vec<Untested>,
    /// What the faults of each kind did over all runs.
    pub faults: BTreeMap<&'static str, FaultTally>,
    /// Which levels of consistency the runs kept, if that was asked for and can be told.
    pub levels: Option<LevelTally>,
    /// What the clients of all runs got, if that was asked for.
    pub service: Option<Service>,
    /// How well its run fits if it was written down, in words.
    pub fit: Option<String>,
    /// Why it ended before all seeds were run, if it did.
    pub stopped: Option<Stopped>,
    /// All that is not as the scenario expects; nothing, if it ended well.
    pub problems: Vec<Problem>,
}

/// How often a property was violated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Violations {
    /// In how many runs.
    pub count: u64,
    /// The first seed.
    pub first: u64,
}

/// What the faults of one kind did over many runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FaultTally {
    /// Runs in which at least one struck.
    pub runs: u64,
    /// How often one struck.
    pub blows: u64,
    /// Operations that were under way and failed, or whose outcome is unknown.
    pub operations_failed: u64,
    /// Operations that were under way and took longer than a client's patience.
    pub operations_delayed: u64,
    /// Durable records that are readable nowhere any more.
    pub records_lost: u64,
    /// From the end of each to the first completed operation after it.
    pub recovered_after: Vec<Duration>,
}

impl FaultTally {
    /// Takes the records of one run's faults of this kind into account.
    pub fn add<'r>(&mut self, records: impl Iterator<Item = &'r FaultRecord>) {
        let blows = self.blows;
        for record in records {
            self.blows += u64::from(record.blows);
            self.operations_failed += record.effects.operations_failed;
            self.operations_delayed += record.effects.operations_delayed;
            self.records_lost += record.effects.records_lost;
            self.recovered_after.extend(record.effects.recovered_after);
        }
        self.runs += u64::from(self.blows > blows);
    }

    /// The median time from the end of a fault to the first completed operation after it.
    pub fn median_recovery(&self) -> Option<Duration> {
        let mut spans = self.recovered_after.clone();
        spans.sort_unstable();
        spans.get(spans.len() / 2).copied()
    }
}

/// Which levels of consistency several runs kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LevelTally {
    /// What all of them kept.
    pub together: Levels,
    /// By the strongest levels of a run, in how many runs these were the strongest.
    pub strongest: BTreeMap<Vec<Guarantee>, u64>,
}

impl LevelTally {
    /// Of one run.
    pub fn of(levels: &Levels) -> Self {
        Self { together: levels.clone(), strongest: [(levels.strongest(), 1)].into() }
    }

    /// Of one run more.
    #[must_use]
    pub fn and(mut self, levels: &Levels) -> Self {
        *self.strongest.entry(levels.strongest()).or_default() += 1;
        Self { together: self.together.and(levels), ..self }
    }
}

/// Why not all seeds were run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// The time allowed for it was over.
    OutOfTime,
    /// A failure was found, and the first was to be the last.
    FirstFailure,
    /// A signal came.
    Interrupted,
    /// Nobody reads the output any more.
    NobodyListens,
    /// The output cannot be written.
    CannotWrite,
}

/// Something that is not as the scenario expects.
#[derive(Clone, Debug)]
pub enum Problem {
    /// Runs did not end as expected.
    Unexpected(Box<Unexpected>),
    /// Something that was asked for was not put to the test.
    Untested(Untested),
    /// The time was up before all seeds were run: how many were left.
    OutOfTime {
        /// How many seeds were left.
        left: u64,
    },
    /// A seed was run twice and gave two runs.
    TwoRuns {
        /// The run, as it was the first time.
        first: Box<Run>,
        /// The second time.
        second: Box<Again>,
    },
    /// The engine panicked.
    Defect {
        /// In which scenario.
        scenario: String,
        /// At which seed.
        seed: u64,
        /// With what message.
        message: String,
        /// The command that shows it.
        replay: String,
    },
}

/// Runs that ended alike and not as expected.
#[derive(Clone, Debug)]
pub struct Unexpected {
    /// The first of them.
    pub first: Run,
    /// How many there are.
    pub count: u64,
    /// The seeds of a few more.
    pub more: Vec<u64>,
}

impl Run {
    /// Whether every deviation of a run that was written down was asked for.
    pub fn fits(&self) -> bool {
        let is_whole = |fit: &Fit| fit.misfits(&self.summary).next().is_none();
        self.fit.as_ref().map_or(self.summary.unused.is_empty(), is_whole)
    }

    /// Whether it is a run that was written down for a violation, and violates something else or nothing.
    pub fn lacks_its_violation(&self) -> bool {
        self.fit.as_ref().is_some_and(|fit| fit.violated(&self.summary) == Some(false))
    }

    /// The declared faults that never struck.
    pub fn never_fired(&self) -> impl Iterator<Item = &str> {
        let struck = self.summary.faults.iter().map(FaultRecord::has_struck);
        self.faults.iter().zip(struck).filter(|(_, struck)| !struck).map(|(name, _)| name.as_str())
    }
}

impl Problem {
    /// Whether it is that something was not tested, and not that something is wrong.
    pub const fn is_untested(&self) -> bool {
        match self {
            Self::Untested(Untested::NeverViolated(_) | Untested::TooFewProgressed { .. }) => false,
            Self::Untested(_) | Self::OutOfTime { .. } => true,
            _ => false,
        }
    }
}

impl ScenarioResult {
    /// A scenario none of whose seeds have been run yet.
    pub fn not_begun(name: &str, selected: u64, own: u64) -> Self {
        Self { name: name.to_owned(), selected, own, ..Self::default() }
    }

    /// Whether not one of its seeds was run, for no fault of its own.
    pub(crate) fn is_skipped(&self) -> bool {
        self.runs == 0 && self.problems.iter().all(Problem::is_untested)
    }

    /// How many of its seeds were to be run and were not.
    pub(crate) const fn left(&self) -> u64 {
        self.selected - self.runs
    }

    /// The seeds that did not end as expected: how many, and the first of each kind.
    pub(crate) fn failing(&self) -> (u64, BTreeSet<u64>) {
        let (mut count, mut named) = (0, BTreeSet::new());
        for problem in &self.problems {
            match problem {
                Problem::Unexpected(runs) => {
                    count += runs.count;
                    named.extend(runs.seeds());
                }
                Problem::TwoRuns { first, .. } => {
                    count += u64::from(named.insert(first.seed));
                }
                Problem::Defect { seed, .. } => {
                    count += 1;
                    named.insert(*seed);
                }
                Problem::Untested(_) | Problem::OutOfTime { .. } => {}
            }
        }
        (count, named)
    }
}

impl Unexpected {
    /// One run so far.
    pub const fn new(first: Run) -> Self {
        Self { first, count: 1, more: Vec::new() }
    }

    /// The seeds that are named.
    pub(crate) fn seeds(&self) -> impl Iterator<Item = u64> {
        [self.first.seed].into_iter().chain(self.more.iter().copied())
    }

    /// Whether they are violations, and not merely runs that nobody can judge.
    pub const fn is_violation(&self) -> bool {
        matches!(self.first.summary.verdict, Verdict::Violated(_))
    }
}
