//! What became of a run in which nodes crash at every place.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;
use serde_json::Value;

use crate::human::problem::{defect, headline, note};
use crate::human::{INDENT, block_of, counted, status, why_stopped};
use crate::json::{line_of, stopped_word, to_line};
use crate::result::{Run, Stopped};
use crate::style::{BAD, DOUBTFUL, FAINT, GOOD, STRONG, Styled};

/// How many failures of a kind are told.
const TOLD: u64 = 3;

/// What became of a seed of a scenario with crashes at every place.
#[derive(Clone, Debug, Default)]
pub struct CrashPoints {
    /// The scenario's name.
    pub scenario: String,
    /// The seed.
    pub seed: u64,
    /// How many nodes have places where they can crash.
    pub nodes: u64,
    /// How many such places there are.
    pub boundaries: u64,
    /// Runs with one crash.
    pub single: Tried,
    /// Runs with a second crash in the recovery from the first.
    pub double: Tried,
    /// Runs that did not end as expected, by verdict and property.
    pub failures: BTreeMap<(&'static str, String), u64>,
    /// Violations that the protocol's model excuses, by property.
    pub excused: BTreeMap<String, u64>,
    /// How many runs with crashes kept to the protocol's model.
    pub inside: u64,
    /// The first defect of the engine, if there was one.
    pub defect: Option<CrashDefect>,
    /// Why not everything was tried, if it was not.
    pub stopped: Option<Stopped>,
}

/// How many runs there were, of how many that there could have been.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tried {
    /// How many there were.
    pub tried: u64,
    /// Of how many.
    pub of: u64,
}

/// A panic of the engine.
#[derive(Clone, Debug)]
pub struct CrashDefect {
    /// What it said.
    pub message: String,
    /// The command that shows it.
    pub replay: String,
}

/// A run that did not end as expected.
#[derive(Clone, Debug)]
pub struct CrashFailure {
    /// The crashes, in words; none if it fails without.
    pub crashes: Vec<String>,
    /// The crashes, as faults of a scenario file.
    pub faults: Vec<Value>,
    /// The run.
    pub run: Run,
}

impl CrashPoints {
    /// Counts a failure. Says whether it is among the first of its kind, which are told.
    pub fn add(&mut self, failure: &CrashFailure) -> bool {
        let verdict = &failure.run.summary.verdict;
        let key = (verdict.word(), verdict.property().unwrap_or_default().to_owned());
        let count = self.failures.entry(key).or_default();
        *count += 1;
        *count <= TOLD
    }

    /// How many runs did not end as expected.
    pub fn failed(&self) -> u64 {
        self.failures.values().sum()
    }

    /// How many of them violated something.
    pub fn violated(&self) -> u64 {
        let violated = self.failures.iter().filter(|((word, _), _)| *word == "violated");
        violated.map(|(_, count)| count).sum()
    }

    /// Whether nothing was put to the test.
    pub const fn is_untested(&self) -> bool {
        self.inside == 0
    }

    /// How many runs with crashes there were.
    pub const fn tried(&self) -> u64 {
        self.single.tried + self.double.tried
    }

    fn word(&self) -> (anstyle::Style, &'static str) {
        match () {
            () if self.defect.is_some() => (BAD, "DEFECT"),
            () if self.violated() > 0 => (BAD, "FAIL"),
            () if self.failed() > 0 => (DOUBTFUL, "UNCLEAR"),
            () if self.is_untested() || self.stopped.is_some() => (DOUBTFUL, "UNTESTED"),
            () => (GOOD, "PASS"),
        }
    }
}

/// A run that failed, told as soon as it is found.
pub fn crash_block(failure: &CrashFailure) -> String {
    let crashes = failure.crashes.join("\n");
    let row = (!crashes.is_empty()).then_some(("crashes", crashes));
    format!("\n{INDENT}{}\n{}\n", Styled(STRONG, headline(&failure.run)), block_of(&failure.run, row))
}

/// A scenario: its line, and what belongs to it. Names are padded to `name_width`.
pub fn crash_points_block(result: &CrashPoints, name_width: usize) -> String {
    let (style, word) = result.word();
    let (boundaries, nodes) = (of(result.boundaries, "boundary", "boundaries"), counted(result.nodes, "node"));
    let tried = of(result.tried(), "run with crashes", "runs with crashes");
    let (violated, unclear) = (result.violated(), result.failed() - result.violated());
    let unclear = if unclear > 0 { format!(", {unclear} inconclusive") } else { String::new() };
    let mut text = format!(
        "{} {:<name_width$}  seed {:#x}: {boundaries} of {nodes}, {tried}, {violated} failed{unclear}\n",
        status(style, word),
        result.scenario,
        result.seed
    );
    let mut tell = |what: String| {
        let _ = writeln!(text, "{INDENT}{}", Styled(FAINT, what));
    };
    let share = |tried: Tried| match tried.of {
        // None has been found so far, whether or not there are any.
        0 => "no".to_owned(),
        of if of == tried.tried => format!("all {of}"),
        of => format!("{} of {of}", tried.tried),
    };
    if result.single.of > 0 {
        tell(format!(
            "{} single crashes, {} second crashes in the recoveries from these",
            share(result.single),
            share(result.double)
        ));
    }
    for ((word, property), count) in &result.failures {
        tell(format!(
            "{count} {word} {property}{}",
            if *count > TOLD { format!(", the first {TOLD} told") } else { String::new() }
        ));
    }
    for (property, count) in &result.excused {
        tell(format!("{count} violated {property} outside the model"));
    }
    match result.stopped {
        Some(Stopped::OutOfTime) => tell("stopped: the time was up".to_owned()),
        stopped => {
            if let Some(why) = stopped.and_then(why_stopped) {
                tell(format!("stopped: {why}"));
            }
        }
    }
    if let Some(found) = &result.defect {
        let _ =
            write!(text, "{}{}", note("a defect of Faultbed: please report it"), defect(&found.message, &found.replay));
    } else if result.failed() == 0 && result.stopped.is_none() && result.is_untested() {
        text += &note(match result.boundaries {
            0 => {
                "before the heal, or in the first half of a run without one, no node does anything that a crash does not undo: nothing was tried"
            }
            _ => "no run with a crash kept to the protocol's model: nothing was put to the test",
        });
    }
    text
}

fn of(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// What all scenarios came to.
pub fn crash_total_block(results: &[CrashPoints]) -> String {
    let failing = results.iter().filter(|result| result.word().1 != "PASS").count();
    let style = if failing > 0 { BAD } else { GOOD };
    let tried: u64 = results.iter().map(CrashPoints::tried).sum();
    let (scenarios, good) = (counted(results.len() as u64, "scenario"), results.len() - failing);
    let not = if failing > 0 { format!(", {failing} not") } else { String::new() };
    format!(
        "{} {scenarios}, {} with crashes: {good} as expected{not}\n",
        status(style, "Summary"),
        counted(tried, "run")
    )
}

#[derive(Serialize)]
struct CrashLine<'a, R> {
    r#type: &'static str,
    /// In words.
    crashes: &'a [String],
    /// As faults of a scenario file.
    faults: &'a [Value],
    replay: &'a str,
    run: R,
}

#[derive(Serialize)]
struct CrashPointsLine<'a> {
    r#type: &'static str,
    scenario: &'a str,
    seed: String,
    result: &'static str,
    exit_code: u8,
    nodes: u64,
    boundaries: u64,
    single: Tried,
    double: Tried,
    failed: u64,
    violated: BTreeMap<&'a str, u64>,
    inconclusive: BTreeMap<&'a str, u64>,
    violated_outside: &'a BTreeMap<String, u64>,
    judged_for_safety: u64,
    stopped: Option<&'static str>,
    defect: Option<&'a str>,
}

#[derive(Serialize)]
struct CrashTotalLine {
    r#type: &'static str,
    exit_code: u8,
    scenarios: usize,
    runs: u64,
    failed: u64,
}

/// A run that failed, as one line.
pub fn crash_line(failure: &CrashFailure) -> String {
    let CrashFailure { crashes, faults, run } = failure;
    to_line(&CrashLine { r#type: "crash", crashes, faults, replay: &run.replay, run: line_of(run, false) })
}

/// A scenario, as one line.
pub fn crash_points_line(result: &CrashPoints, exit_code: u8) -> String {
    let of = |wanted: &str| {
        let of = result.failures.iter().filter(|((word, _), _)| *word == wanted);
        of.map(|((_, property), count)| (property.as_str(), *count)).collect()
    };
    to_line(&CrashPointsLine {
        r#type: "crash_points",
        scenario: &result.scenario,
        seed: format!("{:#x}", result.seed),
        result: result.word().1,
        exit_code,
        nodes: result.nodes,
        boundaries: result.boundaries,
        single: result.single,
        double: result.double,
        failed: result.failed(),
        violated: of("violated"),
        inconclusive: of("inconclusive"),
        violated_outside: &result.excused,
        judged_for_safety: result.inside,
        stopped: result.stopped.map(stopped_word),
        defect: result.defect.as_ref().map(|defect| defect.message.as_str()),
    })
}

/// What all scenarios came to, as one line.
pub fn crash_total_line(results: &[CrashPoints], exit_code: u8) -> String {
    to_line(&CrashTotalLine {
        r#type: "summary",
        exit_code,
        scenarios: results.len(),
        runs: results.iter().map(CrashPoints::tried).sum(),
        failed: results.iter().map(CrashPoints::failed).sum(),
    })
}
