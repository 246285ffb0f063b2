//! Runs scenarios over many seeds and judges whether they end as they expect.
//!
//! Runs go side by side, and everything else happens in the order of the seeds: so results do not
//! depend on how many run at a time.

mod once;
mod tally;

use std::num::NonZeroUsize;
use std::ops::{ControlFlow, Range};

use reports::{Problem, Run, ScenarioResult, Stopped};
use sim_core::{Sabotage, Summary, Verdict, sweep};

use crate::cli::deadline::Deadline;
use crate::exit;
use crate::prepared::Prepared;

pub(crate) use once::{Defect, run_guarded};
use once::{Repeated, run_repeatedly};
use tally::Tally;

/// A scenario, and which of its seeds to run.
pub(crate) struct Case {
    /// The scenario's name.
    pub(crate) name: String,
    /// The scenario itself.
    pub(crate) prepared: Box<dyn Prepared>,
    /// The seeds.
    pub(crate) seeds: Range<u64>,
    /// Whether these are all seeds that were asked for, and not a shard of them. What must happen
    /// in at least one seed cannot be judged from a part.
    pub(crate) whole: bool,
    /// The property that must be violated in at least one seed.
    pub(crate) violates: Option<String>,
    /// Events that must be announced in at least one seed.
    pub(crate) goals: Vec<String>,
    /// The promise that the engine breaks in its runs.
    pub(crate) sabotage: Option<Sabotage>,
    /// What its declared faults are called.
    pub(crate) faults: Vec<String>,
    /// The command that replays a seed, without the seed.
    pub(crate) replay: ReplayCommand,
}

/// Makes the command that shows a run again.
#[derive(Clone, Debug)]
pub(crate) struct ReplayCommand {
    /// The program and its subcommand, and the scenario.
    pub(crate) start: Vec<String>,
    /// What follows the seed.
    pub(crate) options: Vec<String>,
}

/// How many runs, for how long.
pub(crate) struct Effort {
    /// How many run at a time.
    pub(crate) jobs: NonZeroUsize,
    /// Whether the first failure ends it all.
    pub(crate) fail_fast: bool,
    /// Whether every seed is run twice, and not only the first.
    pub(crate) check_determinism: bool,
    /// Whether to find out which levels of consistency runs keep.
    pub(crate) strongest: bool,
    /// When no more runs are begun.
    pub(crate) deadline: Deadline,
}

/// Runs a scenario. `each` is told of every run, in the order of the seeds, and says whether anybody
/// still listens.
pub(crate) fn run_case(case: &Case, effort: &Effort, mut each: impl FnMut(&Run) -> bool) -> ScenarioResult {
    let first = case.seeds.start;
    let mut tally = Tally::new(case);
    sweep(
        0..case.seeds.end - first,
        effort.jobs,
        |offset| {
            let times = if offset == 0 || effort.check_determinism { Repeated::Twice } else { Repeated::Once };
            (!effort.deadline.is_over())
                .then(|| run_repeatedly(case.prepared.as_ref(), first + offset, times, effort.strongest))
        },
        |offset, ended| {
            let stopped = match ended {
                None => Some(Stopped::OutOfTime),
                Some(ended) => {
                    let failures = tally.failures();
                    let listens = tally.take(first + offset, ended).is_none_or(|run| each(&run));
                    let failed = effort.fail_fast && tally.failures() > failures;
                    failed.then_some(Stopped::FirstFailure).or((!listens).then_some(Stopped::NobodyListens))
                }
            };
            stopped.map_or(ControlFlow::Continue(()), |why| {
                tally.stop(why);
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
            expected: summary.ending(self.violates.as_deref()).is_expected(),
            summary,
            levels: None,
            goals: self.goals.clone(),
            faults: self.faults.clone(),
            replay: self.replay.of(seed),
        }
    }
}

impl ReplayCommand {
    /// The command for a seed.
    pub(crate) fn of(&self, seed: u64) -> String {
        let seed = ["--seed".to_owned(), format!("{seed:#x}")];
        crate::cli::shell::command(self.start.iter().chain(&seed).chain(&self.options).map(String::as_str))
    }
}

/// The exit code for a run on its own.
pub(crate) fn exit_code_of_run(run: &Run) -> u8 {
    match run.summary.verdict {
        _ if run.expected => exit::OK,
        Verdict::Inconclusive { .. } => exit::INCONCLUSIVE,
        _ => exit::VIOLATED,
    }
}

/// The exit code for what became of a scenario.
pub(crate) fn exit_code(result: &ScenarioResult) -> u8 {
    exit::worst(result.problems.iter().map(|problem| match problem {
        Problem::Unexpected(runs) if runs.is_violation() => exit::VIOLATED,
        Problem::Unexpected(_) => exit::INCONCLUSIVE,
        Problem::NeverViolated(_) => exit::VIOLATED,
        Problem::GoalNeverReached(_) | Problem::SabotageUnnoticed(_) => exit::NOTHING_TESTED,
        Problem::TwoRuns { .. } => exit::NONDETERMINISTIC,
        Problem::Defect { .. } => exit::DEFECT,
    }))
}

#[cfg(test)]
mod tests;
