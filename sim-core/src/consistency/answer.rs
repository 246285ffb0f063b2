//! What a check says, and what it may cost.

use std::fmt;

/// The result of checking a history; `W` shows what is wrong with a bad one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer<W> {
    /// The history certainly keeps the level.
    Satisfied,
    /// The history certainly breaks the level.
    Violated(W),
    /// Neither is certain.
    Unknown(Undecided),
}

/// Why a check could not tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Undecided {
    /// The budget's steps ran out.
    OutOfSteps {
        /// Steps spent.
        steps: u64,
    },
    /// The budget's bytes would not have sufficed.
    OutOfMemory {
        /// The budget.
        limit_bytes: u64,
    },
    /// A value that was read had been written more than once, so that nobody can say which write
    /// was seen. Everything else about the history is in order.
    Ambiguous {
        /// The value, and the first two operations that wrote it.
        what: String,
    },
    /// There is something that the method cannot judge. Everything else about the history is in
    /// order.
    Unclear {
        /// What it is.
        what: String,
    },
    /// Operations lack the facts from inside the system that the check needs. Those that are there
    /// are in order.
    MissingFacts {
        /// Which facts, of which operation for example, of how many.
        what: String,
    },
}

/// How much a check may spend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Steps in total: ten million take one to five seconds. A step is a number of looks at operations
    /// in flight; states that are large, or slow to compare, count more. May be overshot by one pass over
    /// the operations in flight. Work that every history costs in proportion to its size is not
    /// counted.
    pub steps: u64,
    /// Memory for what a check remembers beyond an amount proportional to the history: states,
    /// dead ends, clocks. When the dead ends fill it, a search goes on without remembering more: it
    /// gets slower, not wrong. When other things do, the answer is unknown.
    pub bytes: u64,
}

impl<W> Answer<W> {
    /// Whether the history certainly keeps the level.
    pub const fn is_satisfied(&self) -> bool {
        matches!(self, Self::Satisfied)
    }

    /// Whether the history certainly breaks the level.
    pub const fn is_violated(&self) -> bool {
        matches!(self, Self::Violated(_))
    }

    /// Shows what is wrong in another way.
    pub fn map<V>(self, show: impl FnOnce(W) -> V) -> Answer<V> {
        match self {
            Self::Satisfied => Answer::Satisfied,
            Self::Violated(witness) => Answer::Violated(show(witness)),
            Self::Unknown(why) => Answer::Unknown(why),
        }
    }
}

impl Default for Budget {
    /// Ten million steps (a few seconds) and 64 MiB.
    fn default() -> Self {
        Self { steps: 10_000_000, bytes: 64 << 20 }
    }
}

impl fmt::Display for Undecided {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutOfSteps { steps } => {
                write!(f, "neither an order nor its impossibility was found in {steps} steps")
            }
            Self::OutOfMemory { limit_bytes } => {
                write!(f, "the check needs more than {:.0} MiB of memory", *limit_bytes as f64 / 1024.0 / 1024.0)
            }
            Self::Ambiguous { what } | Self::Unclear { what } | Self::MissingFacts { what } => f.write_str(what),
        }
    }
}
