//! A set of values.

use std::collections::BTreeSet;
use std::fmt;

use super::super::{Decision, SequentialModel};
use super::persistent::Tree;
use super::{Action, Datum, Op, Reply, inserted, may_tell, may_tell_or_acknowledge};
use crate::history::{History, OperationId};

/// One set a key, empty at the start. What was inserted or removed may be answered by whether that
/// changed the set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Set {
    /// Whether nobody ever reads a whole set, so that elements are independent.
    is_split: bool,
}

impl Set {
    /// The sets for this history. If nobody reads a whole set, each element is checked on its own.
    pub fn new(history: &History<Op, Reply>) -> Self {
        Self { is_split: !history.iter().any(|(_, operation)| operation.op.action == Action::Read) }
    }
}

/// A set, and one of its elements if they are independent; otherwise nil.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SetKey {
    set: Datum,
    element: Datum,
}

/// Both of them, or one if the other is nil.
impl fmt::Debug for SetKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.set, &self.element) {
            (set, Datum::Nil) => set.fmt(f),
            (Datum::Nil, element) => element.fmt(f),
            (set, element) => write!(f, "{set:?} {element:?}"),
        }
    }
}

impl SequentialModel for Set {
    type Op = Op;
    type Reply = Reply;
    type State = Tree<Datum>;
    type Key = SetKey;

    fn initial(&self) -> Self::State {
        Tree::new()
    }

    fn apply(&self, state: &Self::State, op: &Op, reply: Option<&Reply>) -> Option<Self::State> {
        match &op.action {
            Action::Read => may_list(reply, state).then(|| state.clone()),
            Action::Contains(element) => may_tell(reply, &Reply::Flag(state.contains(element))).then(|| state.clone()),
            Action::Insert(element) => {
                let is_new = !state.contains(element);
                let next = || if is_new { state.insert(element.clone()) } else { state.clone() };
                may_tell_or_acknowledge(reply, &Reply::Flag(is_new)).then(next)
            }
            Action::Remove(element) => {
                let is_there = state.contains(element);
                let next = || if is_there { state.remove(element) } else { state.clone() };
                may_tell_or_acknowledge(reply, &Reply::Flag(is_there)).then(next)
            }
            _ => None,
        }
    }

    fn key(&self, op: &Op) -> Option<Self::Key> {
        let element = match &op.action {
            Action::Insert(element) | Action::Remove(element) | Action::Contains(element) if self.is_split => element,
            _ => &Datum::Nil,
        };
        Some(SetKey { set: op.key.clone(), element: element.clone() })
    }

    fn is_read(&self, op: &Op, reply: Option<&Reply>) -> bool {
        matches!(op.action, Action::Read | Action::Contains(_)) || reply == Some(&Reply::Flag(false))
    }

    fn decide(&self, history: &History<Op, Reply>, operations: &[OperationId]) -> Decision {
        inserted::decide(history, operations)
    }

    /// A list of another length is told apart at once.
    fn effort(&self, state: &Self::State, op: &Op, reply: Option<&Reply>) -> u64 {
        let depth = u64::from(usize::BITS - state.len().leading_zeros());
        match (&op.action, reply) {
            (Action::Read, Some(Reply::Value(Datum::List(items)))) if items.len() == state.len() => items.len() as u64,
            (Action::Read, _) => 0,
            _ => 2 * depth,
        }
    }

    fn heap_bytes(&self, state: &Self::State) -> u64 {
        state.change_bytes()
    }
}

/// Whether the reply lists exactly these elements, each once, in any order.
fn may_list(reply: Option<&Reply>, set: &Tree<Datum>) -> bool {
    match reply {
        None => true,
        Some(Reply::Value(Datum::List(items))) => {
            // Most lists of the right length are told apart by the sums of hashes.
            items.len() == set.len()
                && set.has_hash_of(items)
                && items.iter().collect::<BTreeSet<_>>().len() == items.len()
                && items.iter().all(|item| set.contains(item))
        }
        Some(_) => false,
    }
}
