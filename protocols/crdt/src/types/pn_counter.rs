//! A counter that goes up and down.

use parts::clocks::Dot;
use serde::Serialize;
use sim_core::Flaws;

use super::{At, Crdt, GCounter, Value};
use crate::flaws::CrdtFlaw;

/// Two counters that only grow: what was added, and what was taken away. With one alone an entry that sinks would
/// be older and newer at once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PnCounter {
    increments: GCounter,
    decrements: GCounter,
}

impl Crdt for PnCounter {
    /// By how much; below 0 it is a decrement.
    type Update = i32;
    /// On which replica, by how much.
    type Effect = (Dot, i32);

    fn delta(&self, by: &i32, at: At) -> Self {
        let (dot, amount) = (at.stamp.dot, u64::from(by.unsigned_abs()));
        if *by >= 0 {
            Self { increments: self.increments.raised(dot, amount), ..Self::default() }
        } else {
            Self { decrements: self.decrements.raised(dot, amount), ..Self::default() }
        }
    }

    fn merge(&mut self, other: &Self, flaws: Flaws<CrdtFlaw>) {
        self.increments.merge_by(&other.increments, u64::max);
        if flaws.has(CrdtFlaw::DecrementNotIdempotent) {
            self.decrements.merge_by(&other.decrements, u64::saturating_add);
        } else {
            self.decrements.merge_by(&other.decrements, u64::max);
        }
    }

    fn beyond(&self, known: &Self) -> Self {
        Self {
            increments: self.increments.higher_than(&known.increments),
            decrements: self.decrements.higher_than(&known.decrements),
        }
    }

    fn prepare(&self, by: &i32, at: At) -> (Dot, i32) {
        (at.stamp.dot, *by)
    }

    fn effect(&mut self, (dot, by): &(Dot, i32), _: Flaws<CrdtFlaw>) {
        let side = if *by >= 0 { &mut self.increments } else { &mut self.decrements };
        side.raise(*dot, u64::from(by.unsigned_abs()));
    }

    fn value(&self) -> Value {
        Value::Count(self.increments.count() - self.decrements.count())
    }
}
