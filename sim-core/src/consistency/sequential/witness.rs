//! Why a history is not sequential, told to people.

use std::fmt::{self, Debug, Display};

use super::super::Level;
use super::super::causal::BadPattern;
use super::super::lines::{SHOWN, clip, line, write_lines};
use crate::history::{History, OperationId};

/// Why there is no order of all operations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SequentialWitness {
    /// The history shows a pattern that no sequential one does.
    Pattern(BadPattern),
    /// All orders were tried.
    Order(NoOrder),
}

/// How far an order of all operations can be found, and what each session would do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoOrder {
    /// The longest beginning of an order found, by operations with a reply.
    pub prefix: Vec<OperationId>,
    /// The next operation of each session that has one left. None of them leads to a whole order.
    pub blocked: Vec<OperationId>,
    /// The state after `prefix`, of each key that one of `blocked` is about.
    pub states: Vec<String>,
    /// How many operations with a reply are in `prefix`.
    pub explained: usize,
    /// How many operations had a reply.
    pub replies: usize,
    last_of_prefix: Vec<String>,
    first_blocked: Vec<String>,
}

impl NoOrder {
    pub(super) fn new<O: Debug, R: Debug>(
        history: &History<O, R>,
        prefix: Vec<OperationId>,
        blocked: Vec<OperationId>,
        states: Vec<String>,
        [explained, replies]: [usize; 2],
    ) -> Self {
        let line = |&id: &OperationId| line(history, id);
        let last_of_prefix = prefix[prefix.len().saturating_sub(SHOWN)..].iter().map(line).collect();
        let first_blocked = blocked.iter().take(SHOWN).map(line).collect();
        Self { prefix, blocked, states, explained, replies, last_of_prefix, first_blocked }
    }
}

impl Display for SequentialWitness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pattern(pattern) if pattern.level == Level::Sequential => Display::fmt(pattern, f),
            Self::Pattern(pattern) => write!(f, "not sequential, as it is {pattern}"),
            Self::Order(order) => Display::fmt(order, f),
        }
    }
}

impl Display for NoOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (explained, replies) = (self.explained, self.replies);
        writeln!(f, "not sequential: the longest order found explains {explained} of {replies} replies")?;
        let hidden = self.prefix.len() - self.last_of_prefix.len();
        if hidden > 0 {
            writeln!(f, "  ({hidden} operations in order, then)")?;
        }
        write_lines(f, &self.last_of_prefix)?;
        writeln!(f, "state then: {}", clip(self.states.join(", ")))?;
        writeln!(f, "no way leads on from these, the next of each session:")?;
        write_lines(f, &self.first_blocked)?;
        match self.blocked.len() - self.first_blocked.len() {
            0 => Ok(()),
            more => writeln!(f, "  (and {more} more)"),
        }
    }
}
