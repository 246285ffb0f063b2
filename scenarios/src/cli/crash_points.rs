//! `faultbed run --crash-points`: crashes at every place of one run.

use reports::{
    CrashFailure, CrashPoints, Stopped, crash_block, crash_line, crash_points_block, crash_points_line,
    crash_total_block, crash_total_line, pace_line,
};

use super::arguments::{ResultFormat, RunArguments};
use super::deadline::Deadline;
use super::interrupt::Interrupt;
use super::output::Output;
use super::progress::Progress;
use super::refusal::Refusal;
use super::select;
use crate::crash_points::{Listener, Search, exit_code, explore};
use crate::exit;
use crate::registry::Registry;
use crate::run::Case;

pub(super) fn crash_points(registry: &Registry, arguments: &RunArguments) -> Result<u8, Refusal> {
    let set = arguments.overrides.all();
    let scenarios = select::scenarios(registry, &arguments.scenarios, &set)?;
    let asked = arguments.seed.map(|seed| seed..seed + 1);
    scenarios.iter().try_for_each(|scenario| select::check_seeds(scenario, asked.as_ref()))?;
    let cases: Vec<Case> = scenarios.into_iter().map(|scenario| select::case(scenario, &set)).collect();
    let seed = |case: Case| {
        let seed = arguments.seed.unwrap_or(case.seeds.start);
        Case { seeds: seed..seed + 1, ..case }
    };
    let cases: Vec<Case> = cases.into_iter().map(seed).collect();
    let output = select::growing_output(&arguments.output, cases.iter().map(|case| case.name.as_str()))?;
    let search = Search {
        jobs: arguments.jobs.count(),
        most: arguments.max_crashes,
        down: arguments.restart_after,
        fail_fast: arguments.fail_fast,
    };
    let interrupt = Interrupt::catch();
    let deadline = Deadline::after(arguments.max_time).or_at(&interrupt);
    let progress = Progress::new(0);
    let mut session = Session { format: arguments.format.format, output, errors: Output::stderr(), progress };
    let results = session.run(&cases, &search, deadline, &interrupt);
    let skipped = results.len() < cases.len() && !(arguments.fail_fast || interrupt.came());
    Ok(session.finish(&results, &interrupt, skipped))
}

/// Where results go while they come in.
struct Session {
    format: ResultFormat,
    output: Output,
    errors: Output,
    progress: Progress,
}

impl Session {
    fn run(
        &mut self,
        cases: &[Case],
        search: &Search,
        deadline: Deadline<'_>,
        interrupt: &Interrupt,
    ) -> Vec<CrashPoints> {
        let name_width = cases.iter().map(|case| case.name.chars().count()).max().unwrap_or(0);
        let mut results = Vec::new();
        for (place, case) in cases.iter().enumerate() {
            if interrupt.came() || self.output.closed().is_some() {
                break;
            }
            self.progress.name(&case.name);
            let result = explore(case, search, deadline.part(cases.len() - place), self);
            self.report(&result, name_width);
            let over = search.fail_fast && exit_code(&result) == exit::VIOLATED;
            results.push(result);
            if over {
                break;
            }
        }
        results
    }

    /// In JSON, what is wrong goes to standard error as well, for people.
    fn report(&mut self, result: &CrashPoints, name_width: usize) {
        let (block, code) = (crash_points_block(result, name_width), exit_code(result));
        self.progress.aside(|| match self.format {
            ResultFormat::Human => self.output.write(&block),
            ResultFormat::Json => {
                self.output.write_exactly(&format!("{}\n", crash_points_line(result, code)));
                if code != exit::OK {
                    self.errors.write(&block);
                }
            }
        });
        self.output.flush();
    }

    fn finish(mut self, results: &[CrashPoints], interrupt: &Interrupt, skipped: bool) -> u8 {
        let interrupted = interrupt.came().then_some(exit::INTERRUPTED);
        let untested = skipped.then_some(exit::NOTHING_TESTED);
        let code = exit::worst(results.iter().map(exit_code).chain(interrupted).chain(untested));
        let pace = self.progress.pace();
        drop(self.progress);
        match self.format {
            ResultFormat::Human => self.output.write(&crash_total_block(results)),
            ResultFormat::Json => self.output.write_exactly(&format!("{}\n", crash_total_line(results, code))),
        }
        let gone = self.output.closed() == Some(Stopped::NobodyListens);
        let lost = self.output.finish().err().map(|error| Refusal::from(error).report());
        if !gone {
            self.errors.write(&format!("{}\n", pace_line(&pace)));
        }
        exit::worst([code].into_iter().chain(lost))
    }
}

impl Listener for Session {
    fn begins(&mut self, runs: u64) {
        self.progress.more(runs);
    }

    fn ended(&mut self) -> Option<Stopped> {
        self.progress.step();
        self.output.closed()
    }

    /// A failure is told at once: whoever waits may want to stop, or may be stopped.
    fn failed(&mut self, failure: &CrashFailure, first: bool) {
        let block = if first { crash_block(failure) } else { String::new() };
        self.progress.aside(|| match self.format {
            ResultFormat::Human => self.output.write(&block),
            ResultFormat::Json => {
                self.output.write_exactly(&format!("{}\n", crash_line(failure)));
                self.errors.write(&block);
            }
        });
        if first {
            self.output.flush();
        }
    }
}
