//! What a replica has.

use std::collections::BTreeMap;

use parts::clocks::{CausalContext, Dot};
use serde::Serialize;
use sim_core::{Flaws, TraceHasher};

use super::flaws::CrdtFlaw;
use super::types::{At, Effect, Kind, Object, Stamp, Update, Value};

/// An object of each type that was ever updated, and the updates that are in them. A store is a state itself: the
/// product of its parts, and a delta is a store with little in it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Store {
    objects: BTreeMap<Kind, Object>,
    /// The updates that are in the objects.
    seen: CausalContext,
    /// The latest time of any of them.
    time: u64,
}

impl Store {
    /// The updates that are in it.
    pub const fn seen(&self) -> &CausalContext {
        &self.seen
    }

    /// What a read of the object of this type gives.
    pub fn value(&self, kind: Kind) -> Value {
        self.objects.get(&kind).map_or_else(|| Object::new(kind).value(), Object::value)
    }

    /// The object of this type, if it was ever updated.
    pub fn object(&self, kind: Kind) -> Option<&Object> {
        self.objects.get(&kind)
    }

    /// The stamp of the next update of this replica.
    pub(super) fn next_stamp(&self, origin: u64, flaws: Flaws<CrdtFlaw>) -> Stamp {
        let number = self.seen.all_up_to(origin) + 1;
        let time = if flaws.has(CrdtFlaw::ClockNotMerged) { number } else { self.time + 1 };
        Stamp { time, dot: Dot { origin, number } }
    }

    /// The delta of an update.
    pub(super) fn delta(&self, kind: Kind, update: &Update, at: At) -> Self {
        let delta = match self.objects.get(&kind) {
            Some(object) => object.delta(update, at),
            None => Object::new(kind).delta(update, at),
        };
        let Stamp { time, dot } = at.stamp;
        Self { objects: [(kind, delta)].into(), seen: [dot].into_iter().collect(), time }
    }

    /// What an update does everywhere.
    pub(super) fn prepare(&self, kind: Kind, update: &Update, at: At) -> Effect {
        match self.objects.get(&kind) {
            Some(object) => object.prepare(update, at),
            None => Object::new(kind).prepare(update, at),
        }
    }

    /// Does it.
    pub(super) fn effect(&mut self, effect: &Effect, stamp: Stamp, flaws: Flaws<CrdtFlaw>) {
        let kind = effect.kind();
        self.objects.entry(kind).or_insert_with(|| Object::new(kind)).effect(effect, flaws);
        self.seen.insert(stamp.dot);
        self.time = self.time.max(stamp.time);
    }

    /// The join.
    pub(super) fn merge(&mut self, other: &Self, flaws: Flaws<CrdtFlaw>) {
        for (kind, theirs) in &other.objects {
            match self.objects.get_mut(kind) {
                Some(object) => object.merge(theirs, flaws),
                None => _ = self.objects.insert(*kind, theirs.clone()),
            }
        }
        self.seen.merge(&other.seen);
        self.time = self.time.max(other.time);
    }

    /// Forgets what this replica has counted itself.
    pub(super) fn forget_count_of(&mut self, origin: u64) {
        if let Some(Object::GCounter(counter)) = self.objects.get_mut(&Kind::GCounter) {
            counter.forget(origin);
        }
    }

    /// What stores with the same updates have in common: what reads give.
    pub(super) fn digest(&self) -> u64 {
        let mut hasher = TraceHasher::new();
        for (kind, object) in &self.objects {
            hasher.value(kind);
            hasher.value(&object.value());
        }
        hasher.finish()
    }
}
