//! What is not as a scenario expects, in words.

use std::fmt::Write as _;

use anstyle::Style;

use super::{BAD, DOUBTFUL, GOOD, INDENT, STRONG, Styled, block, counted, is_skipped, run_block_within};
use crate::result::{Problem, Run, ScenarioResult, Unexpected};

/// One word for a scenario, by the worst of its problems.
pub(super) fn status(result: &ScenarioResult) -> (Style, &'static str) {
    let word = |problem: &Problem| match problem {
        Problem::Defect { .. } => (5, BAD, "DEFECT"),
        Problem::TwoRuns { .. } => (4, BAD, "DIFFERS"),
        Problem::Unexpected(runs) if runs.is_violation() => (3, BAD, "FAIL"),
        problem if problem.is_untested() => (2, DOUBTFUL, "UNTESTED"),
        Problem::Untested(_) | Problem::OutOfTime { .. } => (3, BAD, "FAIL"),
        Problem::Unexpected(_) => (1, DOUBTFUL, "UNCLEAR"),
    };
    let worst = result.problems.iter().map(word).max_by_key(|(rank, ..)| *rank);
    match worst {
        _ if is_skipped(result) => (DOUBTFUL, "NOT RUN"),
        Some((_, style, word)) => (style, word),
        None => (GOOD, "PASS"),
    }
}

/// A problem: a headline and what belongs to it.
pub(super) fn describe(problem: &Problem, result: &ScenarioResult) -> String {
    let (headline, body) = match problem {
        Problem::Unexpected(runs) => (headline(&runs.first), unexpected(runs, result)),
        Problem::Untested(untested) => (untested.describe(&result.name, result.runs), String::new()),
        Problem::OutOfTime { left } => {
            let of = counted(result.selected, "seed");
            (format!("the time was up for {} with {left} of {of} left", result.name), String::new())
        }
        Problem::TwoRuns { first, second } => {
            let headline = format!("{} gave two different runs at seed {:#x}", first.scenario, first.seed);
            (headline, two_runs(first, second))
        }
        Problem::Defect { seed, message, replay } => (
            format!("a defect of Faultbed in {} at seed {seed:#x}: please report it", result.name),
            defect(message, replay),
        ),
    };
    format!("{INDENT}{}\n{body}", Styled(STRONG, headline))
}

fn headline(run: &Run) -> String {
    let property = run.summary.verdict.property().unwrap_or("nothing");
    match run.summary.verdict.violation() {
        Some(_) => format!("{} violates {property} at seed {:#x}", run.scenario, run.seed),
        None => format!("{} cannot be judged at seed {:#x}: {property}", run.scenario, run.seed),
    }
}

fn unexpected(runs: &Unexpected, result: &ScenarioResult) -> String {
    let mut text = run_block_within(&runs.first, Some(result));
    let others = runs.count - 1;
    if others > 0 {
        let seeds: Vec<String> = runs.more.iter().map(|seed| format!("{seed:#x}")).collect();
        let more = if runs.more.len() as u64 == others { "" } else { ", …" };
        let _ = writeln!(text, "{INDENT}and at {}: {}{more}", counted(others, "more seed"), seeds.join(", "));
    }
    text
}

fn two_runs(first: &Run, second: &sim_core::Summary) -> String {
    let describe = |summary: &sim_core::Summary| {
        format!("{:#018x} after {} steps, {}", summary.trace_hash, summary.steps, summary.verdict)
    };
    block(vec![
        ("first", describe(&first.summary)),
        ("then", describe(second)),
        ("because", "the protocol or a property read a clock, a random source or a hash map of its own".to_owned()),
        ("replay", first.replay.clone()),
    ])
}

fn defect(message: &str, replay: &str) -> String {
    let version = env!("CARGO_PKG_VERSION").to_owned();
    block(vec![("message", message.to_owned()), ("version", version), ("replay", replay.to_owned())])
}
