//! Results for people: a line a scenario and, as soon as something is wrong, all that it takes to see
//! it again.

pub(crate) mod problem;

use std::fmt::Write as _;

use sim_core::{
    ChoiceName, Duration, FaultEffects, Guarantee, Hindrance, Liveness, NodeId, Outside, Served, Service, Summary,
    Time, Verdict,
};

use crate::result::{Problem, Run, ScenarioResult, Stopped, Violations};
use crate::style::{BAD, DOUBTFUL, FAINT, GOOD, STRONG, Styled};
use crate::table::Table;

/// Columns before the text that belongs to a scenario.
pub(crate) const INDENT: &str = "          ";
/// How many items of a long list are named.
const LISTED: usize = 8;
/// Width of the words before that.
const STATUS_WIDTH: usize = 8;

/// A scenario: its line, then what is wrong with it and has not been told by [`failure_block`]. Names
/// are padded to `name_width`, so that the lines of several scenarios are aligned.
pub fn scenario_block(result: &ScenarioResult, name_width: usize) -> String {
    let (style, word) = problem::status(result);
    let mut text = format!("{} {:<name_width$}  {}", status(style, word), result.name, counts(result));
    text.truncate(text.trim_end().len());
    text.push('\n');
    for note in notes(result) {
        let _ = writeln!(text, "{INDENT}{}", Styled(FAINT, note));
    }
    for problem in &result.problems {
        text.push_str(&problem::at_the_end(problem, result));
    }
    text
}

/// What a run came to, to be compared with another.
pub fn in_words(summary: &Summary) -> String {
    format!("{:#018x} after {} steps, {}", summary.trace_hash, summary.steps, summary.verdict.word())
}

/// Something that is wrong with a run, told as soon as it is found: nothing for what is wrong with
/// a scenario.
pub fn failure_block(problem: &Problem) -> String {
    problem::when_found(problem)
}

/// One word for what became of a scenario.
pub(crate) fn status_word(result: &ScenarioResult) -> &'static str {
    problem::status(result).1
}

/// A message to a user whose command is not carried out.
pub fn error_line(message: &str) -> String {
    format!("{}: {message}", Styled(BAD, "error"))
}

/// A run: how it ended, what was seen, what it did not put to the test, and how to see it again.
pub fn run_block(run: &Run) -> String {
    let misfits: Vec<&ChoiceName> = match &run.fit {
        Some(fit) => fit.misfits(&run.summary).collect(),
        None => run.summary.unused.iter().collect(),
    };
    let recording = run.fit.as_ref().map(|fit| fit.in_words(&run.summary));
    let repair = run.fit.as_ref().and_then(|fit| Some(fit.repair.as_ref()?.in_words(fit)));
    let untested = [
        ("never fired", listed(run.never_fired().map(str::to_owned))),
        ("recording", recording),
        ("repaired", repair),
        ("not asked", listed(misfits.into_iter().map(ToString::to_string))),
    ];
    block_of(run, untested.into_iter().filter_map(|(label, items)| Some((label, items?))))
}

/// A run of a sweep. What it did not put to the test, others may.
fn failed_run_block(run: &Run) -> String {
    block_of(run, [])
}

pub(crate) fn block_of(run: &Run, more: impl IntoIterator<Item = (&'static str, String)>) -> String {
    let summary = &run.summary;
    let mut rows = vec![("scenario", run.scenario.clone()), ("seed", format!("{:#x}", run.seed))];
    if !run.settings.is_empty() {
        rows.push(("settings", run.settings.join(" ")));
    }
    rows.push(("verdict", verdict(run)));
    match &summary.verdict {
        Verdict::Passed => rows.push(("steps", summary.steps.to_string())),
        Verdict::Violated(violation) => {
            rows.push(("property", violation.property.clone()));
            rows.push(("seen", violation.what.clone()));
            rows.push(("on", nodes(&violation.nodes)));
            rows.push(("step", violation.step.to_string()));
        }
        Verdict::Inconclusive { property, reason } => {
            rows.push(("property", property.clone()));
            rows.push(("because", reason.clone()));
            rows.push(("steps", summary.steps.to_string()));
        }
    }
    rows.extend(model(run));
    rows.extend(summary.excused.iter().map(|violation| ("excused", violation.to_string())));
    rows.extend(liveness(&summary.liveness));
    rows.push(("time", summary.time.to_string()));
    rows.push(("trace hash", format!("{:#018x}", summary.trace_hash)));
    rows.extend(more);
    rows.push(("replay", run.replay.clone()));
    block(rows)
}

fn verdict(run: &Run) -> String {
    let word = run.summary.verdict.word();
    if !run.summary.excuse().is_empty() {
        format!("{word}, outside of the protocol's model")
    } else if run.expected && !run.summary.verdict.is_passed() {
        format!("{word}, as expected")
    } else {
        word.to_owned()
    }
}

/// Whether the run kept to what the protocol takes for granted; nothing if it did.
fn model(run: &Run) -> Option<(&'static str, String)> {
    let Outside { safety, liveness } = &run.summary.outside;
    let class = |name: &str, broken: &[String]| {
        (!broken.is_empty()).then(|| format!("outside of what it needs to {name}: {}", broken.join("; ")))
    };
    let lines: Vec<String> =
        [class("be safe", safety), class("make progress", liveness)].into_iter().flatten().collect();
    (!lines.is_empty()).then(|| ("model", lines.join("\n")))
}

fn liveness(liveness: &Liveness) -> Option<(&'static str, String)> {
    let text = match liveness {
        Liveness::NotJudged => return None,
        Liveness::NothingAsked => "not judged: nobody asked for anything after the stabilisation time".to_owned(),
        Liveness::Progressed(after) => format!("progress {after} after the stabilisation time"),
        Liveness::Stuck { because, recovered_after } => stuck(because, *recovered_after),
        Liveness::Livelocked => "livelocked: the same states came again and again without progress".to_owned(),
        Liveness::Unexplained => "no progress although nothing in the world stands against it".to_owned(),
    };
    Some(("liveness", text))
}

fn stuck(because: &[Hindrance], recovered_after: Option<Duration>) -> String {
    let because: Vec<String> = because.iter().map(Hindrance::to_string).collect();
    let went_on = recovered_after
        .map_or_else(String::new, |after| format!(" (it went on {after} after everything was repaired)"));
    format!("stuck because {}{went_on}", because.join("; "))
}

/// What each fault of a run did; empty if none struck.
pub fn fault_table(run: &Run) -> String {
    let mut table = Table::new(FAULT_COLUMNS);
    let faults = run.summary.faults.iter().enumerate().filter(|(_, fault)| fault.blows > 0);
    for (number, fault) in faults.clone() {
        let time = |time: Option<Time>| time.map_or_else(|| "-".to_owned(), |time| time.to_string());
        let FaultEffects { operations_failed, operations_delayed, records_lost, recovered_after } = fault.effects;
        table.row([
            number.to_string(),
            fault.label.as_ref().map_or(fault.kind.to_owned(), |label| format!("{}: {label}", fault.kind)),
            fault.hit.iter().map(NodeId::to_string).collect::<Vec<_>>().join(" "),
            time(fault.began),
            time(fault.ended),
            operations_delayed.to_string(),
            operations_failed.to_string(),
            records_lost.to_string(),
            recovered_after.map_or_else(|| "-".to_owned(), |after| after.to_string()),
        ]);
    }
    if faults.count() == 0 { String::new() } else { table.to_text() }
}

const FAULT_COLUMNS: [&str; 9] =
    ["", "fault", "hit", "began", "ended", "ops delayed", "ops failed", "records lost", "recovered after"];

/// What the faults of each kind did over all runs of a scenario; empty if none struck.
pub fn fault_tally(result: &ScenarioResult) -> String {
    let columns = ["fault", "seeds", "", "blows", "ops delayed", "ops failed", "records lost", "median recovery"];
    let mut table = Table::new(columns);
    for (kind, tally) in &result.faults {
        table.row([
            (*kind).to_owned(),
            tally.runs.to_string(),
            share(tally.runs, result.runs),
            tally.blows.to_string(),
            tally.operations_delayed.to_string(),
            tally.operations_failed.to_string(),
            tally.records_lost.to_string(),
            tally
                .median_recovery()
                .map_or_else(|| "-".to_owned(), |after| format!("{}ms", after.as_nanos() / 1_000_000)),
        ]);
    }
    if result.faults.is_empty() { String::new() } else { indented(&table.to_text()) }
}

/// Which levels of consistency the runs of a scenario have kept, each and all together; empty if that
/// was not asked for. A level that cannot be told is not passed over: it is `unknown`.
pub fn level_tally(result: &ScenarioResult) -> String {
    let Some(tally) = &result.levels else { return String::new() };
    let mut rows: Vec<(String, String)> = Vec::new();
    for (strongest, runs) in &tally.strongest {
        rows.push((counted(*runs, "run"), levels(strongest)));
    }
    rows.push(("together".to_owned(), levels(&tally.together.strongest())));
    let unknown = tally.together.unknown();
    if !unknown.is_empty() {
        rows.push(("unknown".to_owned(), levels(&unknown)));
    }
    let rows: Vec<(&str, String)> = rows.iter().map(|(label, value)| (label.as_str(), value.clone())).collect();
    format!("{INDENT}{}\n{}", Styled(FAINT, "strongest levels of consistency kept"), block(rows))
}

fn levels(levels: &[Guarantee]) -> String {
    match levels {
        [] => "none".to_owned(),
        levels => levels.iter().map(|level| level.name()).collect::<Vec<_>>().join(", "),
    }
}

/// What the clients of all runs of a scenario got; empty if that was not asked for, or they asked nothing.
pub fn service_tally(result: &ScenarioResult) -> String {
    let asked = result.service.as_ref().filter(|service| service.all.asked > 0);
    let Some(Service { all, during_faults }) = asked else { return String::new() };
    let mut table = Table::new(["what clients got", "in all", "", "during faults", ""]);
    let mut row = |what: &str, count: fn(&Served) -> Option<(u64, u64)>| {
        let cells = [all, during_faults].map(|served| match count(served) {
            Some((count, of)) => [count.to_string(), share(count, of)],
            None => [String::new(), String::new()],
        });
        table.row([vec![what.to_owned()], cells.concat()].concat());
    };
    row("operations", |served| Some((served.asked, 0)));
    row("answered", |served| Some((served.answered, served.asked)));
    row("refused", |served| Some((served.refused, served.asked)));
    row("outcome unknown", |served| Some((served.unknown, served.asked)));
    if all.reads.is_some() {
        row("reads answered", |served| served.reads.map(|reads| (reads.answered, 0)));
        row("stale", |served| served.reads.map(|reads| (reads.stale, reads.answered)));
        row("conflicting", |served| served.reads.map(|reads| (reads.conflicting, reads.answered)));
    }
    indented(&table.to_text())
}

/// In per cent; nothing of nothing.
fn share(count: u64, of: u64) -> String {
    if of == 0 { String::new() } else { format!("{:.1} %", count as f64 * 100.0 / of as f64) }
}

pub(crate) fn indented(text: &str) -> String {
    text.lines().map(|line| format!("{INDENT}{line}\n")).collect()
}

fn nodes(nodes: &[NodeId]) -> String {
    match nodes {
        [] => "no node in particular".to_owned(),
        nodes => nodes.iter().map(NodeId::to_string).collect::<Vec<_>>().join(", "),
    }
}

/// The items, the first few of them if there are many; nothing if there are none.
pub(crate) fn listed(items: impl Iterator<Item = String>) -> Option<String> {
    let items: Vec<String> = items.collect();
    let more = items.len().saturating_sub(LISTED);
    let more = if more > 0 { format!(", and {more} more") } else { String::new() };
    let named = items[..items.len().min(LISTED)].join(", ");
    (!items.is_empty()).then(|| format!("{named}{more}"))
}

/// Labels and values in two columns. What was seen may have several lines.
pub(crate) fn block(rows: Vec<(&str, String)>) -> String {
    let width = rows.iter().map(|(label, _)| label.len()).max().unwrap_or(0);
    let mut text = String::new();
    for (label, value) in rows {
        let value = value.trim_end().replace('\n', &format!("\n{INDENT}{:width$}  ", ""));
        let _ = writeln!(text, "{INDENT}{}  {value}", Styled(FAINT, format!("{label:<width$}")));
    }
    text
}

pub(crate) fn status(style: anstyle::Style, word: &str) -> String {
    format!("{}{}", " ".repeat(STATUS_WIDTH.saturating_sub(word.len())), Styled(style, word))
}

fn counts(result: &ScenarioResult) -> String {
    let seeds = if result.runs == 1 { "seed " } else { "seeds" };
    let mut text = format!("{:>6} {seeds}  {:>6} passed", result.runs, result.passed);
    for (property, Violations { count, first }) in &result.violated {
        let _ = write!(text, "  {count} violated {property}, first at {first:#x}");
    }
    for (property, Violations { count, first }) in &result.violated_outside {
        let _ = write!(text, "  {count} violated {property} outside the model, first at {first:#x}");
    }
    if result.stuck > 0 {
        let _ = write!(text, "  {} stuck", result.stuck);
    }
    if result.inconclusive > 0 {
        let _ = write!(text, "  {} inconclusive", result.inconclusive);
    }
    text
}

fn notes(result: &ScenarioResult) -> Vec<String> {
    let mut notes = Vec::new();
    let why = result.stopped.and_then(why_stopped);
    notes.extend(why.map(|why| {
        let selected = counted(result.selected, "seed");
        format!("stopped after {} of {selected}: {why}", result.runs)
    }));
    notes.extend(result.fit.clone());
    for untested in &result.not_judged {
        let (few, own) = (counted(result.runs, "seed"), counted(result.own, "seed"));
        let what = untested.describe(&result.name, result.runs);
        notes.push(format!("not judged over {few}, since the scenario has {own}: {what}"));
    }
    notes
}

/// Why not everything was run, where that is not told among the problems.
pub(crate) const fn why_stopped(stopped: Stopped) -> Option<&'static str> {
    match stopped {
        Stopped::OutOfTime => None,
        Stopped::FirstFailure => Some("the first failure ends the run"),
        Stopped::Interrupted => Some("a signal came"),
        Stopped::NobodyListens => Some("nobody reads the output"),
        Stopped::CannotWrite => Some("the output cannot be written"),
    }
}

/// So many of a thing, in words: `1 run`, `2 runs`.
pub fn counted(count: u64, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

#[cfg(test)]
pub(crate) mod tests;
