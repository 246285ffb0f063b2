//! A counter.

use std::collections::BTreeMap;

use super::super::SequentialModel;
use super::{Action, Datum, Op, Reply};
use crate::history::History;

/// One counter a key, from 0. An addition may be answered by the sum. Sums go as far as they will; one of
/// more than 64 bits is none that a client can be told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counter {
    /// The lowest and the highest sum of any of the additions to each counter.
    bounds: BTreeMap<Datum, [i128; 2]>,
}

impl Counter {
    /// The counters for this history. It knows which counters are only ever added to, or only taken
    /// from, and so which sums cannot come any more.
    pub fn new(history: &History<Op, Reply>) -> Self {
        let mut bounds = BTreeMap::new();
        for (_, operation) in history.iter() {
            let Op { key, action: Action::Add(number) } = &operation.op else { continue };
            let [low, high]: &mut [i128; 2] = bounds.entry(key.clone()).or_default();
            *low += i128::from((*number).min(0));
            *high += i128::from((*number).max(0));
        }
        Self { bounds }
    }
}

impl SequentialModel for Counter {
    type Op = Op;
    type Reply = Reply;
    type State = i128;
    type Key = Datum;

    fn initial(&self) -> i128 {
        0
    }

    fn apply(&self, &state: &i128, op: &Op, reply: Option<&Reply>) -> Option<i128> {
        match op.action {
            Action::Read => may_tell_sum(reply, state).then_some(state),
            Action::Add(number) => {
                let sum = state + i128::from(number);
                (may_tell_sum(reply, sum) || reply == Some(&Reply::Done)).then_some(sum)
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

    fn rules_out(&self, state: &i128, op: &Op, reply: &Reply) -> bool {
        match (reply, self.bounds.get(&op.key)) {
            (Reply::Value(Datum::Int(sum)), Some([0, _])) => i128::from(*sum) < *state,
            (Reply::Value(Datum::Int(sum)), Some([_, 0])) => i128::from(*sum) > *state,
            _ => false,
        }
    }
}

/// Whether the client may have been told this sum.
fn may_tell_sum(told: Option<&Reply>, sum: i128) -> bool {
    match told {
        None => true,
        Some(Reply::Value(Datum::Int(told))) => i128::from(*told) == sum,
        Some(_) => false,
    }
}
