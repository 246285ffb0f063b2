//! Why a history is not linearizable, told to people.

use std::fmt::{self, Debug, Display};

use super::super::SequentialModel;
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
    /// A longest beginning of an order, among all that the model and real time permit.
    pub prefix: Vec<OperationId>,
    /// The state after `prefix`.
    pub state: String,
    /// Of the operations with a reply not in `prefix`, the one that returned first:
    /// it has to come before all that was invoked later, and cannot.
    pub blocked: OperationId,
    /// The operations neither before nor after `blocked` in real time.
    pub concurrent: Vec<OperationId>,
    /// How many operations were to be put in order.
    pub operations: usize,
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
        prefix: Vec<OperationId>,
    ) -> Self {
        let blocked = first_to_return(history, part, &prefix);
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
            prefix,
            blocked,
            concurrent,
            operations: part.len(),
            lines,
        }
    }
}

impl Display for Witness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = self.key.as_ref().map_or_else(String::new, |key| format!(" for key {key}"));
        let (placed, all) = (self.prefix.len(), self.operations);
        writeln!(f, "not linearizable{key}: no order goes beyond {placed} of {all} operations")?;
        let hidden = placed - self.lines.last_of_prefix.len();
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

fn first_to_return<O, R>(history: &History<O, R>, part: &[OperationId], prefix: &[OperationId]) -> OperationId {
    let mut placed = prefix.to_vec();
    placed.sort_unstable();
    part.iter()
        .copied()
        .filter(|id| placed.binary_search(id).is_err())
        .filter_map(|id| Some((history.get(id).returned()?.order, id)))
        .min()
        .map(|(_, id)| id)
        .expect("with all known operations in place there is nothing wrong")
}

fn concurrent_with<O, R>(history: &History<O, R>, part: &[OperationId], blocked: OperationId) -> Vec<OperationId> {
    let overlaps = |&id: &OperationId| id != blocked && history.get(id).overlaps(history.get(blocked));
    part.iter().copied().filter(overlaps).collect()
}

fn state_after<M: SequentialModel>(model: &M, history: &History<M::Op, M::Reply>, prefix: &[OperationId]) -> M::State {
    prefix.iter().fold(model.initial(), |state, &id| {
        let operation = history.get(id);
        model.apply(&state, &operation.op, operation.reply()).expect("the search placed only what the model permits")
    })
}

fn clip(text: String) -> String {
    match text.char_indices().nth(SHOWN_CHARS) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}
