//! Turns results into something to read: text for people, JSON for programs.
//!
//! This crate knows the simulator's data and no protocol. It runs nothing, reads nothing and
//! prints nothing: what it makes goes into a writer or comes back as text. Text for people bears
//! ANSI colours; whoever prints it strips them where they are not wanted.

mod checked;
mod crash_points;
mod difference;
mod explanation;
mod fit;
mod human;
mod isolation;
mod json;
mod judged;
mod per_find;
mod result;
mod style;
mod sweep;
mod table;
mod trace;

pub use checked::{
    CheckEnd, CheckTally, CheckedFile, Cost, Finding, HistoryOf, JudgedHistory, Mistake, Strongest, checked_block,
    checked_line, checked_total, checked_total_line,
};
pub use crash_points::{
    CrashDefect, CrashFailure, CrashPoints, Tried, crash_block, crash_line, crash_points_block, crash_points_line,
    crash_total_block, crash_total_line,
};
pub use difference::{Again, Difference};
pub use explanation::{
    CriticalPair, Curve, DrawLine, Estimate, Explanation, Necessity, PairSearch, Part, Point, Shows, Story, StoryLine,
    Untried, Violated, explanation_text,
};
pub use fit::{Fit, FoundBy, Repair};
pub use human::{
    counted, error_line, failure_block, fault_table, fault_tally, in_words, level_tally, run_block, scenario_block,
    service_tally,
};
pub use isolation::{JudgedIsolation, TransactionPlace, isolation_finding, transaction_outcomes};
pub use json::{levels_line, run_line, scenario_line, service_line};
pub use judged::{Client, Judged};
pub use per_find::{Finds, PerFind};
pub use result::{FaultTally, LevelTally, Problem, Run, ScenarioResult, Stopped, Unexpected, Violations};
pub use sweep::{Pace, Slowest, pace_line, total_block, total_line};
pub use table::Table;
pub use trace::{TraceFilter, TraceForm, TraceMoment, TraceTeller};
