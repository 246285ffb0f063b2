//! A register, with or without compare-and-swap.

use super::super::{Access, RegisterModel, SequentialModel};
use super::{Action, Datum, Op, Reply, may_tell};

/// One register a key, with reads, writes and compare-and-swaps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Register {
    /// What each register holds at the start.
    pub initial: Datum,
}

impl SequentialModel for Register {
    type Op = Op;
    type Reply = Reply;
    type State = Datum;
    type Key = Datum;

    fn initial(&self) -> Datum {
        self.initial.clone()
    }

    fn apply(&self, state: &Datum, op: &Op, reply: Option<&Reply>) -> Option<Datum> {
        match &op.action {
            Action::Read => may_show(reply, state).then(|| state.clone()),
            Action::Write(value) => may_tell(reply, &Reply::Done).then(|| value.clone()),
            Action::Cas(values) => {
                let is_swapped = values.0 == *state;
                let next = if is_swapped { &values.1 } else { state };
                may_tell(reply, &Reply::Flag(is_swapped)).then(|| next.clone())
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

    fn overwrites(&self, op: &Op) -> Option<Datum> {
        overwrites(op).cloned()
    }

    /// Nothing else changes a register.
    fn needs_overwriting(&self, state: &Datum, op: &Op, reply: &Reply) -> bool {
        self.apply(state, op, Some(reply)).is_none()
    }
}

impl RegisterModel for Register {
    type Value = Datum;

    fn initial_value(&self, _: &Datum) -> Datum {
        self.initial.clone()
    }

    fn access(&self, op: &Op, reply: Option<&Reply>) -> Option<Access<Datum, Datum>> {
        access(op, reply)
    }
}

/// What a write or a compare-and-swap makes the value of a register.
pub(super) fn overwrites(op: &Op) -> Option<&Datum> {
    match &op.action {
        Action::Write(value) => Some(value),
        Action::Cas(values) => Some(&values.1),
        _ => None,
    }
}

/// What reads, writes and compare-and-swaps do to a register.
pub(super) fn access(op: &Op, reply: Option<&Reply>) -> Option<Access<Datum, Datum>> {
    let key = op.key.clone();
    match (&op.action, reply) {
        (Action::Read, Some(Reply::Value(value))) => Some(Access::read(key, value.clone())),
        (Action::Read, None) => Some(Access::nothing(key)),
        (Action::Write(value), _) => Some(Access::write(key, value.clone())),
        // It says that the value was another, but not which.
        (Action::Cas(_), Some(Reply::Flag(false))) => Some(Access::nothing(key).in_part()),
        (Action::Cas(values), _) => Some(Access::update(key, values.0.clone(), values.1.clone())),
        _ => None,
    }
}

pub(super) fn may_show(told: Option<&Reply>, value: &Datum) -> bool {
    told.is_none_or(|told| matches!(told, Reply::Value(told) if told == value))
}
