//! Delta-based replication: anti-entropy that keeps causal consistency (Almeida, Shoker and Baquero 2018,
//! algorithm 2).

use std::collections::BTreeMap;

use sim_core::NodeId;

use super::{Crdt, Ctx};
use crate::flaws::CrdtFlaw;
use crate::message::Message;
use crate::store::Store;

/// The deltas that others may lack, each with its number: its own, and those that it was sent. They are lost in a
/// crash, and the number of the next one is not: whoever has acknowledged a number has all before it.
#[derive(Debug, Default)]
pub(super) struct Deltas {
    next: u64,
    deltas: BTreeMap<u64, Store>,
    /// By replica, up to which number it has everything.
    acknowledged: BTreeMap<NodeId, u64>,
}

/// None yet, and the next one has this number.
impl From<u64> for Deltas {
    fn from(next: u64) -> Self {
        Self { next, ..Self::default() }
    }
}

impl Deltas {
    /// The number of the next one.
    pub(super) const fn next(&self) -> u64 {
        self.next
    }

    pub(super) const fn begin_at(&mut self, next: u64) {
        self.next = next;
    }

    pub(super) fn add(&mut self, delta: Store) {
        self.deltas.insert(self.next, delta);
        self.next += 1;
    }

    /// Forgets what all have.
    fn acknowledged(&mut self, by: NodeId, end: u64, others: impl Iterator<Item = NodeId>) {
        let known = self.acknowledged.entry(by).or_default();
        *known = end.max(*known);
        let by_all = others.map(|other| self.acknowledged_by(other)).min().unwrap_or_default();
        self.deltas = self.deltas.split_off(&by_all);
    }

    /// A replica is not what it was.
    pub(super) fn forget(&mut self, by: NodeId) {
        self.acknowledged.remove(&by);
    }

    fn acknowledged_by(&self, other: NodeId) -> u64 {
        self.acknowledged.get(&other).copied().unwrap_or_default()
    }
}

impl Crdt {
    /// Sends another what it may lack: the deltas from the number on up to which it has everything, or all that
    /// there is, if some of these are gone. So an interval never leaves a gap (the *causal delta-merging
    /// condition*).
    pub(super) fn send_interval(&mut self, to: NodeId, ctx: &mut Ctx<'_>) {
        let Deltas { next, deltas, .. } = &self.deltas;
        let (from, end) = (self.deltas.acknowledged_by(to), *next);
        if from >= end {
            return;
        }
        let begins_late = deltas.first_key_value().is_none_or(|(first, _)| *first > from);
        let group = if self.has(CrdtFlaw::DeltaGap) {
            deltas.last_key_value().map_or_else(Store::default, |(_, last)| last.clone())
        } else if begins_late {
            self.store.clone()
        } else {
            let mut group = Store::default();
            deltas.range(from..).for_each(|(_, delta)| group.merge(delta, self.config.flaws));
            group
        };
        ctx.send(to, Message::Interval { to: self.membership.members.of(to), deltas: group, end });
    }

    /// An interval for what it was before it left begins where it had been then.
    pub(super) fn interval(&mut self, from: NodeId, to: u64, deltas: &Store, end: u64, ctx: &mut Ctx<'_>) {
        if to != self.count() {
            return;
        }
        if !self.store.seen().includes(deltas.seen()) {
            self.merge(deltas, ctx);
        }
        ctx.send(from, Message::Acknowledge { by: self.count(), end });
    }

    pub(super) fn acknowledged(&mut self, from: NodeId, by: u64, end: u64, ctx: &mut Ctx<'_>) {
        if self.learn(from, by, ctx) {
            let others: Vec<NodeId> = self.others().collect();
            self.deltas.acknowledged(from, end, others.into_iter());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deltas_are_kept_for_those_that_belong_to_the_group() {
        let [second, third] = [1, 2].map(NodeId::node);
        let mut deltas = Deltas::from(4);
        (0..3).for_each(|_| deltas.add(Store::default()));
        let first = |deltas: &Deltas| deltas.deltas.keys().next().copied();
        deltas.acknowledged(second, 6, [second, third].into_iter());
        assert_eq!(first(&deltas), Some(4), "the third has acknowledged none");
        deltas.acknowledged(third, 5, [second, third].into_iter());
        assert_eq!(first(&deltas), Some(5));
        deltas.forget(third);
        deltas.acknowledged(second, 7, [second, third].into_iter());
        assert_eq!(first(&deltas), Some(5), "what the third has acknowledged before it left says nothing");
        deltas.acknowledged(second, 7, [second].into_iter());
        assert_eq!(first(&deltas), None, "the third has left");
    }
}
