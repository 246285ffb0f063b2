//! What a whole command came to: all scenarios together, and how fast it went.

use std::fmt::Write as _;

use serde::Serialize;

use crate::human::{INDENT, counted, listed, status};
use crate::json::to_line;
use crate::result::ScenarioResult;
use crate::style::{BAD, DOUBTFUL, FAINT, GOOD, Styled};

/// How fast runs go, by the user's clock. It says nothing about what they come to, and is never the
/// same twice.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pace {
    /// How many runs have ended.
    pub runs: u64,
    /// How many there are to be.
    pub of: u64,
    /// How many seconds it has taken.
    pub seconds: f64,
    /// The run that took longest.
    pub slowest: Option<Slowest>,
}

/// The run that took longest.
#[derive(Clone, Debug, PartialEq)]
pub struct Slowest {
    /// The scenario's name.
    pub scenario: String,
    /// The seed.
    pub seed: u64,
    /// How many seconds it took.
    pub seconds: f64,
}

/// The record of a whole command, after those of its scenarios.
#[derive(Serialize)]
struct SummaryLine<'a> {
    r#type: &'static str,
    exit_code: u8,
    scenarios: usize,
    runs: u64,
    /// How many scenarios ended as expected, and how many not; the others were not run.
    as_expected: usize,
    not_as_expected: usize,
    failing: Vec<FailingLine<'a>>,
    not_run: Vec<NotRunLine<'a>>,
    /// By the user's clock: the only part that is not the same every time.
    pace: PaceLine<'a>,
}

#[derive(Serialize)]
struct FailingLine<'a> {
    scenario: &'a str,
    /// How many runs did not end as expected.
    runs: u64,
    /// The first of each kind, and a few more.
    seeds: Vec<String>,
}

#[derive(Serialize)]
struct NotRunLine<'a> {
    scenario: &'a str,
    seeds: u64,
    of: u64,
}

#[derive(Serialize)]
struct PaceLine<'a> {
    seconds: f64,
    seeds_per_second: f64,
    slowest: Option<SlowestLine<'a>>,
}

#[derive(Serialize)]
struct SlowestLine<'a> {
    scenario: &'a str,
    seed: String,
    seconds: f64,
}

impl Pace {
    fn per_second(&self) -> f64 {
        if self.seconds > 0.0 { self.runs as f64 / self.seconds } else { 0.0 }
    }
}

/// What all scenarios came to: how many there are, which seeds fail and what was not run.
pub fn total_block(results: &[ScenarioResult]) -> String {
    let Counts { as_expected, not, skipped } = Counts::of(results);
    let mut parts = vec![format!("{as_expected} as expected")];
    parts.extend((not > 0).then(|| format!("{not} not")));
    parts.extend((skipped > 0).then(|| format!("{skipped} not run")));
    let style = match (not, skipped) {
        (0, 0) => GOOD,
        (0, _) => DOUBTFUL,
        _ => BAD,
    };
    let (scenarios, runs) = (counted(results.len() as u64, "scenario"), counted(runs(results), "run"));
    let mut text = format!("{} {scenarios}, {runs}: {}\n", status(style, "Summary"), parts.join(", "));
    for FailingLine { scenario, runs, seeds } in failing(results) {
        let more =
            if runs > seeds.len() as u64 { format!(", and {} more", runs - seeds.len() as u64) } else { String::new() };
        let _ = writeln!(text, "{INDENT}{}  {scenario} {}{more}", Styled(FAINT, "failing"), seeds.join(", "));
    }
    let left = not_run(results)
        .map(|NotRunLine { scenario, seeds, of }| format!("{scenario} ({seeds} of {})", counted(of, "seed")));
    if let Some(left) = listed(left) {
        let _ = writeln!(text, "{INDENT}{}  {left}", Styled(FAINT, "not run"));
    }
    text
}

/// How fast it went.
pub fn pace_line(pace: &Pace) -> String {
    let so_far = if pace.runs < pace.of {
        format!("{} of {}", pace.runs, counted(pace.of, "run"))
    } else {
        counted(pace.runs, "run")
    };
    let slowest = pace.slowest.as_ref().map_or_else(String::new, |Slowest { scenario, seed, seconds }| {
        format!(", the slowest {scenario} {seed:#x} in {seconds:.3} s")
    });
    format!("{so_far} in {:.1} s, {:.0} a second{slowest}", pace.seconds, pace.per_second())
}

/// What all scenarios came to, as one line; `exit_code` is that of the program.
pub fn total_line(results: &[ScenarioResult], pace: &Pace, exit_code: u8) -> String {
    let Counts { as_expected, not, .. } = Counts::of(results);
    to_line(&SummaryLine {
        r#type: "summary",
        exit_code,
        scenarios: results.len(),
        runs: runs(results),
        as_expected,
        not_as_expected: not,
        failing: failing(results).collect(),
        not_run: not_run(results).collect(),
        pace: PaceLine {
            seconds: pace.seconds,
            seeds_per_second: pace.per_second(),
            slowest: pace.slowest.as_ref().map(|Slowest { scenario, seed, seconds }| SlowestLine {
                scenario,
                seed: format!("{seed:#x}"),
                seconds: *seconds,
            }),
        },
    })
}

struct Counts {
    as_expected: usize,
    not: usize,
    skipped: usize,
}

impl Counts {
    fn of(results: &[ScenarioResult]) -> Self {
        let skipped = results.iter().filter(|result| result.is_skipped()).count();
        let not = results.iter().filter(|result| !result.problems.is_empty() && !result.is_skipped()).count();
        Self { as_expected: results.len() - not - skipped, not, skipped }
    }
}

fn runs(results: &[ScenarioResult]) -> u64 {
    results.iter().map(|result| result.runs).sum()
}

fn failing(results: &[ScenarioResult]) -> impl Iterator<Item = FailingLine<'_>> {
    results.iter().filter_map(|result| {
        let (runs, seeds) = result.failing();
        let seeds = seeds.into_iter().map(|seed| format!("{seed:#x}")).collect();
        (runs > 0).then_some(FailingLine { scenario: &result.name, runs, seeds })
    })
}

fn not_run(results: &[ScenarioResult]) -> impl Iterator<Item = NotRunLine<'_>> {
    let left = results.iter().filter(|result| result.left() > 0);
    left.map(|result| NotRunLine { scenario: &result.name, seeds: result.left(), of: result.selected })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::human::tests::{plain, result, violated_run};
    use crate::result::{Problem, Unexpected};

    fn results() -> [ScenarioResult; 4] {
        let failing = Unexpected { count: 14, more: vec![43, 99], ..Unexpected::new(violated_run()) };
        let cut = ScenarioResult { runs: 1500, ..result(vec![Problem::Unexpected(Box::new(failing))]) };
        let untested = sim_core::Untested::Goal("Snapshot".to_owned());
        let last = ScenarioResult::not_begun("raft/calm", 50, 50);
        [result(Vec::new()), cut, result(vec![Problem::Untested(untested)]), last]
    }

    fn pace() -> Pace {
        let slowest = Slowest { scenario: "raft/general".to_owned(), seed: 42, seconds: 0.25 };
        Pace { runs: 5500, of: 6050, seconds: 12.5, slowest: Some(slowest) }
    }

    #[test]
    fn the_total_tells_failing_seeds_and_what_was_not_run() {
        insta::assert_snapshot!(plain(&total_block(&results())), @r#"
        Summary 4 scenarios, 5500 runs: 1 as expected, 2 not, 1 not run
                 failing  raft/general 0x2a, 0x2b, 0x63, and 11 more
                 not run  raft/general (500 of 2000 seeds), raft/calm (50 of 50 seeds)
        "#);
        insta::assert_snapshot!(plain(&total_block(&results()[..1])), @" Summary 1 scenario, 2000 runs: 1 as expected");
        insta::assert_snapshot!(total_line(&results(), &pace(), 1), @r#"{"type":"summary","exit_code":1,"scenarios":4,"runs":5500,"as_expected":1,"not_as_expected":2,"failing":[{"scenario":"raft/general","runs":14,"seeds":["0x2a","0x2b","0x63"]}],"not_run":[{"scenario":"raft/general","seeds":500,"of":2000},{"scenario":"raft/calm","seeds":50,"of":50}],"pace":{"seconds":12.5,"seeds_per_second":440.0,"slowest":{"scenario":"raft/general","seed":"0x2a","seconds":0.25}}}"#);
    }

    #[test]
    fn the_pace_is_one_line() {
        insta::assert_snapshot!(pace_line(&pace()), @"5500 of 6050 runs in 12.5 s, 440 a second, the slowest raft/general 0x2a in 0.250 s");
        let done = Pace { runs: 1, of: 1, seconds: 0.0, slowest: None };
        insta::assert_snapshot!(pace_line(&done), @"1 run in 0.0 s, 0 a second");
    }
}
