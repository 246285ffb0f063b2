//! The numbers under which a history has the clients and sessions of a file.

use std::collections::{BTreeMap, BTreeSet};

/// Numbers for things. Each has the one that it wants if that is free; the others have numbers from the
/// highest down, where files have none.
#[derive(Debug)]
pub(super) struct Numbers<T> {
    given: BTreeMap<T, u32>,
    taken: BTreeSet<u32>,
}

impl<T: Clone + Ord> Numbers<T> {
    /// The number of this thing, which is always the same.
    pub(super) fn of(&mut self, thing: &T, wanted: Option<u32>) -> u32 {
        if let Some(number) = self.given.get(thing) {
            return *number;
        }
        let is_free = |number: &u32| !self.taken.contains(number);
        let number = wanted.filter(is_free).or_else(|| (0..=u32::MAX).rev().find(is_free)).unwrap_or_default();
        self.taken.insert(number);
        self.given.insert(thing.clone(), number);
        number
    }

    /// All things with their numbers.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&T, u32)> {
        self.given.iter().map(|(thing, number)| (thing, *number))
    }
}

impl<T> Default for Numbers<T> {
    fn default() -> Self {
        Self { given: BTreeMap::new(), taken: BTreeSet::new() }
    }
}
