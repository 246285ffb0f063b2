//! Runs scenarios over many seeds and judges whether they end as they expect.
//!
//! Runs go side by side, and everything else happens in the order of the seeds: so results do not
//! depend on how many run at a time.

mod again;
mod once;
mod tally;

use std::num::NonZeroUsize;
use std::ops::{ControlFlow, Range};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use reports::{Fit, Problem, Run, ScenarioResult, Stopped};
use sim_core::{Demands, Summary, Untested, Verdict, is_repeated, sweep};

use crate::cli::deadline::Deadline;
use crate::exit;
use crate::prepared::Prepared;

pub(crate) use once::{Defect, run_guarded};
use once::{Repeated, run_repeatedly};
pub(crate) use tally::Taken;
use tally::Tally;

/// A scenario, and which of its seeds to run.
pub(crate) struct Case {
    /// The scenario's name.
    pub(crate) name: String,
    /// The scenario itself.
    pub(crate) prepared: Box<dyn Prepared>,
    /// The seeds.
    pub(crate) seeds: Range<u64>,
    /// How many seeds the scenario itself has. What must happen in at least one seed, or in a share
    /// of them, cannot be judged from fewer.
    pub(crate) own: u64,
    /// Whether it is a run that has been written down.
    pub(crate) recorded: bool,
    /// What its runs together must put to the test.
    pub(crate) demands: Demands,
    /// The command that replays a seed, without the seed.
    pub(crate) replay: ReplayCommand,
}

/// Makes the command that shows a run again.
#[derive(Clone, Debug)]
pub(crate) struct ReplayCommand {
    /// The program.
    pub(crate) program: String,
    /// The scenario.
    pub(crate) scenario: String,
    /// What follows the seed.
    pub(crate) options: Vec<String>,
}

/// How many runs, for how long.
pub(crate) struct Effort {
    /// How many run at a time.
    pub(crate) jobs: NonZeroUsize,
    /// Whether the first failure ends it all.
    pub(crate) fail_fast: bool,
    /// Which seeds are run again, to see whether they give the same run.
    pub(crate) repeats: Repeats,
    /// The program that runs the first seed again in a process of its own, if any does.
    pub(crate) program: Option<PathBuf>,
    /// Whether to find out which levels of consistency runs keep.
    pub(crate) strongest: bool,
    /// Whether to count what clients got.
    pub(crate) service: bool,
}

/// Which seeds are run again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Repeats {
    /// None.
    Never,
    /// The first of a scenario and, of many, about one in a hundred.
    Sample,
    /// Every one.
    All,
}

impl Repeats {
    /// Whether a seed is run again: its place among the `selected` ones decides, so that it is always
    /// the same.
    fn include(self, place: u64, selected: u64) -> bool {
        match self {
            Self::Never => false,
            Self::Sample => is_repeated(place, selected),
            Self::All => true,
        }
    }
}

/// Runs a scenario until the deadline. `each` is told what became of every seed, in their order, and
/// says why that is of no use any more, if it is not.
pub(crate) fn run_case(
    case: &Case,
    effort: &Effort,
    deadline: Deadline<'_>,
    mut each: impl FnMut(&Taken) -> Option<Stopped>,
) -> ScenarioResult {
    deadline.watch(|stop| run_until(case, effort, stop, || deadline.why(), &mut each))
}

fn run_until(
    case: &Case,
    effort: &Effort,
    stop: &AtomicBool,
    why: impl Fn() -> Stopped,
    each: &mut dyn FnMut(&Taken) -> Option<Stopped>,
) -> ScenarioResult {
    let (first, selected) = (case.seeds.start, case.seeds.end - case.seeds.start);
    let mut tally = Tally::new(case);
    sweep(
        0..selected,
        effort.jobs,
        |offset| {
            let times = match &effort.program {
                _ if !effort.repeats.include(offset, selected) => Repeated::Once,
                Some(program) if offset == 0 => Repeated::Thrice(program),
                _ => Repeated::Twice,
            };
            let run = || run_repeatedly(case, first + offset, times, effort, stop);
            (!stop.load(Ordering::Relaxed)).then(run).flatten()
        },
        |offset, ended| {
            let stopped = match ended {
                None => Some(why()),
                Some(ended) => {
                    let failures = tally.failures();
                    let useless = each(&tally.take(first + offset, ended));
                    let failed = effort.fail_fast && tally.failures() > failures;
                    failed.then_some(Stopped::FirstFailure).or(useless)
                }
            };
            stopped.map_or(ControlFlow::Continue(()), |why| {
                tally.stop(why);
                // Nobody waits for the runs that are still in progress.
                stop.store(true, Ordering::Relaxed);
                ControlFlow::Break(())
            })
        },
    );
    tally.finish()
}

impl Case {
    /// A run of this scenario.
    pub(crate) fn run(&self, seed: u64, summary: Summary) -> Run {
        Run {
            scenario: self.name.clone(),
            seed,
            expected: summary.ending(self.demands.violates.as_deref()).is_expected(),
            summary,
            levels: None,
            service: None,
            goals: self.demands.goals.clone(),
            faults: self.demands.faults.clone(),
            settings: self.prepared.settings(seed),
            fit: self.recorded.then(|| Fit {
                deviations: self.demands.deviations,
                violates: self.demands.violates.clone(),
                repair: None,
            }),
            replay: self.replay.of(seed),
        }
    }
}

impl ReplayCommand {
    /// The same, of this program.
    pub(crate) fn by(self, program: impl Into<String>) -> Self {
        Self { program: program.into(), ..self }
    }

    /// The command for a seed.
    pub(crate) fn of(&self, seed: u64) -> String {
        let arguments = self.arguments(seed);
        let words = [self.program.as_str(), "replay"].into_iter().chain(arguments.iter().map(String::as_str));
        crate::cli::shell::command(words)
    }

    /// The scenario, the seed and the options.
    fn arguments(&self, seed: u64) -> Vec<String> {
        let seed = ["--seed".to_owned(), format!("{seed:#x}")];
        [self.scenario.clone()].into_iter().chain(seed).chain(self.options.iter().cloned()).collect()
    }
}

/// The exit code for a run on its own.
pub(crate) fn exit_code_of_run(run: &Run) -> u8 {
    match run.summary.verdict {
        _ if run.expected && !run.fits() => exit::NOTHING_TESTED,
        _ if run.expected && run.lacks_its_violation() => exit::VIOLATED,
        _ if run.expected => exit::OK,
        Verdict::Inconclusive { .. } => exit::INCONCLUSIVE,
        _ => exit::VIOLATED,
    }
}

/// The exit code for what became of a scenario.
pub(crate) fn exit_code(result: &ScenarioResult) -> u8 {
    let interrupted = (result.stopped == Some(Stopped::Interrupted)).then_some(exit::INTERRUPTED);
    let codes = result.problems.iter().map(|problem| match problem {
        Problem::Unexpected(runs) if runs.is_violation() => exit::VIOLATED,
        Problem::Unexpected(_) => exit::INCONCLUSIVE,
        Problem::Untested(Untested::NeverViolated(_) | Untested::TooFewProgressed { .. }) => exit::VIOLATED,
        Problem::Untested(_) | Problem::OutOfTime { .. } => exit::NOTHING_TESTED,
        Problem::TwoRuns { .. } => exit::NONDETERMINISTIC,
        Problem::Defect { .. } => exit::DEFECT,
    });
    exit::worst(codes.chain(interrupted))
}

#[cfg(test)]
pub(crate) mod tests;
