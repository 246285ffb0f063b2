//! A map from keys to values that can be put, appended to, swapped and read.

use std::collections::BTreeMap;
use std::fmt;

use super::super::{Access, Decision, RegisterModel, SequentialModel};
use super::register::{access, may_show, overwrites};
use super::{Action, Datum, Grown, Op, Reply, lineage, may_tell};
use crate::history::{History, OperationId};

/// A key-value map. What is appended to a text must be a text, and to a list a list; to nothing,
/// either. An operation that does not fit what it finds is not permitted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyValue {
    /// What an absent key reads as.
    initial: Datum,
    /// By key, whether it is only ever appended to.
    only_grows: BTreeMap<Datum, bool>,
}

/// The value of a key.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Stored {
    /// As it was put.
    Put(Datum),
    /// A text that was appended to.
    Text(Grown<u8>),
    /// A list that was appended to.
    List(Grown<Datum>),
}

impl KeyValue {
    /// The map for this history, in which an absent key reads as `initial`. It knows which keys are
    /// only ever appended to, and so that no later operation makes good a reading that does not
    /// begin with what is there.
    pub fn new(initial: Datum, history: &History<Op, Reply>) -> Self {
        let mut only_grows = BTreeMap::new();
        for (_, operation) in history.iter() {
            let Op { key, action } = &operation.op;
            if matches!(action, Action::Write(_) | Action::Cas(_)) {
                only_grows.insert(key.clone(), false);
            } else if matches!(action, Action::Append(_)) && !only_grows.contains_key(key) {
                only_grows.insert(key.clone(), true);
            }
        }
        Self { initial, only_grows }
    }
}

impl SequentialModel for KeyValue {
    type Op = Op;
    type Reply = Reply;
    type State = Stored;
    type Key = Datum;

    fn initial(&self) -> Stored {
        Stored::Put(self.initial.clone())
    }

    fn apply(&self, state: &Stored, op: &Op, reply: Option<&Reply>) -> Option<Stored> {
        match &op.action {
            Action::Read => state.may_be_read_as(reply).then(|| state.clone()),
            Action::Write(value) => may_tell(reply, &Reply::Done).then(|| Stored::Put(value.clone())),
            Action::Append(more) if may_tell(reply, &Reply::Done) => state.with(more),
            Action::Cas(values) => {
                let is_swapped = state.is(&values.0);
                let next = || if is_swapped { Stored::Put(values.1.clone()) } else { state.clone() };
                may_tell(reply, &Reply::Flag(is_swapped)).then(next)
            }
            _ => None,
        }
    }

    fn key(&self, op: &Op) -> Option<Datum> {
        Some(op.key.clone())
    }

    fn is_read(&self, op: &Op, reply: Option<&Reply>) -> bool {
        op.action == Action::Read || reply == Some(&Reply::Flag(false))
    }

    fn rules_out(&self, state: &Stored, op: &Op, reply: &Reply) -> bool {
        match reply {
            Reply::Value(value) => self.only_grows.get(&op.key) == Some(&true) && !state.begins(value),
            _ => false,
        }
    }

    fn overwrites(&self, op: &Op) -> Option<Stored> {
        overwrites(op).cloned().map(Stored::Put)
    }

    /// Appending only makes it longer.
    fn needs_overwriting(&self, state: &Stored, _: &Op, reply: &Reply) -> bool {
        matches!(reply, Reply::Value(value) if !state.begins(value))
    }

    fn decide(&self, history: &History<Op, Reply>, operations: &[OperationId]) -> Decision {
        lineage::decide(&self.initial, history, operations)
    }

    fn heap_bytes(&self, state: &Stored) -> u64 {
        match state {
            Stored::Put(_) => 0,
            Stored::Text(text) => text.heap_bytes(),
            Stored::List(list) => list.heap_bytes(),
        }
    }
}

impl RegisterModel for KeyValue {
    type Value = Datum;

    fn initial_value(&self, _: &Datum) -> Datum {
        self.initial.clone()
    }

    /// Appending says nothing about the value before or after.
    fn access(&self, op: &Op, reply: Option<&Reply>) -> Option<Access<Datum, Datum>> {
        access(op, reply)
    }
}

/// As the value that it is, however it came about.
impl fmt::Debug for Stored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Put(value) => value.fmt(f),
            Self::Text(text) => String::from_utf8_lossy(&text.to_vec()).fmt(f),
            Self::List(list) => f.debug_list().entries(list.to_vec()).finish(),
        }
    }
}

impl Stored {
    fn is(&self, value: &Datum) -> bool {
        match (self, value) {
            (Self::Put(own), _) => own == value,
            (Self::Text(own), Datum::Text(text)) => own.is(text.as_bytes()),
            (Self::List(own), Datum::List(items)) => own.is(items),
            (Self::Text(_) | Self::List(_), _) => false,
        }
    }

    fn may_be_read_as(&self, reply: Option<&Reply>) -> bool {
        match (self, reply) {
            (Self::Put(own), _) => may_show(reply, own),
            (_, Some(Reply::Value(value))) => self.is(value),
            (_, told) => told.is_none(),
        }
    }

    /// Whether `value` begins with this one.
    fn begins(&self, value: &Datum) -> bool {
        match (self, value) {
            (Self::Put(own), _) if own == value || is_empty(own) => true,
            (Self::Put(Datum::Text(own)), Datum::Text(text)) => text.starts_with(&**own),
            (Self::Put(Datum::List(own)), Datum::List(items)) => items.starts_with(own),
            (Self::Text(own), Datum::Text(text)) => own.begins(text.as_bytes()),
            (Self::List(own), Datum::List(items)) => own.begins(items),
            _ => false,
        }
    }

    fn with(&self, more: &Datum) -> Option<Self> {
        match (self, more) {
            (Self::Put(own), Datum::Text(more)) if is_empty(own) => Some(Self::Text(Grown::new(more.as_bytes()))),
            (Self::Put(own), Datum::List(more)) if is_empty(own) => Some(Self::List(Grown::new(more))),
            (Self::Put(Datum::Text(own)), Datum::Text(more)) => {
                Some(Self::Text(Grown::new(own.as_bytes()).grow(more.as_bytes())))
            }
            (Self::Put(Datum::List(own)), Datum::List(more)) => Some(Self::List(Grown::new(own).grow(more))),
            (Self::Text(own), Datum::Text(more)) => Some(Self::Text(own.grow(more.as_bytes()))),
            (Self::List(own), Datum::List(more)) => Some(Self::List(own.grow(more))),
            _ => None,
        }
    }
}

/// Whether a text or a list appended to this is the whole value from then on.
fn is_empty(value: &Datum) -> bool {
    match value {
        Datum::Nil => true,
        Datum::Text(text) => text.is_empty(),
        Datum::List(items) => items.is_empty(),
        Datum::Flag(_) | Datum::Int(_) => false,
    }
}
