//! A counter that only grows.

use std::collections::BTreeMap;

use parts::clocks::Dot;
use serde::Serialize;
use sim_core::Flaws;

use super::{At, Crdt, Value};
use crate::flaws::CrdtFlaw;

/// By replica, the sum of its increments. Each replica raises its own entry, and the higher entry is the later
/// one. Sums stop at the highest number there is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct GCounter {
    counts: BTreeMap<u64, u64>,
}

impl GCounter {
    /// The sum of all entries.
    pub fn total(&self) -> u64 {
        self.counts.values().copied().fold(0, u64::saturating_add)
    }

    /// The same, as far as it fits in.
    pub(super) fn count(&self) -> i64 {
        i64::try_from(self.total()).unwrap_or(i64::MAX)
    }

    /// Forgets the entry of a replica.
    pub(crate) fn forget(&mut self, origin: u64) {
        self.counts.remove(&origin);
    }

    /// This much more on the replica that the dot is from.
    pub(super) fn raise(&mut self, Dot { origin, .. }: Dot, by: u64) {
        let own = self.counts.entry(origin).or_default();
        *own = own.saturating_add(by);
    }

    /// The entry of the replica that the dot is from, with this much more.
    pub(super) fn raised(&self, dot: Dot, by: u64) -> Self {
        let own = self.counts.get(&dot.origin).copied().unwrap_or_default();
        Self { counts: [(dot.origin, own.saturating_add(by))].into() }
    }

    /// The entries that are higher than the other's.
    pub(super) fn higher_than(&self, other: &Self) -> Self {
        let is_higher = |(origin, count): &(&u64, &u64)| other.counts.get(origin).is_none_or(|known| known < count);
        Self { counts: self.counts.iter().filter(is_higher).map(|(origin, count)| (*origin, *count)).collect() }
    }

    /// Takes from each entry the one that `join` makes of both.
    pub(super) fn merge_by(&mut self, other: &Self, join: impl Fn(u64, u64) -> u64) {
        for (origin, theirs) in &other.counts {
            let own = self.counts.entry(*origin).or_default();
            *own = join(*own, *theirs);
        }
    }
}

impl Crdt for GCounter {
    /// By how much.
    type Update = u32;
    /// On which replica, by how much.
    type Effect = (Dot, u32);

    fn delta(&self, by: &u32, at: At) -> Self {
        if at.flaws.has(CrdtFlaw::DeltaWithoutTotal) {
            return Self::default().raised(at.stamp.dot, u64::from(*by));
        }
        self.raised(at.stamp.dot, u64::from(*by))
    }

    fn merge(&mut self, other: &Self, _: Flaws<CrdtFlaw>) {
        self.merge_by(other, u64::max);
    }

    fn beyond(&self, known: &Self) -> Self {
        self.higher_than(known)
    }

    fn prepare(&self, by: &u32, at: At) -> (Dot, u32) {
        (at.stamp.dot, *by)
    }

    fn effect(&mut self, (dot, by): &(Dot, u32), _: Flaws<CrdtFlaw>) {
        self.raise(*dot, u64::from(*by));
    }

    fn value(&self) -> Value {
        Value::Count(self.count())
    }
}
