//! What is not as a scenario expects, in words.

use std::fmt::Write as _;

use anstyle::Style;

use super::{BAD, DOUBTFUL, FAINT, GOOD, INDENT, STRONG, Styled, block, counted, run_block};
use crate::result::{Problem, Run, ScenarioResult, Unexpected};

/// One word for a scenario, by the worst of its problems.
pub(super) fn status(result: &ScenarioResult) -> (Style, &'static str) {
    let word = |problem: &Problem| match problem {
        Problem::Defect { .. } => (5, BAD, "DEFECT"),
        Problem::TwoRuns { .. } => (4, BAD, "DIFFERS"),
        Problem::Unexpected(runs) if runs.is_violation() => (3, BAD, "FAIL"),
        Problem::NeverViolated(_) => (3, BAD, "FAIL"),
        Problem::GoalNeverReached(_) | Problem::SabotageUnnoticed(_) => (2, DOUBTFUL, "UNTESTED"),
        Problem::Unexpected(_) => (1, DOUBTFUL, "UNCLEAR"),
    };
    let worst = result.problems.iter().map(word).max_by_key(|(rank, ..)| *rank);
    match worst {
        Some((_, style, word)) => (style, word),
        None if result.runs == 0 => (FAINT, "NOT RUN"),
        None => (GOOD, "PASS"),
    }
}

/// A problem: a headline and what belongs to it.
pub(super) fn describe(problem: &Problem, result: &ScenarioResult) -> String {
    let (headline, body) = match problem {
        Problem::Unexpected(runs) => (headline(&runs.first), unexpected(runs)),
        Problem::NeverViolated(property) => {
            let runs = counted(result.runs, "seed");
            (format!("{} was expected to violate {property}, and in {runs} did not", result.name), String::new())
        }
        Problem::GoalNeverReached(goal) => {
            let runs = counted(result.runs, "seed");
            (format!("{} never announced {goal} in {runs}: it tested nothing of it", result.name), String::new())
        }
        Problem::SabotageUnnoticed(not_tested) => (format!("{}: {not_tested}", result.name), String::new()),
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

fn unexpected(runs: &Unexpected) -> String {
    let mut text = run_block(&runs.first);
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
