//! Why a history is not linearizable, told to people.

use std::fmt::{self, Debug, Display};

use super::super::SequentialModel;
use super::search::Obstacle;
use crate::history::{History, OperationId};

/// How many operations of a list are shown.
const SHOWN: usize = 6;

/// How many characters of a state or an operation are shown.
const SHOWN_CHARS: usize = 160;

/// How far an order of the operations can be found, and what cannot come next.
///
/// Shown by `Display` in a few lines, naming the last operations of the order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    /// The part of the state concerned, if parts were checked on their own.
    pub key: Option<String>,
    /// The longest beginning of an order found, by operations with a reply.
    pub prefix: Vec<OperationId>,
    /// The state after `prefix`.
    pub state: String,
    /// An operation with a reply that cannot come after `prefix`. It is the first
    /// of all left to return, so that none invoked later may go before it, or,
    /// if the model tells, a read that no further operation could ever make right.
    pub blocked: OperationId,
    /// The operations neither before nor after `blocked` in real time.
    pub concurrent: Vec<OperationId>,
    /// How many operations had a reply.
    pub replies: usize,
    /// How many of them are in `prefix`.
    pub explained: usize,
    lines: Lines,
}

/// What `Display` shows of operations, as the witness outlives the history.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Lines {
    last_of_prefix: Vec<String>,
    blocked: String,
    concurrent: Vec<String>,
}

impl Witness {
    /// Builds the witness from the operations of the part and the longest prefix found.
    pub(super) fn new<M: SequentialModel>(
        model: &M,
        history: &History<M::Op, M::Reply>,
        key: Option<String>,
        part: &[OperationId],
        Obstacle { prefix, blocked }: Obstacle,
    ) -> Self {
        let has_reply = |id: &&OperationId| history.get(**id).reply().is_some();
        let concurrent = concurrent_with(history, part, blocked);
        let line = |&id: &OperationId| format!("{id:<5} {}", clip(history.get(id).to_string()));
        let lines = Lines {
            last_of_prefix: prefix[prefix.len().saturating_sub(SHOWN)..].iter().map(line).collect(),
            blocked: line(&blocked),
            concurrent: concurrent.iter().take(SHOWN).map(line).collect(),
        };
        Self {
            key,
            state: format!("{:?}", state_after(model, history, &prefix)),
            explained: prefix.iter().filter(has_reply).count(),
            prefix,
            blocked,
            concurrent,
            replies: part.iter().filter(has_reply).count(),
            lines,
        }
    }
}

impl Display for Witness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = self.key.as_ref().map_or_else(String::new, |key| format!(" for key {key}"));
        let (explained, replies) = (self.explained, self.replies);
        writeln!(f, "not linearizable{key}: the longest order found explains {explained} of {replies} replies")?;
        let hidden = self.prefix.len() - self.lines.last_of_prefix.len();
        if hidden > 0 {
            writeln!(f, "  ({hidden} operations in order, then)")?;
        }
        write_lines(f, &self.lines.last_of_prefix)?;
        writeln!(f, "state then: {}", clip(self.state.clone()))?;
        writeln!(f, "cannot come next:\n  {}", self.lines.blocked)?;
        if !self.concurrent.is_empty() {
            writeln!(f, "though concurrent with:")?;
            write_lines(f, &self.lines.concurrent)?;
        }
        match self.concurrent.len() - self.lines.concurrent.len() {
            0 => Ok(()),
            more => writeln!(f, "  (and {more} more)"),
        }
    }
}

fn write_lines(f: &mut fmt::Formatter<'_>, lines: &[String]) -> fmt::Result {
    lines.iter().try_for_each(|line| writeln!(f, "  {line}"))
}

fn concurrent_with<O, R>(history: &History<O, R>, part: &[OperationId], blocked: OperationId) -> Vec<OperationId> {
    let overlaps = |&id: &OperationId| id != blocked && history.get(id).overlaps(history.get(blocked));
    part.iter().copied().filter(overlaps).collect()
}

fn state_after<M: SequentialModel>(model: &M, history: &History<M::Op, M::Reply>, prefix: &[OperationId]) -> M::State {
    let operations = prefix.iter().map(|&id| history.get(id));
    operations.filter(|operation| !model.is_read(&operation.op, operation.reply())).fold(
        model.initial(),
        |state, operation| {
            // The search has seen this permitted; a model that contradicts itself
            // spoils its witness, but not the run.
            let next = model.apply(&state, &operation.op, operation.reply());
            next.unwrap_or(state)
        },
    )
}

fn clip(text: String) -> String {
    match text.char_indices().nth(SHOWN_CHARS) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}
