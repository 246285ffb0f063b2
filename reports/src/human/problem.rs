//! What is not as a scenario expects, in words.

use anstyle::Style;

use super::{BAD, DOUBTFUL, GOOD, INDENT, STRONG, Styled, block, counted, failed_run_block, in_words};
use crate::difference::{Again, Difference};
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
        _ if result.is_skipped() => (DOUBTFUL, "NOT RUN"),
        Some((_, style, word)) => (style, word),
        None => (GOOD, "PASS"),
    }
}

/// What is wrong with a run, as soon as it is found: a headline and what belongs to it.
pub(super) fn when_found(problem: &Problem) -> String {
    let (headline, body) = match problem {
        Problem::Unexpected(runs) => (headline(&runs.first), failed_run_block(&runs.first)),
        Problem::TwoRuns { first, second } => {
            let headline = format!("{} gave two different runs at seed {:#x}", first.scenario, first.seed);
            (headline, two_runs(first, second))
        }
        Problem::Defect { scenario, seed, message, replay } => {
            (format!("a defect of Faultbed in {scenario} at seed {seed:#x}: please report it"), defect(message, replay))
        }
        Problem::Untested(_) | Problem::OutOfTime { .. } => return String::new(),
    };
    format!("\n{INDENT}{}\n{body}\n", Styled(STRONG, headline))
}

/// What is wrong with a scenario, at its end. What is wrong with runs has been told; how many there
/// are is known only now.
pub(super) fn at_the_end(problem: &Problem, result: &ScenarioResult) -> String {
    match problem {
        Problem::Unexpected(runs) => more_seeds(runs),
        Problem::TwoRuns { .. } | Problem::Defect { .. } => String::new(),
        Problem::Untested(untested) => note(&untested.describe(&result.name, result.runs)),
        Problem::OutOfTime { left } => {
            let of = counted(result.selected, "seed");
            note(&format!("the time was up for {} with {left} of {of} left", result.name))
        }
    }
}

pub(crate) fn note(text: &str) -> String {
    format!("\n{INDENT}{}\n\n", Styled(STRONG, text))
}

pub(crate) fn headline(run: &Run) -> String {
    let property = run.summary.verdict.property().unwrap_or("nothing");
    match run.summary.verdict.violation() {
        Some(_) => format!("{} violates {property} at seed {:#x}", run.scenario, run.seed),
        None => format!("{} cannot be judged at seed {:#x}: {property}", run.scenario, run.seed),
    }
}

/// At which seeds a failure was seen, if at more than the one that was told.
fn more_seeds(runs: &Unexpected) -> String {
    if runs.count == 1 {
        return String::new();
    }
    let seeds: Vec<String> = runs.seeds().map(|seed| format!("{seed:#x}")).collect();
    let more = if seeds.len() as u64 == runs.count { "" } else { ", …" };
    let property = runs.first.summary.verdict.property().unwrap_or_default();
    format!("{INDENT}{property} at {}: {}{more}\n", counted(runs.count, "seed"), seeds.join(", "))
}

fn two_runs(first: &Run, second: &Again) -> String {
    let again = if second.elsewhere { "elsewhere" } else { "then" };
    let mut rows = vec![("first", in_words(&first.summary)), (again, second.came_to.clone())];
    match &second.difference {
        Some(Difference { alike, first, second, causes, drawn }) => {
            rows.push(("alike", counted(*alike as u64, "event")));
            rows.extend((!causes.is_empty()).then(|| ("led there by", causes.join("\n"))));
            if let Some([first, second]) = drawn {
                rows.extend([("drawing", first.clone()), ("or else", second.clone())]);
            }
            let line = |line: &Option<String>| line.clone().unwrap_or_else(|| "nothing more".to_owned());
            rows.push(("parting at", line(first)));
            rows.push(("or else at", line(second)));
        }
        None => rows.push(("parting at", "unknown: traced again, the runs were the same".to_owned())),
    }
    let source = if second.elsewhere {
        "the protocol or a property read something of its process: an address, an id, the environment, a clock"
    } else {
        "the protocol or a property read a clock, a random source, a hash map or a variable of its own"
    };
    rows.push(("because", source.to_owned()));
    rows.push(("replay", first.replay.clone()));
    block(rows)
}

pub(crate) fn defect(message: &str, replay: &str) -> String {
    let version = env!("CARGO_PKG_VERSION").to_owned();
    block(vec![("message", message.to_owned()), ("version", version), ("replay", replay.to_owned())])
}
