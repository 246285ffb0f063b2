//! Why a history is not causal, told to people.

use std::fmt::{self, Debug, Display};

use super::super::Level;
use super::super::pattern::{self, PatternStep};
use super::Found;
use super::execution::Execution;
use crate::history::History;

/// A pattern that no history of the level has.
///
/// Shown by `Display`: one operation after the other, and between them why the first comes before
/// the second.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadPattern {
    /// The level it breaks.
    pub level: Level,
    /// Which pattern.
    pub kind: BadPatternKind,
    /// Each of its operations comes before the next. In a cycle the last comes before the first;
    /// otherwise it is the read that shows what is wrong.
    pub steps: Vec<PatternStep>,
}

/// The bad patterns of Bouajjani et al. 2017, by the names they have there, and one more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum BadPatternKind {
    /// Causal order has a cycle.
    CyclicCO,
    /// A read returned a value that nobody wrote.
    ThinAirRead,
    /// A read returned the initial value although a write came before it in causal order.
    WriteCOInitRead,
    /// A read returned a value that, in causal order, another write had replaced before.
    WriteCORead,
    /// Causal order and the order of conflicting writes that the reads show have a cycle together.
    CyclicCF,
    /// A read returned the initial value although a write came before it in the order of its
    /// session.
    WriteHBInitRead,
    /// The order that one session would have to have has a cycle.
    CyclicHB,
    /// The one order of all operations that sequential consistency asks for has a cycle.
    CyclicSC,
}

impl BadPattern {
    pub(super) fn new<O: Debug, R: Debug>(
        execution: &Execution<'_>,
        history: &History<O, R>,
        level: Level,
        found: Found,
    ) -> Self {
        let steps = pattern::steps(history, |entry| execution.id(entry), found.path, found.end);
        Self { level, kind: found.kind, steps }
    }
}

impl BadPatternKind {
    /// What is wrong, in words.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::CyclicCO => "operations that come before one another in causal order",
            Self::ThinAirRead => "a value that nobody wrote",
            Self::WriteCOInitRead => "the initial value, read after a write in causal order",
            Self::WriteCORead => "a value, read after it was replaced in causal order",
            Self::CyclicCF => "writes that no single order suits",
            Self::WriteHBInitRead => "the initial value, read after a write in any order that suits the session",
            Self::CyclicHB => "writes that no order suits for one session",
            Self::CyclicSC => "operations that no single order suits",
        }
    }
}

impl Display for BadPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = self.kind;
        writeln!(f, "not {}: {kind:?}, {}", self.level, kind.meaning())?;
        pattern::write_steps(f, &self.steps)
    }
}
