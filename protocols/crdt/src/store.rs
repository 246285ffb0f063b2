//! What a replica has.

use std::collections::BTreeMap;
use std::rc::Rc;

use parts::clocks::{CausalContext, Dot};
use serde::Serialize;
use sim_core::Flaws;

use super::flaws::CrdtFlaw;
use super::types::{At, Effect, Kind, Object, Stamp, Update, Value};

/// An object of each type that was ever updated, and the updates that are in them. A store is a state itself: the
/// product of its parts, and a delta is a store with little in it.
///
/// Copies share their objects until one of them changes.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Store {
    objects: BTreeMap<Kind, Rc<Object>>,
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
        self.object(kind).map_or_else(|| Object::new(kind).value(), Object::value)
    }

    /// The same in one word.
    pub(super) fn digest(&self, kind: Kind) -> u64 {
        self.object(kind).map_or_else(|| Object::new(kind).digest(), Object::digest)
    }

    /// The object of this type, if it was ever updated.
    pub fn object(&self, kind: Kind) -> Option<&Object> {
        self.objects.get(&kind).map(Rc::as_ref)
    }

    /// The types of the objects that are in it.
    pub(super) fn kinds(&self) -> impl Iterator<Item = Kind> {
        self.objects.keys().copied()
    }

    /// The stamp of the next update of this replica.
    pub(super) fn next_stamp(&self, origin: u64, flaws: Flaws<CrdtFlaw>) -> Stamp {
        let number = self.seen.all_up_to(origin) + 1;
        let time = if flaws.has(CrdtFlaw::ClockNotMerged) { number } else { self.time + 1 };
        Stamp { time, dot: Dot { origin, number } }
    }

    /// The delta of an update.
    pub(super) fn delta(&self, kind: Kind, update: &Update, at: At) -> Self {
        let delta = match self.object(kind) {
            Some(object) => object.delta(update, at),
            None => Object::new(kind).delta(update, at),
        };
        let Stamp { time, dot } = at.stamp;
        Self { objects: [(kind, Rc::new(delta))].into(), seen: [dot].into_iter().collect(), time }
    }

    /// What an update does everywhere.
    pub(super) fn prepare(&self, kind: Kind, update: &Update, at: At) -> Effect {
        match self.object(kind) {
            Some(object) => object.prepare(update, at),
            None => Object::new(kind).prepare(update, at),
        }
    }

    /// Does it.
    pub(super) fn effect(&mut self, effect: &Effect, stamp: Stamp, flaws: Flaws<CrdtFlaw>) {
        let kind = effect.kind();
        let object = self.objects.entry(kind).or_insert_with(|| Rc::new(Object::new(kind)));
        Rc::make_mut(object).effect(effect, flaws);
        self.seen.insert(stamp.dot);
        self.time = self.time.max(stamp.time);
    }

    /// The join.
    pub(super) fn merge(&mut self, other: &Self, flaws: Flaws<CrdtFlaw>) {
        for (kind, theirs) in &other.objects {
            match self.objects.get_mut(kind) {
                Some(object) => Rc::make_mut(object).merge(theirs, flaws),
                None => _ = self.objects.insert(*kind, Rc::clone(theirs)),
            }
        }
        self.seen.merge(&other.seen);
        self.time = self.time.max(other.time);
    }

    /// What the other store lacks of this one.
    pub(super) fn beyond(&self, known: &Self) -> Self {
        let new = self.objects.iter().filter_map(|(kind, object)| {
            let new = known.object(*kind).map_or_else(|| Rc::clone(object), |known| Rc::new(object.beyond(known)));
            (*new != Object::new(*kind)).then_some((*kind, new))
        });
        Self { objects: new.collect(), seen: self.seen.beyond(&known.seen).collect(), time: self.time }
    }

    /// Forgets what this replica has counted itself.
    pub(super) fn forget_count_of(&mut self, origin: u64) {
        if let Some(object) = self.objects.get_mut(&Kind::GCounter)
            && let Object::GCounter(counter) = Rc::make_mut(object)
        {
            counter.forget(origin);
        }
    }
}
