//! What became of recorded histories: a block of text or a line of JSON for each file, and one for all.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::Value;
use sim_core::OutcomeCounts;
use sim_core::consistency::Spent;

use crate::human::{counted, indented, status};
use crate::json::to_line;
use crate::style::{BAD, DOUBTFUL, GOOD};

/// What became of one file.
#[derive(Clone, Debug)]
pub struct CheckedFile<'a> {
    /// How the user knows it.
    pub file: &'a str,
    /// The name of the model.
    pub model: &'a str,
    /// What the program would end with if it were the only one.
    pub exit_code: u8,
    /// What became of it.
    pub end: CheckEnd,
}

/// What became of a file that is to be checked.
#[derive(Clone, Debug)]
pub enum CheckEnd {
    /// Its history was judged.
    Judged(JudgedHistory),
    /// It cannot be read, or is damaged.
    Invalid(Mistake),
    /// It is a history of nothing.
    Empty(Mistake),
    /// It stands in a folder and is no history.
    Skipped(Mistake),
    /// A signal came before it was judged.
    Interrupted(Mistake),
}

/// A history that was held against levels.
#[derive(Clone, Debug)]
pub struct JudgedHistory {
    /// What it consists of.
    pub of: HistoryOf,
    /// How many of them ended in which way.
    pub counts: OutcomeCounts,
    /// What was found about each level that was asked for.
    pub findings: Vec<Finding>,
    /// The strongest levels, if they were asked for.
    pub strongest: Option<Strongest>,
}

/// What a history consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HistoryOf {
    /// Operations on objects.
    Operations,
    /// Transactions.
    Transactions,
}

/// What was found about one level of any kind.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The name of the level.
    pub level: &'static str,
    /// `satisfied`, `violated` or `unknown`.
    pub word: &'static str,
    /// Why, unless it is satisfied.
    pub message: Option<String>,
    /// What shows that it is violated, for programs.
    pub violations: Vec<Value>,
    /// What it took to find out.
    pub cost: Cost,
}

/// What it took to judge a level.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cost {
    /// By the user's clock.
    pub seconds: f64,
    /// What searches spent; `None` if there was none, or if the method does not count its steps.
    pub spent: Option<Spent>,
}

/// Which levels are the strongest that are kept, or may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Strongest {
    /// Levels that are certainly kept and do not follow from others that are.
    pub kept: Vec<&'static str>,
    /// Levels that may be kept and do not follow from others that may be.
    pub unknown: Vec<&'static str>,
}

/// What is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// What it is.
    pub message: String,
    /// The line, counted from 1, if it has a place.
    pub line: Option<usize>,
    /// The character in the line, counted from 1, if that is known.
    pub column: Option<usize>,
}

/// How many files came to what.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CheckTally {
    /// Those that keep all levels that were asked for.
    satisfied: u64,
    /// Those that violate one.
    violated: u64,
    /// Those that violate none, as far as is known.
    unknown: u64,
    /// Those that cannot be read.
    invalid: u64,
    /// Those in which there is nothing.
    empty: u64,
    /// Those in folders that are no histories.
    skipped: u64,
    /// Those that were not judged before a signal came.
    interrupted: u64,
}

/// A file, for programs.
#[derive(Serialize)]
struct FileLine<'a> {
    r#type: &'static str,
    file: &'a str,
    model: &'a str,
    verdict: &'static str,
    exit_code: u8,
    /// Why it was not judged.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<MistakeLine<'a>>,
    #[serde(skip_serializing_if = "Option::is_none", flatten)]
    judged: Option<JudgedLine<'a>>,
}

#[derive(Serialize)]
struct MistakeLine<'a> {
    message: &'a str,
    line: Option<usize>,
    column: Option<usize>,
}

#[derive(Serialize)]
struct JudgedLine<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    operations: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    transactions: Option<u64>,
    ok: u64,
    failed: u64,
    unknown: u64,
    levels: Vec<LevelLine<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    strongest: Option<&'a [&'static str]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    strongest_unknown: Option<&'a [&'static str]>,
}

#[derive(Serialize)]
struct LevelLine<'a> {
    consistency: &'a str,
    verdict: &'a str,
    /// Why it is violated or unknown, for people.
    message: Option<&'a str>,
    violations: &'a [Value],
    steps: Option<u64>,
    memory_bytes: Option<u64>,
    /// By the user's clock: the only part that is not the same every time.
    seconds: f64,
}

/// All files, for programs.
#[derive(Serialize)]
struct TotalLine<'a> {
    r#type: &'static str,
    exit_code: u8,
    files: u64,
    #[serde(flatten)]
    tally: &'a CheckTally,
}

impl CheckEnd {
    /// One word: that of the worst level, or why there is none.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Judged(judged) => judged.word(),
            Self::Invalid(_) => "invalid",
            Self::Empty(_) => "empty",
            Self::Skipped(_) => "skipped",
            Self::Interrupted(_) => "interrupted",
        }
    }

    const fn mistake(&self) -> Option<&Mistake> {
        match self {
            Self::Judged(_) => None,
            Self::Invalid(mistake) | Self::Empty(mistake) | Self::Skipped(mistake) | Self::Interrupted(mistake) => {
                Some(mistake)
            }
        }
    }
}

impl Finding {
    /// What there is to say of a level before it is judged, and of one that a signal keeps from being judged.
    #[must_use]
    pub fn not_judged(level: &'static str) -> Self {
        let message = Some("a signal came before it was judged".to_owned());
        Self { level, word: "unknown", message, violations: Vec::new(), cost: Cost::default() }
    }
}

impl JudgedHistory {
    /// `violated` if a level is; otherwise `unknown` if a level is; otherwise `satisfied`.
    #[must_use]
    pub fn word(&self) -> &'static str {
        let is = |word: &str| self.findings.iter().any(|finding| finding.word == word);
        match (is("violated"), is("unknown")) {
            (true, _) => "violated",
            (false, true) => "unknown",
            (false, false) => "satisfied",
        }
    }

    fn counted(&self) -> String {
        let OutcomeCounts { ok, failed, unknown } = self.counts;
        let noun = match self.of {
            HistoryOf::Operations => "operation",
            HistoryOf::Transactions => "transaction",
        };
        format!("{}: {ok} ok, {failed} failed, {unknown} unknown", counted(ok + failed + unknown, noun))
    }

    /// A line a level, and below it why the history does not keep it, or why that is unknown; the strongest
    /// levels; and what was judged. For a history that is checked alone.
    #[must_use]
    pub fn block(&self) -> String {
        let width = self.findings.iter().map(|finding| finding.level.len()).max().unwrap_or(0);
        let mut text = String::new();
        for finding in &self.findings {
            let Finding { level, word, message, .. } = finding;
            let _ = writeln!(text, "{} {level:<width$}  {word}", status_of(word));
            if let Some(message) = message {
                let _ = write!(text, "\n{}\n", indented(message));
            }
        }
        if let Some(strongest) = &self.strongest {
            let _ = writeln!(text, "{} {}", status(GOOD, "Strongest"), strongest.in_words());
        }
        let style = match self.word() {
            "violated" => BAD,
            "unknown" => DOUBTFUL,
            _ => GOOD,
        };
        let _ = writeln!(text, "{} {}", status(style, "Summary"), self.counted());
        text
    }

    /// What was found, in a line.
    fn in_words(&self) -> String {
        let levels = |word: &'static str| {
            let of = self.findings.iter().filter(|finding| finding.word == word).map(|finding| finding.level);
            let of: Vec<&str> = of.collect();
            (!of.is_empty()).then(|| format!("{word}: {}", of.join(", ")))
        };
        let strongest = self.strongest.as_ref().map(|strongest| format!("strongest: {}", strongest.in_words()));
        let parts = ["violated", "unknown", "satisfied"].into_iter().filter_map(levels);
        parts.chain(strongest).chain([self.counted()]).collect::<Vec<_>>().join("; ")
    }
}

impl Strongest {
    fn in_words(&self) -> String {
        let names = |levels: &[&str]| if levels.is_empty() { "none".to_owned() } else { levels.join(", ") };
        let unknown =
            if self.unknown.is_empty() { String::new() } else { format!(" (unknown: {})", names(&self.unknown)) };
        format!("{}{unknown}", names(&self.kept))
    }
}

fn status_of(word: &str) -> String {
    match word {
        "satisfied" => status(GOOD, "PASS"),
        "violated" => status(BAD, "FAIL"),
        "unknown" => status(DOUBTFUL, "UNCLEAR"),
        "invalid" => status(BAD, "INVALID"),
        "empty" => status(DOUBTFUL, "EMPTY"),
        "interrupted" => status(DOUBTFUL, "STOPPED"),
        _ => status(DOUBTFUL, "SKIPPED"),
    }
}

/// A line for a file that is one of several, whose names are no wider than `width`, and below it why the
/// history does not keep a level, or why that is unknown.
#[must_use]
pub fn checked_block(checked: &CheckedFile<'_>, width: usize) -> String {
    let CheckedFile { file, end, .. } = checked;
    let judged = if let CheckEnd::Judged(judged) = end { Some(judged.in_words()) } else { None };
    let what = judged.or_else(|| end.mistake().map(Mistake::in_words)).unwrap_or_default();
    let mut text = format!("{} {file:<width$}  {what}\n", status_of(end.word()));
    if let CheckEnd::Judged(judged) = end {
        for message in judged.findings.iter().filter_map(|finding| finding.message.as_ref()) {
            let _ = write!(text, "\n{}\n", indented(message));
        }
    }
    text
}

impl Mistake {
    fn in_words(&self) -> String {
        match self.line {
            Some(line) => format!("line {line}: {}", self.message),
            None => self.message.clone(),
        }
    }
}

/// A file as one line of JSON.
#[must_use]
pub fn checked_line(checked: &CheckedFile<'_>) -> String {
    let CheckedFile { file, model, exit_code, end } = checked;
    let error =
        end.mistake().map(|Mistake { message, line, column }| MistakeLine { message, line: *line, column: *column });
    let judged = if let CheckEnd::Judged(judged) = end { Some(judged_line(judged)) } else { None };
    to_line(&FileLine { r#type: "history", file, model, verdict: end.word(), exit_code: *exit_code, error, judged })
}

fn judged_line(judged: &JudgedHistory) -> JudgedLine<'_> {
    let OutcomeCounts { ok, failed, unknown } = judged.counts;
    let count = |of| (judged.of == of).then_some(ok + failed + unknown);
    JudgedLine {
        operations: count(HistoryOf::Operations),
        transactions: count(HistoryOf::Transactions),
        ok,
        failed,
        unknown,
        levels: judged.findings.iter().map(LevelLine::from).collect(),
        strongest: judged.strongest.as_ref().map(|strongest| &*strongest.kept),
        strongest_unknown: judged.strongest.as_ref().map(|strongest| &*strongest.unknown),
    }
}

impl<'a> From<&'a Finding> for LevelLine<'a> {
    fn from(Finding { level, word, message, violations, cost }: &'a Finding) -> Self {
        Self {
            consistency: level,
            verdict: word,
            message: message.as_deref(),
            violations,
            steps: cost.spent.map(|spent| spent.steps),
            memory_bytes: cost.spent.and_then(|spent| spent.bytes),
            seconds: cost.seconds,
        }
    }
}

impl CheckTally {
    /// Counts one file more.
    pub fn add(&mut self, end: &CheckEnd) {
        let count = match end.word() {
            "satisfied" => &mut self.satisfied,
            "violated" => &mut self.violated,
            "unknown" => &mut self.unknown,
            "invalid" => &mut self.invalid,
            "empty" => &mut self.empty,
            "interrupted" => &mut self.interrupted,
            _ => &mut self.skipped,
        };
        *count += 1;
    }

    /// How many histories were judged.
    #[must_use]
    pub const fn judged(&self) -> u64 {
        self.satisfied + self.violated + self.unknown
    }

    const fn files(&self) -> u64 {
        self.judged() + self.invalid + self.empty + self.skipped + self.interrupted
    }
}

/// All files, in a line after them.
#[must_use]
pub fn checked_total(tally: &CheckTally) -> String {
    let CheckTally { satisfied, violated, unknown, invalid, empty, skipped, interrupted } = tally;
    let style = if violated + invalid > 0 {
        BAD
    } else if unknown + empty + interrupted > 0 || *satisfied == 0 {
        DOUBTFUL
    } else {
        GOOD
    };
    let rows = [
        (satisfied, "satisfied"),
        (violated, "violated"),
        (unknown, "unknown"),
        (invalid, "invalid"),
        (empty, "empty"),
        (skipped, "skipped"),
        (interrupted, "interrupted"),
    ];
    let parts: Vec<String> =
        rows.iter().filter(|(count, _)| **count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    let files = counted(tally.files(), "file");
    format!("{} {files}: {}\n", status(style, "Summary"), parts.join(", "))
}

/// All files as one line of JSON, after theirs.
#[must_use]
pub fn checked_total_line(tally: &CheckTally, exit_code: u8) -> String {
    to_line(&TotalLine { r#type: "summary", exit_code, files: tally.files(), tally })
}
