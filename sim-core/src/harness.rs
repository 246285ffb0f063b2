//! Simulations in `cargo test`.
//!
//! [`Simulation::check`] runs a range of seeds, and panics with everything needed to reproduce a failure.

mod again;
mod search;
mod seed;

use std::fmt::Write as _;
use std::ops::{ControlFlow, Range};

use crate::coverage::{Coverage, Demands};
use crate::ending::Ending;
use crate::fault::Fault;
use crate::outcome::{Summary, Verdict};
use crate::protocol::Protocol;
use crate::simulation::Simulation;
use crate::sweep::{available_jobs, is_repeated, sweep};

pub use seed::{SEED_VARIABLE, parse_seed};
use seed::{see_again, seed_of_environment};

/// Lines that are shown of a failing run, the last ones.
const SHOWN_LINES: usize = 80;

/// A failing run is shrunk in so many runs that all of them together would take so many steps, were they no
/// shorter than it.
const SHRINK_STEPS: u64 = 2_000_000;

impl<P: Protocol> Simulation<P> {
    /// Runs all these seeds on all cores, for use in a test.
    ///
    /// A violation outside the protocol's [model](Self::model) is printed, but is no failure. If a
    /// violation is [expected](Self::expect_violation), it is enough that one seed finds it.
    ///
    /// The first seed, and of many about one in a hundred, is run twice, and must give the same run.
    ///
    /// If the environment variable [`SEED_VARIABLE`] names a seed of this test, only that seed runs.
    ///
    /// A seed that fails is [made small](Self::shrink), and what is left of it is shown with its trace: see
    /// [`shrink_runs`](Self::shrink_runs).
    ///
    /// # Panics
    /// If the description makes no sense. If a seed violates a property or cannot be judged: the message
    /// gives the seed and how to run it again. If a seed gives two runs: something else than the seed decides. Or if something was not tested: no seed stayed inside the
    /// protocol's model, made required progress, or reached a goal; a declared fault never struck; a
    /// recording no longer fits; or an expected violation did not occur.
    #[track_caller]
    pub fn check(&self, seeds: Range<u64>)
    where
        Self: Send + Sync,
    {
        self.assert_valid();
        // Not in a closure: the panic points at the test.
        if let Err(failure) = self.judge(seeds) {
            panic!("{failure}");
        }
    }

    fn judge(&self, seeds: Range<u64>) -> Result<(), String>
    where
        Self: Send + Sync,
    {
        match (seed_of_environment()?, &self.env.wanted) {
            (Some(seed), _) => self.judge_one(seed),
            (None, _) if seeds.is_empty() => {
                Err(format!("there are no seeds in {}..{}: nothing was tested", seeds.start, seeds.end))
            }
            (None, Some(wanted)) => self.search(wanted, seeds),
            (None, None) => self.judge_all(seeds),
        }
    }

    /// One seed is no sweep: it fails if something is wrong in it, and not if it shows too little.
    fn judge_one(&self, seed: u64) -> Result<(), String>
    where
        Self: Send + Sync,
    {
        let summary = self.run(seed).summary;
        let shown = || format!("{}{}", describe(seed, &summary), self.shown(seed, &summary));
        match summary.ending(self.env.wanted.as_deref()) {
            Ending::Violated | Ending::Inconclusive => return Err(shown()),
            Ending::Excused => show_excused(1, &shown()),
            Ending::Wanted => show(&format!("as expected:\n{}", shown())),
            Ending::Passed => {}
        }
        Ok(())
    }

    fn judge_all(&self, seeds: Range<u64>) -> Result<(), String>
    where
        Self: Send + Sync,
    {
        let demands = self.demands();
        let (mut failure, mut excused, mut coverage) = (None, Excused::default(), Coverage::new(&demands));
        let mut other_run = None;
        let selected = seeds.end - seeds.start;
        sweep(
            seeds.clone(),
            available_jobs(),
            |seed| {
                let summary = self.run(seed).summary;
                let again = is_repeated(seed - seeds.start, selected).then(|| self.differs(seed, &summary)).flatten();
                (summary, again)
            },
            |seed, (summary, again)| {
                if again.is_some() {
                    other_run = again;
                    return ControlFlow::Break(());
                }
                coverage.add(&summary);
                match summary.ending(None) {
                    ending if !ending.is_expected() => failure = Some((seed, summary)),
                    Ending::Excused => excused.add(seed, &summary),
                    _ => {}
                }
                if failure.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            },
        );
        excused.show();
        if let Some(other_run) = other_run {
            return Err(other_run);
        }
        let untested = coverage.misfit().into_iter().chain(coverage.untested());
        let untested: Vec<String> =
            untested.map(|untested| untested.describe(&subject(&seeds), seeds.end - seeds.start)).collect();
        let untested = (!untested.is_empty()).then(|| untested.join("\n"));
        let failure =
            failure.map(|(seed, summary)| format!("{}{}", describe(seed, &summary), self.shown(seed, &summary)));
        failure.or(untested).map_or(Ok(()), Err)
    }

    /// What a failing run looks like: made small, or its last events.
    fn shown(&self, seed: u64, summary: &Summary) -> String
    where
        Self: Send + Sync,
    {
        let runs = self.env.shrink_runs.min(SHRINK_STEPS / summary.steps.max(1));
        let shrunk = (runs > 0).then(|| self.shrink(seed, runs)).flatten();
        let (what, plan, trace) = match shrunk {
            Some(shrunk) => ("made small", format!("{}\n", shrunk.plan()), shrunk.trace()),
            None => ("the last events of its trace", String::new(), self.trace(seed)),
        };
        let mut text = format!("\n\n{what}:\n{plan}");
        let trace = trace.to_string();
        let skip = trace.lines().count().saturating_sub(SHOWN_LINES);
        if skip > 0 {
            let _ = writeln!(text, "… {skip} lines of its trace before these");
        }
        for line in trace.lines().skip(skip) {
            let _ = writeln!(text, "{line}");
        }
        text
    }

    /// What all its runs together must test.
    fn demands(&self) -> Demands {
        let name = |(place, fault): (usize, &Fault)| {
            let label = fault.label.as_ref().map_or_else(String::new, |label| format!(": {label}"));
            format!("fault {place} ({}{label})", fault.kind.name())
        };
        Demands {
            violates: None,
            goals: self.env.goals.clone(),
            figures: Vec::new(),
            faults: self.env.faults.iter().enumerate().map(name).collect(),
            progress: self.env.progress_within.is_some(),
            sabotage: self.env.sabotage,
            judged: None,
            progress_share: self.env.heal.lossy,
            deviations: self.env.deviations.as_ref().map_or(0, |deviations| deviations.len()),
        }
    }
}

/// Runs outside of the protocol's model in which something was violated.
#[derive(Default)]
struct Excused {
    count: u64,
    first: Option<String>,
}

impl Excused {
    fn add(&mut self, seed: u64, summary: &Summary) {
        self.count += 1;
        self.first.get_or_insert_with(|| describe(seed, summary));
    }

    fn show(&self) {
        if let Some(first) = &self.first {
            show_excused(self.count, first);
        }
    }
}

/// A violation outside the model is no failure, but is not ignored either.
fn show_excused(count: u64, first: &str) {
    show(&format!("outside of the protocol's model, and no failure ({count} in all, this is the first):\n{first}"));
}

/// The test harness shows it if the test fails, or if it is told to show everything.
#[expect(clippy::print_stderr, reason = "a test has no other place to say what is no failure of it")]
fn show(text: &str) {
    eprintln!("{text}");
}

fn subject(seeds: &Range<u64>) -> String {
    format!("the simulation (seeds {}..{})", seeds.start, seeds.end)
}

fn describe(seed: u64, summary: &Summary) -> String {
    let Summary { verdict, steps, time, trace_hash, .. } = summary;
    let what = match verdict {
        Verdict::Violated(violation) if summary.excuse().is_empty() => violation.to_string(),
        Verdict::Violated(violation) => format!("{violation}\n  outside of the model: {}", summary.excuse().join("; ")),
        other => format!("{other} (after step {steps}, {time})"),
    };
    format!("seed {seed:#x}: {what}\n  trace hash {trace_hash:#018x}\n  see it again: {}", see_again(seed))
}
