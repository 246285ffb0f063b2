//! Simulations in `cargo test`.
//!
//! [`Simulation::check`] runs a range of seeds and panics with all that it takes to see a failure
//! again. Its environment variable is read here, outside of any run.

use std::fmt::Write as _;
use std::ops::{ControlFlow, Range};

use crate::outcome::{Summary, Verdict};
use crate::protocol::Protocol;
use crate::simulation::Simulation;
use crate::sweep::{available_jobs, sweep};

/// The environment variable that makes [`Simulation::check`] run one seed only, and show its trace
/// if it fails. It holds a seed as failures print it: `0x2a`, or decimal.
pub const SEED_VARIABLE: &str = "FAULTBED_SEED";

/// Events of the trace that are shown before a failure.
const SHOWN_EVENTS: usize = 60;

impl<P: Protocol> Simulation<P> {
    /// Runs all these seeds on all cores, for use in a test.
    ///
    /// If the environment variable [`SEED_VARIABLE`] is set, runs that seed alone and shows the
    /// end of its trace if it fails.
    ///
    /// # Panics
    /// If the description makes no sense, if a seed violates a property or cannot be judged, or if
    /// no seed reaches a goal. The message tells the seed and how to run it again.
    #[track_caller]
    pub fn check(&self, seeds: Range<u64>)
    where
        Self: Sync,
    {
        if let Err((place, message)) = self.validate() {
            let what = place.map_or_else(|| "the description".to_owned(), |place| format!("fault {place}"));
            panic!("{what} makes no sense: {message}");
        }
        if let Some(failure) = self.failure(seeds, seed_of_environment().as_deref()) {
            panic!("{failure}");
        }
    }

    fn failure(&self, seeds: Range<u64>, alone: Option<&str>) -> Option<String>
    where
        Self: Sync,
    {
        if let Some(text) = alone {
            let Some(seed) = parse_seed(text) else {
                return Some(format!("{SEED_VARIABLE}={text} is not a seed: expected a number such as 42 or 0x2a"));
            };
            return self.failure_of_one(seed);
        }
        let mut failure = None;
        let mut reached = vec![false; self.goals.len()];
        sweep(
            seeds.clone(),
            available_jobs(),
            |seed| self.run(seed).summary,
            |seed, summary| {
                reached.iter_mut().zip(&summary.goals).for_each(|(all, one)| *all |= one);
                failure = (!summary.verdict.is_passed()).then(|| describe(seed, &summary));
                if failure.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            },
        );
        failure.or_else(|| {
            let (goal, _) = self.goals.iter().zip(reached).find(|(_, reached)| !reached)?;
            Some(format!(
                "no seed of {}..{} ever announced {goal}: the runs tested nothing of it",
                seeds.start, seeds.end
            ))
        })
    }

    fn failure_of_one(&self, seed: u64) -> Option<String> {
        let outcome = self.run_traced(seed);
        if outcome.summary.verdict.is_passed() {
            return None;
        }
        let mut text = describe(seed, &outcome.summary);
        if let Some(trace) = outcome.trace {
            let lines = trace.to_string();
            let skip = lines.lines().count().saturating_sub(SHOWN_EVENTS);
            let _ = write!(text, "\n\nthe last events of its trace:\n");
            for line in lines.lines().skip(skip) {
                let _ = writeln!(text, "{line}");
            }
        }
        Some(text)
    }
}

fn describe(seed: u64, summary: &Summary) -> String {
    let Summary { verdict, steps, time, trace_hash, .. } = summary;
    let what = match verdict {
        Verdict::Violated(violation) => violation.to_string(),
        other => format!("{other} (after step {steps}, {time})"),
    };
    format!(
        "seed {seed:#x}: {what}\n  trace hash {trace_hash:#018x}\n  see it again: {SEED_VARIABLE}={seed:#x} cargo test{}",
        test_name().map(|name| format!(" {name}")).unwrap_or_default()
    )
}

/// A seed in decimal or, after `0x`, hexadecimal digits.
pub fn parse_seed(text: &str) -> Option<u64> {
    match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

#[expect(clippy::disallowed_methods, reason = "read once, before any run begins")]
fn seed_of_environment() -> Option<String> {
    std::env::var(SEED_VARIABLE).ok()
}

/// The test harness names its threads after their tests.
#[expect(clippy::disallowed_methods, reason = "for a message, after all runs are over")]
fn test_name() -> Option<String> {
    std::thread::current().name().filter(|name| *name != "main").map(str::to_owned)
}
