//! Stores of dots, and the types that are made of them: the *causal* types of Almeida, Shoker and Baquero
//! 2018, section 7.
//!
//! A store has what is there, each with the dot of the update that put it there; the context has the dots of
//! all updates that were ever seen. What is in the context of one state and not in its store was there and is
//! gone: no tombstones are needed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use parts::clocks::{CausalContext, Dot};
use serde::Serialize;
use sim_core::Flaws;

use super::{At, Crdt, Value};
use crate::flaws::CrdtFlaw;

/// Dots alone.
pub type DotSet = BTreeSet<Dot>;

/// A value for each dot.
pub type DotFun<V> = BTreeMap<Dot, V>;

/// A store for each key. No store in it is empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct DotMap<K: Ord, S>(pub(super) BTreeMap<K, S>);

impl<K: Ord, S> Default for DotMap<K, S> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

/// What is there, by the dots of the updates that put it there.
pub trait DotStore: Clone + Debug + Default + PartialEq + Serialize {
    /// Whether nothing is there.
    fn is_empty(&self) -> bool;

    /// Adds all its dots.
    fn collect(&self, dots: &mut DotSet);

    /// The join. What only one side has stays if the other has not seen it: the contexts tell what has been seen
    /// by this one, and by the other.
    fn join(&mut self, seen: &CausalContext, other: &Self, seen_by_other: &CausalContext, flaws: Flaws<CrdtFlaw>);

    /// What was put there by dots that are not among these.
    fn beyond(&self, seen: &CausalContext) -> Self;

    /// Takes away what these dots put there.
    fn remove(&mut self, dots: &DotSet);

    /// Puts in all of the other, whose dots are new.
    fn add(&mut self, other: &Self);
}

impl DotStore for DotSet {
    fn is_empty(&self) -> bool {
        self.is_empty()
    }

    fn collect(&self, dots: &mut DotSet) {
        dots.extend(self);
    }

    fn join(&mut self, seen: &CausalContext, other: &Self, seen_by_other: &CausalContext, flaws: Flaws<CrdtFlaw>) {
        if flaws.has(CrdtFlaw::OrswotResurrect) && !self.is_empty() && !other.is_empty() {
            return self.extend(other);
        }
        self.retain(|dot| other.contains(dot) || !seen_by_other.contains(*dot));
        self.extend(other.iter().filter(|dot| !seen.contains(**dot)));
        while flaws.has(CrdtFlaw::OneDot) && self.len() > 1 {
            self.pop_first();
        }
    }

    fn beyond(&self, seen: &CausalContext) -> Self {
        self.iter().copied().filter(|dot| !seen.contains(*dot)).collect()
    }

    fn remove(&mut self, dots: &DotSet) {
        dots.iter().for_each(|dot| _ = self.remove(dot));
    }

    fn add(&mut self, other: &Self) {
        self.extend(other);
    }
}

impl<V: Clone + Debug + PartialEq + Serialize> DotStore for DotFun<V> {
    fn is_empty(&self) -> bool {
        self.is_empty()
    }

    fn collect(&self, dots: &mut DotSet) {
        dots.extend(self.keys());
    }

    fn join(&mut self, seen: &CausalContext, other: &Self, seen_by_other: &CausalContext, _: Flaws<CrdtFlaw>) {
        self.retain(|dot, _| other.contains_key(dot) || !seen_by_other.contains(*dot));
        let new = other.iter().filter(|(dot, _)| !seen.contains(**dot));
        self.extend(new.map(|(dot, value)| (*dot, value.clone())));
    }

    fn beyond(&self, seen: &CausalContext) -> Self {
        let new = self.iter().filter(|(dot, _)| !seen.contains(**dot));
        new.map(|(dot, value)| (*dot, value.clone())).collect()
    }

    fn remove(&mut self, dots: &DotSet) {
        dots.iter().for_each(|dot| _ = self.remove(dot));
    }

    fn add(&mut self, other: &Self) {
        self.extend(other.iter().map(|(dot, value)| (*dot, value.clone())));
    }
}

impl<K: Ord + Clone + Debug + Serialize, S: DotStore> DotStore for DotMap<K, S> {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn collect(&self, dots: &mut DotSet) {
        self.0.values().for_each(|store| store.collect(dots));
    }

    fn join(&mut self, seen: &CausalContext, other: &Self, seen_by_other: &CausalContext, flaws: Flaws<CrdtFlaw>) {
        let nothing = S::default();
        for (key, store) in &mut self.0 {
            store.join(seen, other.0.get(key).unwrap_or(&nothing), seen_by_other, flaws);
        }
        for (key, theirs) in &other.0 {
            if !self.0.contains_key(key) {
                let mut store = S::default();
                store.join(seen, theirs, seen_by_other, flaws);
                self.0.insert(key.clone(), store);
            }
        }
        self.0.retain(|_, store| !store.is_empty());
    }

    fn beyond(&self, seen: &CausalContext) -> Self {
        let new = self.0.iter().map(|(key, store)| (key, store.beyond(seen)));
        Self(new.filter(|(_, store)| !store.is_empty()).map(|(key, store)| (key.clone(), store)).collect())
    }

    fn remove(&mut self, dots: &DotSet) {
        self.0.values_mut().for_each(|store| store.remove(dots));
        self.0.retain(|_, store| !store.is_empty());
    }

    fn add(&mut self, other: &Self) {
        other.0.iter().for_each(|(key, store)| self.0.entry(key.clone()).or_default().add(store));
    }
}

/// What an update of a causal type does: it takes away what it has seen of something, and puts something there.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change<S> {
    /// Its name.
    pub dot: Dot,
    /// What it puts there, under that name.
    pub adds: S,
    /// What it takes away.
    pub removes: DotSet,
}

/// A store of dots that is a data type.
pub trait Mutate: DotStore {
    /// What changes it.
    type Update;

    /// What an update puts there, and what it takes away.
    fn change(&self, update: &Self::Update, at: At) -> (Self, DotSet);

    /// What a read gives.
    fn value(&self) -> Value;
}

/// A store, and the dots of all updates that were ever seen.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Causal<S> {
    pub(super) store: S,
    context: CausalContext,
}

impl<S: Mutate> Crdt for Causal<S> {
    type Update = S::Update;
    type Effect = Change<S>;

    /// Its context has what it takes away, so that the join does so.
    fn delta(&self, update: &S::Update, at: At) -> Self {
        let Change { dot, adds, removes } = self.prepare(update, at);
        Self { store: adds, context: removes.into_iter().chain([dot]).collect() }
    }

    fn merge(&mut self, other: &Self, flaws: Flaws<CrdtFlaw>) {
        if self == other {
            return;
        }
        self.store.join(&self.context, &other.store, &other.context, flaws);
        self.context.merge(&other.context);
    }

    /// Its context has what the other still has there and this one has seen gone, so that the join takes it away.
    fn beyond(&self, known: &Self) -> Self {
        let [mut here, mut there] = [DotSet::new(), DotSet::new()];
        self.store.collect(&mut here);
        known.store.collect(&mut there);
        let gone = there.into_iter().filter(|dot| self.context.contains(*dot) && !here.contains(dot));
        Self {
            store: self.store.beyond(&known.context),
            context: self.context.beyond(&known.context).chain(gone).collect(),
        }
    }

    fn prepare(&self, update: &S::Update, at: At) -> Change<S> {
        let (adds, removes) = self.store.change(update, at);
        Change { dot: at.stamp.dot, adds, removes }
    }

    fn effect(&mut self, Change { dot, adds, removes }: &Change<S>, _: Flaws<CrdtFlaw>) {
        self.store.remove(removes);
        self.store.add(adds);
        self.context.insert(*dot);
    }

    fn value(&self) -> Value {
        self.store.value()
    }
}
