//! Why a history is not linearizable, told to people.

use std::fmt::{self, Debug, Display};

use super::super::SequentialModel;
use super::super::lines::{SHOWN, clip, line, write_lines};
use super::search::Obstacle;
use crate::history::{History, OperationId};

/// How many other keys are named.
const SHOWN_KEYS: usize = 20;

/// How far an order of the operations can be found, and what cannot come next.
///
/// Shown by `Display` in a few lines, naming the last operations of the order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    /// The part of the state concerned, if parts were checked on their own.
    pub key: Option<String>,
    /// The other keys that are violated as well, as far as that was found out.
    pub other_keys: Vec<String>,
    /// The longest beginning of an order found, by operations with a reply.
    pub prefix: Vec<OperationId>,
    /// The state after `prefix`.
    pub state: String,
    /// An operation with a reply that cannot come after `prefix`. It is the first
    /// of all left to return, so that none invoked later may go before it, or,
    /// if the model tells, a read that no operation still to come could make right in time.
    pub blocked: OperationId,
    /// What `blocked` conflicts with; `None` if no state on the way of `prefix` would permit it.
    pub conflict: Option<Conflict>,
    /// The operations neither before nor after `blocked` in real time.
    pub concurrent: Vec<OperationId>,
    /// How many operations had a reply.
    pub replies: usize,
    /// How many of them are in `prefix`.
    pub explained: usize,
    /// Out of how many operations these were chosen, if they suffice to show what is wrong.
    pub out_of: Option<usize>,
    lines: Lines,
}

/// Why the blocked operation cannot have its place earlier in the prefix, where it would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The operation of the prefix just before which the blocked one would be right for the last
    /// time.
    pub changed_by: OperationId,
    /// An operation of the prefix, this one or a later one, that had returned when the blocked one
    /// was invoked; `None` if only what was read later stands against that place.
    pub returned_before: Option<OperationId>,
}

/// What `Display` shows of operations, as the witness outlives the history.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Lines {
    last_of_prefix: Vec<String>,
    blocked: String,
    changed_by: Option<String>,
    returned_before: Option<String>,
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
        let line = |&id: &OperationId| line(history, id);
        let (state, conflict) = replay(model, history, &prefix, blocked);
        let returned_before = conflict.as_ref().and_then(|conflict| conflict.returned_before);
        let lines = Lines {
            last_of_prefix: prefix[prefix.len().saturating_sub(SHOWN)..].iter().map(line).collect(),
            blocked: line(&blocked),
            changed_by: conflict.as_ref().map(|conflict| line(&conflict.changed_by)),
            returned_before: returned_before.as_ref().map(line),
            concurrent: concurrent.iter().take(SHOWN).map(line).collect(),
        };
        Self {
            key,
            other_keys: Vec::new(),
            state: format!("{state:?}"),
            explained: prefix.iter().filter(has_reply).count(),
            prefix,
            blocked,
            conflict,
            concurrent,
            out_of: None,
            replies: part.iter().filter(has_reply).count(),
            lines,
        }
    }

    /// Says that these keys are violated as well.
    pub(super) fn with_other_keys(self, other_keys: Vec<String>) -> Self {
        Self { other_keys, ..self }
    }

    /// Says that the operations were chosen out of so many.
    pub(super) fn out_of(self, operations: usize) -> Self {
        Self { out_of: Some(operations), ..self }
    }
}

impl Display for Witness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = self.key.as_ref().map_or_else(String::new, |key| format!(" for key {key}"));
        let (explained, replies) = (self.explained, self.replies);
        match self.out_of {
            None => write!(f, "not linearizable{key}: the longest order found")?,
            Some(operations) => {
                write!(
                    f,
                    "not linearizable{key}, as a few of its {operations} operations show: the longest order of them"
                )?;
            }
        }
        writeln!(f, " explains {explained} of {replies} replies")?;
        let hidden = self.prefix.len() - self.lines.last_of_prefix.len();
        if hidden > 0 {
            writeln!(f, "  ({hidden} operations in order, then)")?;
        }
        write_lines(f, &self.lines.last_of_prefix)?;
        writeln!(f, "state then: {}", clip(self.state.clone()))?;
        writeln!(f, "cannot come next:\n  {}", self.lines.blocked)?;
        self.write_conflict(f)?;
        if !self.concurrent.is_empty() {
            writeln!(f, "though concurrent with:")?;
            write_lines(f, &self.lines.concurrent)?;
        }
        let more = self.concurrent.len() - self.lines.concurrent.len();
        if more > 0 {
            writeln!(f, "  (and {more} more)")?;
        }
        self.write_other_keys(f)
    }
}

impl Witness {
    fn write_other_keys(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (count, shown) = (self.other_keys.len(), self.other_keys.iter().take(SHOWN_KEYS).cloned());
        let names = clip(shown.collect::<Vec<_>>().join(", "));
        match count {
            0 => Ok(()),
            1 => writeln!(f, "not linearizable either for key {names}"),
            _ if count > SHOWN_KEYS => {
                writeln!(f, "not linearizable either for {count} other keys, among them {names}")
            }
            _ => writeln!(f, "not linearizable either for {count} other keys: {names}"),
        }
    }

    fn write_conflict(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(changed_by) = &self.lines.changed_by else {
            return writeln!(f, "no state on this way permits it");
        };
        writeln!(f, "it would be right before:\n  {changed_by}")?;
        match &self.lines.returned_before {
            Some(line) if line == changed_by => writeln!(f, "but that had returned when it was invoked"),
            Some(line) => writeln!(f, "but this had returned when it was invoked:\n  {line}"),
            None => Ok(()),
        }
    }
}

fn concurrent_with<O, R>(history: &History<O, R>, part: &[OperationId], blocked: OperationId) -> Vec<OperationId> {
    let overlaps = |&id: &OperationId| id != blocked && history.get(id).overlaps(history.get(blocked));
    part.iter().copied().filter(overlaps).collect()
}

/// The state after `prefix`, and why `blocked` has no place in it.
fn replay<M: SequentialModel>(
    model: &M,
    history: &History<M::Op, M::Reply>,
    prefix: &[OperationId],
    blocked: OperationId,
) -> (M::State, Option<Conflict>) {
    let permits = |state: &M::State, id: OperationId| {
        let operation = history.get(id);
        model.apply(state, &operation.op, operation.reply())
    };
    let mut state = model.initial();
    let mut last_place = None;
    for (place, &id) in prefix.iter().enumerate() {
        let operation = history.get(id);
        if model.is_read(&operation.op, operation.reply()) {
            continue;
        }
        if permits(&state, blocked).is_some() {
            last_place = Some(place);
        }
        // The search has seen this permitted; a model that contradicts itself spoils its witness,
        // but not the run.
        state = permits(&state, id).unwrap_or(state);
    }
    let conflict = last_place.map(|place| {
        let had_returned = |id: &&OperationId| history.get(**id).precedes(history.get(blocked));
        Conflict { changed_by: prefix[place], returned_before: prefix[place..].iter().find(had_returned).copied() }
    });
    (state, conflict)
}
