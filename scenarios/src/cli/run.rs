//! `faultbed run`: scenarios over many seeds.

use std::ops::Range;

use reports::{
    Pace, Problem, ScenarioResult, Stopped, failure_block, fault_tally, level_tally, levels_line, pace_line, run_line,
    scenario_block, scenario_line, service_line, service_tally, total_block, total_line,
};

use super::arguments::{ResultFormat, RunArguments};
use super::deadline::Deadline;
use super::interrupt::Interrupt;
use super::output::Output;
use super::progress::Progress;
use super::refusal::Refusal;
use super::seeds::Seeds;
use super::select;
use crate::exit;
use crate::load::Scenario;
use crate::registry::Registry;
use crate::run::{Case, Effort, Repeats, Taken, exit_code, run_case};

pub(super) fn run(registry: &Registry, arguments: &RunArguments) -> Result<u8, Refusal> {
    let scenarios = select::scenarios(registry, &arguments.scenarios, &arguments.overrides.all())?;
    let asked = asked(arguments)?;
    if scenarios.iter().all(|scenario| scenario.is_recorded) {
        scenarios.iter().try_for_each(|scenario| select::check_seeds(scenario, asked.as_ref()))?;
    }
    let cases: Vec<Case> = scenarios.into_iter().map(|scenario| case(scenario, asked.as_ref(), arguments)).collect();
    if cases.iter().all(|case| case.seeds.is_empty()) {
        return Err(Refusal::nothing("there are no seeds in this range: nothing was run"));
    }
    let output = select::growing_output(&arguments.output, cases.iter().map(|case| case.name.as_str()))?;
    let effort = Effort {
        jobs: arguments.jobs.count(),
        fail_fast: arguments.fail_fast,
        repeats: match (arguments.once, arguments.check_determinism) {
            (true, _) => Repeats::Never,
            (false, false) => Repeats::Sample,
            (false, true) => Repeats::All,
        },
        // Where a program cannot tell what it is, the seed is run twice in this process only.
        program: std::env::current_exe().ok(),
        strongest: arguments.strongest,
        service: arguments.service,
    };
    let interrupt = Interrupt::catch();
    let deadline = Deadline::after(arguments.max_time).or_at(&interrupt);
    let (format, faults) = (arguments.format.format, arguments.faults);
    let mut errors = Output::stderr();
    if let Some(range) = asked.filter(|_| matches!(arguments.seeds, Some(Seeds::Random(_)))) {
        errors.write(&format!("these seeds once more: --seeds {:#x}..{:#x}\n", range.start, range.end));
    }
    let session = Session { format, faults, output, errors };
    Ok(session.run(&cases, &effort, deadline, &interrupt))
}

/// The seeds that the arguments ask for, if they do, drawn if they are to be.
fn asked(arguments: &RunArguments) -> Result<Option<Range<u64>>, Refusal> {
    match (&arguments.seeds, arguments.seed) {
        (Some(Seeds::Random(_)), _) if arguments.shard.is_some() => {
            Err(Refusal::usage("each shard would draw seeds of its own: give all of them the same --seeds A..B"))
        }
        (Some(seeds), _) => seeds.clone().drawn().map(Some).map_err(Refusal::defect),
        (None, seed) => Ok(seed.map(|seed| seed..seed + 1)),
    }
}

/// The scenario, and the seeds of it that were asked for, or its own. A run that was written down has but one,
/// whatever is asked of the scenarios beside it.
fn case(scenario: Scenario, asked: Option<&Range<u64>>, arguments: &RunArguments) -> Case {
    let seeds = asked.filter(|_| !scenario.is_recorded).unwrap_or(&scenario.seeds).clone();
    let part = arguments.shard.map_or(seeds.clone(), |shard| shard.of(seeds));
    Case { seeds: part, ..select::case(scenario, &arguments.overrides.all()) }
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
    fn run(mut self, cases: &[Case], effort: &Effort, deadline: Deadline<'_>, interrupt: &Interrupt) -> u8 {
        let progress = Progress::new(cases.iter().map(selected_seeds).fold(0, u64::saturating_add));
        let name_width = cases.iter().map(|case| case.name.chars().count()).max().unwrap_or(0);
        let mut results = Vec::new();
        for (place, case) in cases.iter().enumerate() {
            if interrupt.came() {
                break;
            }
            // What a scenario leaves of its part is shared out among those after it.
            let part = deadline.part(cases[place..].iter().filter(|case| !case.seeds.is_empty()).count());
            let result = self.run_case(case, effort, part, &progress);
            progress.aside(|| self.report(&result, name_width));
            let over = self.output.closed().is_some()
                || (effort.fail_fast && !result.problems.iter().all(Problem::is_untested));
            results.push(result);
            if over {
                break;
            }
        }
        let pace = progress.pace();
        drop(progress);
        let left = cases[results.len()..].iter();
        results.extend(left.map(|case| ScenarioResult::not_begun(&case.name, selected_seeds(case), case.own)));
        self.finish(&results, &pace, interrupt)
    }

    fn run_case(
        &mut self,
        case: &Case,
        effort: &Effort,
        deadline: Deadline<'_>,
        progress: &Progress,
    ) -> ScenarioResult {
        progress.name(&case.name);
        run_case(case, effort, deadline, |taken| {
            progress.ran(&case.name, taken.seed, taken.took);
            progress.aside(|| self.tell(taken));
            self.output.closed()
        })
    }

    /// What became of a seed. A failure is told at once: whoever waits may want to stop, or may be
    /// stopped.
    fn tell(&mut self, taken: &Taken) {
        let found: String = taken.news.iter().map(failure_block).collect();
        match self.format {
            ResultFormat::Human => self.output.write(&found),
            ResultFormat::Json => {
                if let Some(run) = &taken.run {
                    self.output.write_exactly(&format!("{}\n", run_line(run, self.faults)));
                }
                self.errors.write(&found);
            }
        }
        if !found.is_empty() {
            self.output.flush();
        }
    }

    /// In JSON the line of the scenario follows those of its runs; what is wrong with it goes to
    /// standard error as well, for people.
    fn report(&mut self, result: &ScenarioResult, name_width: usize) {
        if self.format == ResultFormat::Json {
            let lines = [levels_line(result), service_line(result), Some(scenario_line(result, exit_code(result)))];
            for line in lines.into_iter().flatten() {
                self.output.write_exactly(&format!("{line}\n"));
            }
        }
        match self.format {
            ResultFormat::Human => {
                self.output.write(&scenario_block(result, name_width));
                self.output.write(&level_tally(result));
                self.output.write(&service_tally(result));
                if self.faults {
                    self.output.write(&fault_tally(result));
                }
            }
            ResultFormat::Json if result.problems.is_empty() && result.stopped.is_none() => {}
            ResultFormat::Json => self.errors.write(&scenario_block(result, name_width)),
        }
        self.output.flush();
    }

    /// Sums up, and returns the exit code. How fast it went is different every time, and on standard
    /// output in JSON alone, where it can be left out.
    fn finish(mut self, results: &[ScenarioResult], pace: &Pace, interrupt: &Interrupt) -> u8 {
        let nothing = results.iter().all(|result| result.runs == 0).then_some(exit::NOTHING_TESTED);
        let interrupted = interrupt.came().then_some(exit::INTERRUPTED);
        let code = exit::worst(results.iter().map(exit_code).chain(nothing).chain(interrupted));
        match self.format {
            ResultFormat::Human => self.output.write(&total_block(results)),
            ResultFormat::Json => self.output.write_exactly(&format!("{}\n", total_line(results, pace, code))),
        }
        let gone = self.output.closed() == Some(Stopped::NobodyListens);
        let lost = self.output.finish().err().map(|error| Refusal::from(error).report());
        if !gone {
            self.errors.write(&format!("{}\n", pace_line(pace)));
        }
        exit::worst([code].into_iter().chain(lost))
    }
}

fn selected_seeds(case: &Case) -> u64 {
    case.seeds.end - case.seeds.start
}
