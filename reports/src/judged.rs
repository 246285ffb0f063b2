//! What was found about a history that was held against levels of consistency.

use std::fmt::{Debug, Write as _};

use serde::Serialize;
use sim_core::consistency::{Answer, Counterexample, Level, Undecided};
use sim_core::{History, OperationId, OutcomeCounts};

use crate::human::{counted, indented, status};
use crate::json::to_line;
use crate::style::{BAD, DOUBTFUL, GOOD};

/// What was found about one level.
#[derive(Clone, Debug)]
pub struct Judged {
    /// The level.
    pub level: Level,
    /// Whether the history keeps it.
    pub answer: Answer<Counterexample>,
}

/// One level, for programs.
#[derive(Serialize)]
struct JudgedLine<'a> {
    file: &'a str,
    model: &'a str,
    consistency: Level,
    verdict: &'static str,
    /// Why it is violated or unknown, for people.
    message: Option<String>,
    /// The operations that show a violation.
    witness: Vec<WitnessLine>,
    /// How many operations there are.
    operations: usize,
    ok: u64,
    failed: u64,
    unknown: u64,
}

/// The strongest levels, for programs.
#[derive(Serialize)]
struct StrongestLine<'a> {
    file: &'a str,
    model: &'a str,
    /// Levels that are certainly kept and do not follow from others that are.
    strongest: &'a [&'a str],
    /// Levels that may be kept and do not follow from others that may be.
    unknown: &'a [&'a str],
}

/// An operation, by its number in the order of invocation, and where the file has it.
#[derive(Serialize)]
struct WitnessLine {
    operation: usize,
    client: u32,
    invoked_line: u64,
    returned_line: Option<u64>,
}

impl Judged {
    /// One word: `satisfied`, `violated` or `unknown`.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self.answer {
            Answer::Satisfied => "satisfied",
            Answer::Violated(_) => "violated",
            Answer::Unknown(_) => "unknown",
        }
    }

    /// Why, unless it is satisfied.
    fn message(&self) -> Option<String> {
        match &self.answer {
            Answer::Satisfied => None,
            Answer::Violated(witness) => Some(witness.to_string().trim_end().to_owned()),
            Answer::Unknown(why) => Some(format!("{why}{}", remedy(why))),
        }
    }

    /// The operations without which nothing would be wrong, as far as that is known.
    fn witness(&self) -> Vec<OperationId> {
        match &self.answer {
            Answer::Violated(witness) => witness.operations(),
            _ => Vec::new(),
        }
    }
}

/// What was found about one level of any kind.
pub(crate) struct Finding {
    pub(crate) level: &'static str,
    /// `satisfied`, `violated` or `unknown`.
    pub(crate) word: &'static str,
    /// Why, unless it is satisfied.
    pub(crate) message: Option<String>,
}

impl From<&Judged> for Finding {
    fn from(judged: &Judged) -> Self {
        Self { level: judged.level.name(), word: judged.word(), message: judged.message() }
    }
}

/// Which options of `faultbed check` help.
fn remedy(why: &Undecided) -> String {
    match why {
        Undecided::OutOfSteps { steps } => {
            format!("; give more than that with --budget, such as {}, or time with --timeout", steps.saturating_mul(10))
        }
        Undecided::OutOfMemory { limit_bytes } => {
            format!("; give more MiB than that with --memory, such as {}", (limit_bytes >> 20).saturating_mul(4).max(1))
        }
        Undecided::Ambiguous { .. } | Undecided::Unclear { .. } | Undecided::MissingFacts { .. } => String::new(),
    }
}

/// A line a level, and below it why the history does not keep it, or why that is unknown.
#[must_use]
pub fn judged_block(judged: &[Judged]) -> String {
    findings_block(&judged.iter().map(Finding::from).collect::<Vec<_>>())
}

pub(crate) fn findings_block(findings: &[Finding]) -> String {
    let width = findings.iter().map(|finding| finding.level.len()).max().unwrap_or(0);
    let mut text = String::new();
    for Finding { level, word, message } in findings {
        let status = match *word {
            "satisfied" => status(GOOD, "PASS"),
            "violated" => status(BAD, "FAIL"),
            _ => status(DOUBTFUL, "UNCLEAR"),
        };
        let _ = writeln!(text, "{status} {level:<width$}  {word}");
        if let Some(message) = message {
            let _ = write!(text, "\n{}\n", indented(message));
        }
    }
    text
}

/// What was judged, in a line after all levels.
#[must_use]
pub fn judged_total(judged: &[Judged], counts: OutcomeCounts) -> String {
    total(judged.iter().map(Judged::word), "operation", counts)
}

/// What was judged, of which each level has one word.
pub(crate) fn total(words: impl Iterator<Item = &'static str>, what: &str, counts: OutcomeCounts) -> String {
    let words: Vec<&str> = words.collect();
    let style = if words.contains(&"violated") {
        BAD
    } else if words.contains(&"unknown") {
        DOUBTFUL
    } else {
        GOOD
    };
    let OutcomeCounts { ok, failed, unknown } = counts;
    let judged = counted(ok + failed + unknown, what);
    format!("{} {judged}: {ok} ok, {failed} failed, {unknown} unknown", status(style, "Summary"))
}

/// The strongest levels that a history keeps, in a line after all levels, and those of which that is unknown.
#[must_use]
pub fn strongest_block(kept: &[&str], unknown: &[&str]) -> String {
    let names = |levels: &[&str]| if levels.is_empty() { "none".to_owned() } else { levels.join(", ") };
    let unknown = if unknown.is_empty() { String::new() } else { format!("; unknown: {}", names(unknown)) };
    format!("{} {}{unknown}\n", status(GOOD, "Strongest"), names(kept))
}

/// The same as one line of JSON.
#[must_use]
pub fn strongest_line(file: &str, model: &str, kept: &[&str], unknown: &[&str]) -> String {
    to_line(&StrongestLine { file, model, strongest: kept, unknown })
}

/// A level as one line of JSON. The history's times are lines of the file.
#[must_use]
pub fn judged_line<O: Debug, R: Debug>(file: &str, model: &str, judged: &Judged, history: &History<O, R>) -> String {
    let line = |id: OperationId| {
        let operation = history.get(id);
        let returned_line = operation.returned().map(|at| at.time_ns);
        let invoked_line = operation.invoked.time_ns;
        WitnessLine { operation: id.index(), client: operation.client, invoked_line, returned_line }
    };
    let OutcomeCounts { ok, failed, unknown } = history.outcomes();
    to_line(&JudgedLine {
        file,
        model,
        consistency: judged.level,
        verdict: judged.word(),
        message: judged.message(),
        witness: judged.witness().into_iter().map(line).collect(),
        operations: history.len(),
        ok,
        failed,
        unknown,
    })
}
