//! `faultbed run`: scenarios over many seeds.

use std::ops::Range;

use reports::{
    Problem, ScenarioResult, fault_tally, level_tally, levels_line, run_line, scenario_block, scenario_line, total_line,
};

use super::arguments::{ResultFormat, RunArguments};
use super::deadline::Deadline;
use super::output::Output;
use super::progress::Progress;
use super::refusal::Refusal;
use super::select;
use crate::exit;
use crate::load::Scenario;
use crate::registry::Registry;
use crate::run::{Case, Effort, exit_code, run_case};

pub(super) fn run(registry: &Registry, arguments: &RunArguments) -> Result<u8, Refusal> {
    let sources = select::sources(registry, &arguments.scenarios)?;
    let scenarios = select::scenarios(registry, &sources, &arguments.overrides.all())?;
    let cases: Vec<Case> = scenarios.into_iter().map(|scenario| case(scenario, arguments)).collect();
    if cases.iter().all(|case| case.seeds.is_empty()) {
        return Err(Refusal::nothing("there are no seeds in this range: nothing was run"));
    }
    let output = Output::to(arguments.output.output.as_deref())?;
    let effort = Effort {
        jobs: arguments.jobs.count(),
        fail_fast: arguments.fail_fast,
        check_determinism: arguments.check_determinism,
        strongest: arguments.strongest,
    };
    let (faults, deadline) = (arguments.faults, Deadline::after(arguments.max_time));
    let session = Session { format: arguments.format.format, faults, output, errors: Output::stderr() };
    session.run(&cases, &effort, deadline)
}

/// The scenario, and the seeds of it that the arguments select.
fn case(scenario: Scenario, arguments: &RunArguments) -> Case {
    let seeds = selected(&scenario, arguments);
    let part = arguments.shard.map_or(seeds.clone(), |shard| shard.of(seeds));
    Case { seeds: part, ..select::case(scenario, &arguments.overrides.all()) }
}

fn selected(scenario: &Scenario, arguments: &RunArguments) -> Range<u64> {
    match (&arguments.seeds, arguments.seed) {
        (Some(range), _) => range.0.clone(),
        (None, Some(seed)) => seed..seed + 1,
        (None, None) => scenario.seeds.clone(),
    }
}

/// Where results go while they come in.
struct Session {
    format: ResultFormat,
    /// Whether to tell what the faults did.
    faults: bool,
    output: Output,
    errors: Output,
}

impl Session {
    fn run(mut self, cases: &[Case], effort: &Effort, deadline: Deadline) -> Result<u8, Refusal> {
        let progress = Progress::new(cases.iter().map(|case| case.seeds.end - case.seeds.start).sum());
        let name_width = cases.iter().map(|case| case.name.chars().count()).max().unwrap_or(0);
        let mut results = Vec::new();
        for (place, case) in cases.iter().enumerate() {
            // What a scenario leaves of its part is shared out among those after it.
            let part = deadline.part(cases[place..].iter().filter(|case| !case.seeds.is_empty()).count());
            let result = self.run_case(case, effort, part, &progress);
            progress.aside(|| self.report(&result, name_width));
            let over =
                self.output.is_closed() || (effort.fail_fast && !result.problems.iter().all(Problem::is_untested));
            results.push(result);
            if over {
                break;
            }
        }
        drop(progress);
        self.finish(&results)
    }

    fn run_case(&mut self, case: &Case, effort: &Effort, deadline: Deadline, progress: &Progress) -> ScenarioResult {
        progress.name(&case.name);
        run_case(case, effort, deadline, |run| {
            progress.step();
            if self.format == ResultFormat::Json {
                progress.aside(|| self.output.write_exactly(&format!("{}\n", run_line(run))));
            }
            !self.output.is_closed()
        })
    }

    /// In JSON the line of the scenario follows those of its runs; what is wrong with it goes to
    /// standard error as well, for people.
    fn report(&mut self, result: &ScenarioResult, name_width: usize) {
        if self.format == ResultFormat::Json {
            for line in levels_line(result).into_iter().chain([scenario_line(result, exit_code(result))]) {
                self.output.write_exactly(&format!("{line}\n"));
            }
        }
        match self.format {
            ResultFormat::Human => {
                self.output.write(&scenario_block(result, name_width));
                self.output.write(&level_tally(result));
                if self.faults {
                    self.output.write(&fault_tally(result));
                }
            }
            ResultFormat::Json if result.problems.is_empty() && result.stopped.is_none() => {}
            ResultFormat::Json => self.errors.write(&scenario_block(result, name_width)),
        }
    }

    fn finish(mut self, results: &[ScenarioResult]) -> Result<u8, Refusal> {
        if self.format == ResultFormat::Human {
            self.output.write(&format!("{}\n", total_line(results)));
        }
        self.output.finish()?;
        if results.iter().all(|result| result.runs == 0) {
            return Err(Refusal::nothing("the time was up before the first run ended: nothing was tested"));
        }
        Ok(exit::worst(results.iter().map(exit_code)))
    }
}
