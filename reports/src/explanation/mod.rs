//! Why a run fails: what is known of it, for programs and for people.
//!
//! The keys are public. As JSON it is one line; [`text`] makes it something to read.

mod estimate;
mod plot;
mod text;

use serde::Serialize;
use sim_core::{Deviation, NodeId, TraceEvent, Violation};

use crate::json::to_line;
pub use estimate::Estimate;
pub use text::explanation_text;

/// Why a run fails.
#[derive(Clone, Debug, Serialize)]
pub struct Explanation {
    /// `explanation`.
    pub r#type: &'static str,
    /// The name of its scenario.
    pub scenario: String,
    /// Its seed; nothing if it is a run that was written down.
    pub seed: Option<String>,
    /// What the seed drew of the protocol's settings.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub settings: Vec<String>,
    /// What was violated.
    pub violation: Violated,
    /// What led there.
    pub story: Story,
    /// What it takes.
    pub necessity: Necessity,
    /// Two events whose order decides.
    pub critical_pair: PairSearch,
    /// How probable the violation is when the plan stands.
    pub curve: Curve,
    /// The same when what the nemesis would do is drawn anew too, if there is a nemesis.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub curve_with_plan: Option<Curve>,
    /// Whether it was stopped, so that some of it is missing.
    pub stopped: bool,
    /// The command that shows the run.
    pub replay: String,
}

/// A property that did not hold.
#[derive(Clone, Debug, Serialize)]
pub struct Violated {
    /// Which.
    pub property: String,
    /// What was seen.
    pub message: String,
    /// On which nodes.
    pub nodes: Vec<String>,
    /// In which step.
    pub step: u64,
    /// When.
    pub time_ns: u64,
}

/// The causal past of the violation.
#[derive(Clone, Debug, Serialize)]
pub struct Story {
    /// Events of the run that it depends on, those among them that no line names included: each is shown, folded
    /// or left out.
    pub events_in_past: usize,
    /// Those that have a line of their own.
    pub events_shown: usize,
    /// Those that share a line with others, for they changed nothing that shows. What is left out are syncs, first
    /// boots, log lines of steps that changed nothing, and faults that the run does without.
    pub events_folded: usize,
    /// Events of the run.
    pub events: usize,
    /// In the order of time.
    pub lines: Vec<StoryLine>,
}

/// An event, or several that changed nothing.
#[derive(Clone, Debug, Serialize)]
pub struct StoryLine {
    /// The step to which it, or the first of them, belongs.
    pub step: u64,
    /// When.
    pub time_ns: u64,
    /// To whom; nobody in particular for faults, and for several.
    pub who: Option<String>,
    /// What happened.
    pub text: String,
    /// The step that caused it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<u64>,
    /// How many events it stands for.
    pub events: u64,
}

/// What the violation takes: what it does not come to when that alone is removed.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Necessity {
    /// Parts of the run without which it fails no more in the same way.
    pub needed: Vec<Part>,
    /// Parts without each of which it still does.
    pub spare: Vec<Part>,
    /// Faults of the plan that never began.
    pub never_began: usize,
    /// Parts that were not tried.
    pub untried: Untried,
}

/// What a run consists of, and was not tried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Untried {
    /// Faults.
    pub faults: usize,
    /// Operations.
    pub operations: usize,
    /// Answers that are not calm.
    pub deviations: usize,
}

/// A part of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Part {
    /// `fault`, `operation` or `deviation`.
    pub kind: &'static str,
    /// Where it is in the run, written down.
    pub place: String,
    /// What it is.
    pub what: String,
}

/// The last two events of the causal past, at one process, that lead elsewhere in the other order.
#[derive(Clone, Debug, Serialize)]
pub struct PairSearch {
    /// The pair, if one was found.
    pub found: Option<CriticalPair>,
    /// How many ways to put two events in the other order were tried, from the last on.
    pub tried: usize,
    /// How many there are.
    pub swaps: usize,
}

/// Two events whose order decides.
#[derive(Clone, Debug, Serialize)]
pub struct CriticalPair {
    /// What happened first.
    pub first: StoryLine,
    /// What happened next.
    pub second: StoryLine,
    /// The answer that puts them in the other order.
    pub choice: String,
    /// What it was, in nanoseconds.
    pub was: u64,
    /// What it is in the run in which their order is the other one.
    pub becomes: u64,
    /// What that run comes to.
    pub outcome: String,
}

/// How probable the violation is, by the step up to which what was asked stands.
#[derive(Clone, Debug, Serialize)]
pub struct Curve {
    /// In the order of their steps.
    pub points: Vec<Point>,
    /// What it shows.
    pub shows: Shows,
}

/// A point of a curve.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Point {
    /// What was asked up to the end of this step stands, and the rest is drawn anew.
    pub step: u64,
    /// When this step was.
    pub time_ns: u64,
    /// What came of it.
    #[serde(flatten)]
    pub estimate: Estimate,
}

/// Whether a curve has one jump.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Shows {
    /// It has: in this step the violation became much more probable. Fresh samples on either side
    /// confirm it.
    Jump {
        /// The step.
        step: u64,
        /// When.
        time_ns: u64,
        /// What comes of fresh samples in which what was asked before this step stands.
        before: Estimate,
        /// The same, with this step.
        after: Estimate,
        /// What happened in it.
        events: Vec<StoryLine>,
        /// What was asked in it, and answered: 0 is calm.
        draws: Vec<DrawLine>,
    },
    /// It has not.
    NoSingleJump {
        /// Why not.
        because: String,
    },
    /// It was stopped before that could be told.
    Unknown,
}

/// A choice, and its answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DrawLine {
    /// The name of the choice.
    pub choice: String,
    /// What was chosen.
    pub value: u64,
}

impl Explanation {
    /// As one line of JSON.
    pub fn to_json(&self) -> String {
        to_line(self)
    }
}

impl From<&Violation> for Violated {
    fn from(violation: &Violation) -> Self {
        Self {
            property: violation.property.clone(),
            message: violation.what.clone(),
            nodes: violation.nodes.iter().map(NodeId::to_string).collect(),
            step: violation.step,
            time_ns: violation.time.as_nanos(),
        }
    }
}

impl From<&TraceEvent> for StoryLine {
    fn from(event: &TraceEvent) -> Self {
        Self {
            step: event.step,
            time_ns: event.time.as_nanos(),
            who: event.who.map(|who| who.to_string()),
            text: event.kind.to_string(),
            cause: event.cause,
            events: 1,
        }
    }
}

impl From<&Deviation> for DrawLine {
    fn from(deviation: &Deviation) -> Self {
        Self { choice: deviation.name.to_string(), value: deviation.value }
    }
}

impl Untried {
    /// Whether everything was tried.
    pub fn is_nothing(self) -> bool {
        self == Self::default()
    }
}
