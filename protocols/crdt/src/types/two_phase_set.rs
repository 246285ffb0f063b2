//! A set in which what was removed never comes back.

use std::collections::BTreeSet;

use serde::Serialize;
use sim_core::Flaws;

use super::{At, Crdt, SetUpdate, Value};
use crate::flaws::CrdtFlaw;

/// All that was ever added, and all that was ever removed. Only what is in can be removed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TwoPhaseSet {
    added: BTreeSet<u32>,
    removed: BTreeSet<u32>,
}

impl TwoPhaseSet {
    fn add(&mut self, update: &SetUpdate) {
        match update {
            SetUpdate::Add(element) => _ = self.added.insert(*element),
            SetUpdate::Remove(element) => _ = self.removed.insert(*element),
        }
    }
}

impl Crdt for TwoPhaseSet {
    type Update = SetUpdate;
    /// The same, if it does anything.
    type Effect = Option<SetUpdate>;

    fn delta(&self, update: &SetUpdate, at: At) -> Self {
        let mut delta = Self::default();
        self.prepare(update, at).iter().for_each(|update| delta.add(update));
        delta
    }

    fn merge(&mut self, other: &Self, flaws: Flaws<CrdtFlaw>) {
        self.added.extend(&other.added);
        self.removed.extend(&other.removed);
        if flaws.has(CrdtFlaw::DropsTombstones) {
            // What is gone on both sides need not be remembered, as it seems.
            let gone: Vec<u32> = self.removed.intersection(&other.removed).copied().collect();
            for element in gone {
                self.added.remove(&element);
                self.removed.remove(&element);
            }
        }
    }

    fn beyond(&self, known: &Self) -> Self {
        Self { added: &self.added - &known.added, removed: &self.removed - &known.removed }
    }

    fn prepare(&self, update: &SetUpdate, _: At) -> Option<SetUpdate> {
        let does_nothing = matches!(update, SetUpdate::Remove(element) if !self.added.contains(element));
        (!does_nothing).then_some(*update)
    }

    fn effect(&mut self, effect: &Option<SetUpdate>, _: Flaws<CrdtFlaw>) {
        effect.iter().for_each(|update| self.add(update));
    }

    fn value(&self) -> Value {
        Value::Elements(self.added.difference(&self.removed).copied().collect())
    }
}
