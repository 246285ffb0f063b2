//! What was found about a history of operations that was held against levels of consistency.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use sim_core::consistency::models::{Datum, Op, Reply};
use sim_core::consistency::{
    Answer, BadPattern, Counterexample, Level, Link, NoOrder, PatternStep, SequentialWitness, SessionViolation,
    Undecided, Witness,
};
use sim_core::{History, OperationId};

use crate::checked::{Cost, Finding};

/// What was found about one level.
#[derive(Clone, Debug)]
pub struct Judged {
    /// The level.
    pub level: Level,
    /// Whether the history keeps it.
    pub answer: Answer<Counterexample>,
    /// What it took to find out.
    pub cost: Cost,
}

/// Who asks for something, as a file has it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(untagged)]
pub enum Client {
    /// A number.
    Number(u32),
    /// A name.
    Name(Arc<str>),
}

/// What shows a violation, for programs.
#[derive(Serialize)]
struct Violation {
    #[serde(flatten)]
    why: Why,
    /// The operations without which nothing would be wrong, as far as that is known.
    witness: Vec<OperationLine>,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Why {
    /// The operations of an object have no order in real time.
    NoOrder(Box<NoOrderLine>),
    /// All operations have no order that suits each session.
    NoOrderOfSessions {
        explained: usize,
        replies: usize,
        prefix: Vec<OperationLine>,
        /// What each object holds after it that a blocked operation is about.
        states: Vec<String>,
        /// The next operation of each session.
        blocked: Vec<OperationLine>,
    },
    /// Operations that come before one another as no history of the level has it.
    Pattern {
        /// The name of the pattern.
        pattern: String,
        meaning: &'static str,
        /// The level that it breaks: the one that was asked for, or a weaker one.
        breaks: &'static str,
        /// Each comes before the next; in a cycle, the last before the first.
        steps: Vec<StepLine>,
    },
    /// Transactions.
    Transactions { anomaly: &'static str },
}

#[derive(Serialize)]
struct NoOrderLine {
    /// The object, if it has a key.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<Datum>,
    /// How many replies are in the order that explains the most, and how many there are.
    explained: usize,
    replies: usize,
    /// Out of how many operations these were chosen, if they suffice.
    out_of: Option<usize>,
    /// That order.
    prefix: Vec<OperationLine>,
    /// What the object holds after it.
    state: String,
    /// What cannot come next.
    blocked: OperationLine,
    /// Before which operation of the order it would be right.
    right_before: Option<OperationLine>,
    /// An operation from there on that had returned when it was invoked.
    returned_before: Option<OperationLine>,
    /// What ran at the same time.
    concurrent: Vec<OperationLine>,
    /// The other objects of which that is true, as far as it was found out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    other_keys: Vec<String>,
}

/// An operation, by its number in the order of invocation, and where the file has it.
#[derive(Serialize)]
struct OperationLine {
    operation: usize,
    client: Client,
    asked: String,
    outcome: String,
    invoked_line: u64,
    returned_line: Option<u64>,
}

#[derive(Serialize)]
struct StepLine {
    #[serde(flatten)]
    operation: OperationLine,
    /// Why it comes before the next; null at the end of what is no cycle.
    then: Option<&'static str>,
    /// The read that shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    seen_by: Option<OperationLine>,
}

impl Client {
    /// The number, if it is one.
    #[must_use]
    pub const fn number(&self) -> Option<u32> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Name(_) => None,
        }
    }
}

impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Name(name) => write!(f, "{name:?}"),
        }
    }
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

    /// What it says of this history, whose times are lines of the file.
    #[must_use]
    pub fn finding(&self, history: &History<Op, Reply>) -> Finding {
        let (message, violations) = match &self.answer {
            Answer::Satisfied => (None, Vec::new()),
            Answer::Violated(witness) => {
                let violation = serde_json::to_value(Lines(history).violation(witness)).unwrap_or_default();
                (Some(witness.to_string().trim_end().to_owned()), vec![violation])
            }
            Answer::Unknown(why) => (Some(why_unknown(why)), Vec::new()),
        };
        Finding { level: self.level.name(), word: self.word(), message, violations, cost: self.cost }
    }
}

/// A history, for the operations that a witness is about.
struct Lines<'h>(&'h History<Op, Reply>);

impl Lines<'_> {
    fn violation(&self, witness: &Counterexample) -> Violation {
        let why = match witness {
            Counterexample::Linearizable(witness) => self.no_order(witness),
            Counterexample::Sequential(SequentialWitness::Order(order)) => self.no_order_of_sessions(order),
            Counterexample::Sequential(SequentialWitness::Pattern(pattern)) | Counterexample::Causal(pattern) => {
                let BadPattern { level, kind, steps } = pattern;
                self.pattern(format!("{kind:?}"), kind.meaning(), *level, steps)
            }
            Counterexample::Session(SessionViolation { guarantee, kind, steps }) => {
                self.pattern(format!("{kind:?}"), kind.meaning(), guarantee.level(), steps)
            }
            Counterexample::Isolation(witness) => Why::Transactions { anomaly: witness.anomaly.name() },
        };
        Violation { why, witness: self.all(&witness.operations()) }
    }

    fn no_order(&self, witness: &Witness) -> Why {
        let conflict = witness.conflict.as_ref();
        Why::NoOrder(Box::new(NoOrderLine {
            key: Some(self.0.get(witness.blocked).op.key.clone()).filter(|key| *key != Datum::Nil),
            explained: witness.explained,
            replies: witness.replies,
            out_of: witness.out_of,
            prefix: self.all(&witness.prefix),
            state: witness.state.clone(),
            blocked: self.line(witness.blocked),
            right_before: conflict.map(|conflict| self.line(conflict.changed_by)),
            returned_before: conflict.and_then(|conflict| conflict.returned_before).map(|id| self.line(id)),
            concurrent: self.all(&witness.concurrent),
            other_keys: witness.other_keys.clone(),
        }))
    }

    fn no_order_of_sessions(&self, order: &NoOrder) -> Why {
        Why::NoOrderOfSessions {
            explained: order.explained,
            replies: order.replies,
            prefix: self.all(&order.prefix),
            states: order.states.clone(),
            blocked: self.all(&order.blocked),
        }
    }

    fn pattern(&self, pattern: String, meaning: &'static str, level: Level, steps: &[PatternStep]) -> Why {
        let step = |step: &PatternStep| {
            let (then, seen_by) = match &step.link {
                None => (None, None),
                Some(Link::Session) => (Some("session"), None),
                Some(Link::ReadBy) => (Some("read-by"), None),
                Some(Link::VisibleTo) => (Some("visible-to"), None),
                Some(Link::Replaced) => (Some("replaced"), None),
                Some(Link::Seen { by, .. }) => (Some("seen"), Some(self.line(*by))),
            };
            StepLine { operation: self.line(step.operation), then, seen_by }
        };
        Why::Pattern { pattern, meaning, breaks: level.name(), steps: steps.iter().map(step).collect() }
    }

    fn all(&self, operations: &[OperationId]) -> Vec<OperationLine> {
        operations.iter().map(|id| self.line(*id)).collect()
    }

    fn line(&self, id: OperationId) -> OperationLine {
        let operation = self.0.get(id);
        let client = self.0.client_name(operation.client).cloned();
        OperationLine {
            operation: id.index(),
            client: client.map_or(Client::Number(operation.client), Client::Name),
            asked: format!("{:?}", operation.op),
            outcome: operation.outcome.to_string(),
            invoked_line: operation.invoked.time_ns,
            returned_line: operation.returned().map(|at| at.time_ns),
        }
    }
}

/// Why a level is unknown, and which options of `faultbed check` help.
pub(crate) fn why_unknown(why: &Undecided) -> String {
    let remedy = match why {
        Undecided::OutOfSteps { steps } => {
            format!("; give more than that with --budget, such as {}, or time with --timeout", steps.saturating_mul(10))
        }
        Undecided::OutOfMemory { limit_bytes } => {
            format!("; give more MiB than that with --memory, such as {}", (limit_bytes >> 20).saturating_mul(4).max(1))
        }
        Undecided::Ambiguous { .. } | Undecided::Unclear { .. } | Undecided::MissingFacts { .. } => String::new(),
    };
    format!("{why}{remedy}")
}
