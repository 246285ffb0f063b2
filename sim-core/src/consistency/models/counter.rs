//! A counter.

use std::collections::BTreeMap;

use super::super::SequentialModel;
use super::register::may_show;
use super::{Action, Datum, Op, Reply, may_tell_or_acknowledge};
use crate::history::History;

/// One counter a key, from 0, modulo 2^64. An addition may be answered by the sum.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counter {
    /// The lowest and the highest sum of any of the additions to each counter, if neither is beyond
    /// the range of numbers.
    bounds: BTreeMap<Datum, Option<[i64; 2]>>,
}

impl Counter {
    /// The counters for this history. It knows which counters are only ever added to, or only taken
    /// from, and so which sums cannot come any more.
    pub fn new(history: &History<Op, Reply>) -> Self {
        let mut bounds = BTreeMap::new();
        for (_, operation) in history.iter() {
            let Op { key, action: Action::Add(number) } = &operation.op else { continue };
            let bounds: &mut Option<[i64; 2]> = bounds.entry(key.clone()).or_insert(Some([0, 0]));
            *bounds = bounds.and_then(|[low, high]| {
                Some([low.checked_add((*number).min(0))?, high.checked_add((*number).max(0))?])
            });
        }
        Self { bounds }
    }
}

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

    fn rules_out(&self, state: &i64, op: &Op, reply: &Reply) -> bool {
        match (reply, self.bounds.get(&op.key)) {
            (Reply::Value(Datum::Int(sum)), Some(Some([0, _]))) => sum < state,
            (Reply::Value(Datum::Int(sum)), Some(Some([_, 0]))) => sum > state,
            _ => false,
        }
    }
}
