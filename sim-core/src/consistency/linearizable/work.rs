//! What a search has done, so that its budget takes about the same time whatever it searches.

use std::cell::Cell;

/// Units of work in a step. One is a look at a call or a return of a list, or at a word: a few
/// nanoseconds.
const UNITS: u64 = 16;

/// Units that it takes to hold an operation against a state, at least.
pub(super) const APPLYING: u64 = 4;

/// Units that it takes to look for a dead end, or to add one, beside its words.
pub(super) const REMEMBERING: u64 = 8;

/// Bytes of a new state that are made, and dropped, in a unit.
pub(super) const BYTES_A_UNIT: u64 = 16;

/// Work done so far.
#[derive(Debug, Default)]
pub(super) struct Work(Cell<u64>);

impl Work {
    pub(super) fn add(&self, units: u64) {
        self.0.set(self.0.get().saturating_add(units));
    }

    /// The same in steps.
    pub(super) const fn steps(&self) -> u64 {
        self.0.get() / UNITS
    }
}
