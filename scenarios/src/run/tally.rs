//! Counts how the runs of a scenario end, and judges the whole.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use reports::{LevelTally, Problem, Run, ScenarioResult, Stopped, Unexpected, Violations};
use sim_core::{Coverage, Ending, FaultRecord, Liveness, Verdict};

use super::Case;
use super::once::{Defect, Ended};

/// How many further seeds of a failure are named.
const NAMED_SEEDS: usize = 8;

/// What is known after some of the runs.
pub(super) struct Tally<'a> {
    case: &'a Case,
    result: ScenarioResult,
    /// Unexpected ends by verdict and property, the first of each kept.
    unexpected: BTreeMap<(&'static str, String), Unexpected>,
    two_runs: Option<Problem>,
    defect: Option<Problem>,
    coverage: Coverage<'a>,
    failures: u64,
}

/// What became of a seed.
pub(crate) struct Taken {
    pub(crate) seed: u64,
    /// A defect of the engine leaves no run.
    pub(crate) run: Option<Run>,
    /// What is wrong with it, as far as nothing of the kind was before.
    pub(crate) news: Vec<Problem>,
    /// How long the run took, by the user's clock.
    pub(crate) took: std::time::Duration,
}

impl<'a> Tally<'a> {
    pub(super) fn new(case: &'a Case) -> Self {
        let selected = case.seeds.end - case.seeds.start;
        Self {
            case,
            result: ScenarioResult { name: case.name.clone(), selected, own: case.own, ..ScenarioResult::default() },
            unexpected: BTreeMap::new(),
            two_runs: None,
            defect: None,
            coverage: Coverage::new(&case.demands),
            failures: 0,
        }
    }

    /// How many runs have not ended as expected.
    pub(super) const fn failures(&self) -> u64 {
        self.failures
    }

    /// Not all seeds are going to be run.
    pub(super) const fn stop(&mut self, why: Stopped) {
        self.result.stopped = Some(why);
    }

    /// Takes a run into account; the next seed's.
    pub(super) fn take(&mut self, seed: u64, ended: Result<Ended, Defect>) -> Taken {
        self.result.runs += 1;
        let mut taken = Taken { seed, run: None, news: Vec::new(), took: std::time::Duration::ZERO };
        let Ended { summary, differs, levels, service, took } = match ended {
            Ok(ended) => ended,
            Err(Defect(message)) => {
                let (scenario, replay) = (self.case.name.clone(), self.case.replay.of(seed));
                self.failures += 1;
                let defect = Problem::Defect { scenario, seed, message, replay };
                taken.news.extend(is_first(&mut self.defect, defect));
                return taken;
            }
        };
        let run = Run { levels, service, ..self.case.run(seed, summary) };
        taken.news.extend(self.count(&run));
        if let Some(second) = differs {
            self.failures += 1;
            let two = Problem::TwoRuns { first: Box::new(run.clone()), second: Box::new(second) };
            taken.news.extend(is_first(&mut self.two_runs, two));
        }
        Taken { run: Some(run), took, ..taken }
    }

    /// Counts a run, and returns what is wrong with it if that is new.
    fn count(&mut self, run: &Run) -> Option<Problem> {
        let summary = &run.summary;
        match &summary.verdict {
            Verdict::Passed => self.result.passed += 1,
            Verdict::Inconclusive { .. } => self.result.inconclusive += 1,
            Verdict::Violated(violation) => {
                let is_excused = summary.ending(self.case.demands.violates.as_deref()) == Ending::Excused;
                let violated = if is_excused { &mut self.result.violated_outside } else { &mut self.result.violated };
                let none = Violations { count: 0, first: run.seed };
                violated.entry(violation.property.clone()).or_insert(none).count += 1;
            }
        }
        if let Some(levels) = &run.levels {
            self.result.levels = Some(match self.result.levels.take() {
                Some(tally) => tally.and(levels),
                None => LevelTally::of(levels),
            });
        }
        if let Some(service) = run.service {
            *self.result.service.get_or_insert_default() += service;
        }
        self.result.stuck += u64::from(matches!(summary.liveness, Liveness::Stuck { .. }));
        self.count_faults(&summary.faults);
        self.coverage.add(summary);
        self.result.fit = run.fit.as_ref().map(|fit| {
            let help = if run.fits() { "" } else { "; `replay` looks for a repair" };
            format!("{}{help}", fit.in_words(summary))
        });
        if run.expected {
            return None;
        }
        self.failures += 1;
        self.count_unexpected(run)
    }

    fn count_faults(&mut self, records: &[FaultRecord]) {
        let struck: BTreeSet<&'static str> = records.iter().filter(|r| r.blows > 0).map(|r| r.kind).collect();
        for kind in struck {
            let of_kind = records.iter().filter(|record| record.kind == kind);
            self.result.faults.entry(kind).or_default().add(of_kind);
        }
    }

    fn count_unexpected(&mut self, run: &Run) -> Option<Problem> {
        let verdict = &run.summary.verdict;
        let key = (verdict.word(), verdict.property().unwrap_or_default().to_owned());
        match self.unexpected.entry(key) {
            Entry::Occupied(mut runs) => {
                let Unexpected { count, more, .. } = runs.get_mut();
                *count += 1;
                if more.len() < NAMED_SEEDS {
                    more.push(run.seed);
                }
                None
            }
            Entry::Vacant(none) => {
                Some(Problem::Unexpected(Box::new(none.insert(Unexpected::new(run.clone())).clone())))
            }
        }
    }

    /// Judges the scenario.
    pub(super) fn finish(mut self) -> ScenarioResult {
        self.result.judged_for_safety = self.coverage.judged_for_safety();
        self.result.judged_for_progress = self.coverage.judged_for_progress();
        let misfit = self.coverage.misfit();
        let mut untested = if self.result.runs > 0 { self.coverage.untested() } else { Vec::new() };
        if self.result.runs < self.case.own {
            self.result.not_judged = std::mem::take(&mut untested);
        }
        let left = self.result.selected - self.result.runs;
        let cut = (self.result.stopped == Some(Stopped::OutOfTime)).then_some(Problem::OutOfTime { left });
        let mut unexpected: Vec<Unexpected> = self.unexpected.into_values().collect();
        unexpected.sort_by_key(|runs| (!runs.is_violation(), runs.first.seed));
        let problems = self.defect.into_iter().chain(self.two_runs);
        let problems = problems.chain(unexpected.into_iter().map(|runs| Problem::Unexpected(Box::new(runs))));
        let untested = misfit.into_iter().chain(untested).map(Problem::Untested);
        self.result.problems = problems.chain(untested).chain(cut).collect();
        self.result
    }
}

/// Keeps the problem if it is the first, and returns it then.
fn is_first(place: &mut Option<Problem>, problem: Problem) -> Option<Problem> {
    place.is_none().then(|| place.insert(problem).clone())
}
