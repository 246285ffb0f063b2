//! A log: entries are added at its end and never change.

use std::collections::BTreeSet;

use super::super::{Decision, SequentialModel};
use super::{Action, Datum, Grown, Op, Reply, may_tell, may_tell_or_acknowledge};
use crate::history::{History, OperationId};

/// One log a key, empty at the start. What was appended may be answered by its index, from 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Log;

impl SequentialModel for Log {
    type Op = Op;
    type Reply = Reply;
    type State = Grown<Datum>;
    type Key = Datum;

    fn initial(&self) -> Grown<Datum> {
        Grown::new(&[])
    }

    fn apply(&self, state: &Grown<Datum>, op: &Op, reply: Option<&Reply>) -> Option<Grown<Datum>> {
        match &op.action {
            Action::Read => shows(state, reply).then(|| state.clone()),
            Action::ReadAt(index) => may_tell(reply, &entry(state, *index)).then(|| state.clone()),
            Action::Append(entry) => {
                let index = Reply::Value(Datum::Int(state.len() as i64));
                may_tell_or_acknowledge(reply, &index).then(|| state.grow(std::slice::from_ref(entry)))
            }
            _ => None,
        }
    }

    fn key(&self, op: &Op) -> Option<Datum> {
        Some(op.key.clone())
    }

    fn is_read(&self, op: &Op, _: Option<&Reply>) -> bool {
        matches!(op.action, Action::Read | Action::ReadAt(_))
    }

    fn rules_out(&self, state: &Grown<Datum>, op: &Op, reply: &Reply) -> bool {
        match (&op.action, reply) {
            (Action::Read, Reply::Value(Datum::List(entries))) => !state.begins(entries),
            (Action::ReadAt(index), _) => match entry(state, *index) {
                // It may still be appended, unless the index is none.
                Reply::Empty => *index < 0 && *reply != Reply::Empty,
                there => *reply != there,
            },
            _ => false,
        }
    }

    /// What nobody ever appended is wrong in any case.
    fn decide(&self, history: &History<Op, Reply>, operations: &[OperationId]) -> Decision {
        let appended = |id: &OperationId| match &history.get(*id).op.action {
            Action::Append(entry) => Some(entry),
            _ => None,
        };
        let appended: BTreeSet<&Datum> = operations.iter().filter_map(appended).collect();
        let is_wrong = |id: &&OperationId| {
            let operation = history.get(**id);
            match (&operation.op.action, operation.reply()) {
                (Action::Read, Some(Reply::Value(Datum::List(entries)))) => {
                    !entries.iter().all(|entry| appended.contains(entry))
                }
                (Action::ReadAt(_), Some(Reply::Value(entry))) => !appended.contains(entry),
                _ => false,
            }
        };
        operations.iter().find(is_wrong).map_or(Decision::Open, |&id| Decision::NoOrder(vec![id]))
    }

    fn heap_bytes(&self, state: &Grown<Datum>) -> u64 {
        state.heap_bytes()
    }
}

fn shows(state: &Grown<Datum>, reply: Option<&Reply>) -> bool {
    match reply {
        None => true,
        Some(Reply::Value(Datum::List(entries))) => state.is(entries),
        Some(_) => false,
    }
}

fn entry(state: &Grown<Datum>, index: i64) -> Reply {
    let found = usize::try_from(index).ok().and_then(|index| state.get(index));
    found.map_or(Reply::Empty, Reply::Value)
}
