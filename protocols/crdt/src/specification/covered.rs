//! What is there until something that had seen it takes it away.

use std::collections::{BTreeMap, BTreeSet};

use parts::clocks::{CausalContext, Dot};

use crate::types::SetUpdate;

/// What updates put there, without what others have taken away that had seen them. Updates may become visible in
/// any order.
#[derive(Clone, Debug)]
pub(super) struct Uncovered<T> {
    there: BTreeMap<Dot, T>,
    /// All that was seen by those that took away.
    covered: CausalContext,
}

impl<T> Default for Uncovered<T> {
    fn default() -> Self {
        Self { there: BTreeMap::new(), covered: CausalContext::default() }
    }
}

impl<T> Uncovered<T> {
    pub(super) fn add(&mut self, dot: Dot, what: T) {
        if !self.covered.contains(dot) {
            self.there.insert(dot, what);
        }
    }

    pub(super) fn cover(&mut self, past: &CausalContext) {
        self.there.retain(|dot, _| !past.contains(*dot));
        self.covered.merge(past);
    }

    /// Takes away what the update had seen, and puts this there.
    pub(super) fn replace(&mut self, dot: Dot, what: T, past: &CausalContext) {
        self.cover(past);
        self.add(dot, what);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.there.is_empty()
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &T> {
        self.there.values()
    }
}

/// The adds of each element that no remove of it had seen.
#[derive(Clone, Debug, Default)]
pub(super) struct UncoveredSet {
    elements: BTreeMap<u32, Uncovered<()>>,
    /// What was seen by those that took all elements away.
    covered: CausalContext,
}

impl UncoveredSet {
    pub(super) fn see(&mut self, dot: Dot, update: SetUpdate, past: &CausalContext) {
        match update {
            SetUpdate::Add(element) if !self.covered.contains(dot) => {
                self.elements.entry(element).or_default().add(dot, ());
            }
            SetUpdate::Add(_) => {}
            SetUpdate::Remove(element) => self.elements.entry(element).or_default().cover(past),
        }
    }

    pub(super) fn cover(&mut self, past: &CausalContext) {
        self.elements.values_mut().for_each(|element| element.cover(past));
        self.covered.merge(past);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.elements.values().all(Uncovered::is_empty)
    }

    pub(super) fn present(&self) -> BTreeSet<u32> {
        self.elements.iter().filter(|(_, adds)| !adds.is_empty()).map(|(element, _)| *element).collect()
    }
}
