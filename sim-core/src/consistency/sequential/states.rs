//! The states of the parts of a model, by number, so that a whole state is a short list.

use std::collections::BTreeMap;
use std::hash::Hash;

use super::super::hash::hash_one;

/// What an entry costs beside the heap of its state: the state, its number, its place by hash.
const ENTRY_BYTES: u64 = 96;

/// All states met of one part. Equal states, and no others, have equal numbers.
#[derive(Debug)]
pub(super) struct States<S> {
    states: Vec<S>,
    by_hash: BTreeMap<u64, Vec<u32>>,
}

impl<S: Eq + Hash> States<S> {
    /// The first state has number 0.
    pub(super) fn new(first: S) -> Self {
        let by_hash = BTreeMap::from([(hash_one(&first), vec![0])]);
        Self { states: vec![first], by_hash }
    }

    pub(super) fn get(&self, number: u32) -> &S {
        &self.states[number as usize]
    }

    /// The number of a state, and the bytes it takes to keep it if it is new; `heap_bytes` is what
    /// it owns.
    pub(super) fn number(&mut self, state: S, heap_bytes: u64) -> (u32, u64) {
        let alike = self.by_hash.entry(hash_one(&state)).or_default();
        if let Some(&number) = alike.iter().find(|&&number| self.states[number as usize] == state) {
            return (number, 0);
        }
        let number = self.states.len() as u32;
        alike.push(number);
        self.states.push(state);
        (number, ENTRY_BYTES + heap_bytes)
    }
}
