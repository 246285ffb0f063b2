//! A counter.

use super::super::SequentialModel;
use super::register::may_show;
use super::{Action, Datum, Op, Reply, may_tell_or_acknowledge};

/// One counter a key, from 0, modulo 2^64. An addition may be answered by the sum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counter;

impl SequentialModel for Counter {
    type Op = Op;
    type Reply = Reply;
    type State = i64;
    type Key = Datum;

    fn initial(&self) -> i64 {
        0
    }

    fn apply(&self, &state: &i64, op: &Op, reply: Option<&Reply>) -> Option<i64> {
        match op.action {
            Action::Read => may_show(reply, &Datum::Int(state)).then_some(state),
            Action::Add(number) => {
                let sum = state.wrapping_add(number);
                may_tell_or_acknowledge(reply, &Reply::Value(Datum::Int(sum))).then_some(sum)
            }
            _ => None,
        }
    }

    fn key(&self, op: &Op) -> Option<Datum> {
        Some(op.key.clone())
    }

    fn is_read(&self, op: &Op, _: Option<&Reply>) -> bool {
        op.action == Action::Read
    }
}
