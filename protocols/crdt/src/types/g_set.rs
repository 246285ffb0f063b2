//! A set that only grows.

use std::collections::BTreeSet;

use serde::Serialize;
use sim_core::Flaws;

use super::{At, Crdt, Value, digest};
use crate::flaws::CrdtFlaw;

/// All that was ever added.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct GSet {
    elements: BTreeSet<u32>,
    /// The sum of the digests of all elements: it tells what is in without looking at all of it.
    #[serde(skip)]
    digest: u64,
}

impl GSet {
    fn add(&mut self, element: u32) {
        if self.elements.insert(element) {
            self.digest = self.digest.wrapping_add(digest(&element));
        }
    }
}

impl FromIterator<u32> for GSet {
    fn from_iter<I: IntoIterator<Item = u32>>(elements: I) -> Self {
        let mut set = Self::default();
        elements.into_iter().for_each(|element| set.add(element));
        set
    }
}

impl Crdt for GSet {
    /// The element that is added.
    type Update = u32;
    /// The same.
    type Effect = u32;

    fn delta(&self, element: &u32, _: At) -> Self {
        [*element].into_iter().collect()
    }

    fn merge(&mut self, other: &Self, flaws: Flaws<CrdtFlaw>) {
        if flaws.has(CrdtFlaw::LargerSetWins) && other.elements.len() > self.elements.len() {
            self.clone_from(other);
        } else {
            let new: Vec<u32> = other.elements.difference(&self.elements).copied().collect();
            new.into_iter().for_each(|element| self.add(element));
        }
    }

    fn beyond(&self, known: &Self) -> Self {
        self.elements.difference(&known.elements).copied().collect()
    }

    fn prepare(&self, element: &u32, _: At) -> u32 {
        *element
    }

    fn effect(&mut self, element: &u32, _: Flaws<CrdtFlaw>) {
        self.add(*element);
    }

    fn value(&self) -> Value {
        Value::Elements(self.elements.clone())
    }

    fn digest(&self) -> u64 {
        self.digest
    }
}
