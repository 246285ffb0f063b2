//! The dead ends a search has met, so that it enters none twice (Lowe 2017).
//!
//! A dead end is a configuration: the known and the optional operations in
//! place and the state they lead to. It covers every configuration with the
//! same known operations and state and at least its optional ones, because
//! having more of these in place only leaves fewer to choose from. Dead ends
//! are found by hash and always compared in full, so neither the answer nor the
//! number of steps to it depends on the hash. The table is made by hand because
//! what it looks up is borrowed, not unique, and kept in one shared vector,
//! which spares an allocation for each entry.

use std::hash::{Hash, Hasher};
use std::ops::Range;

use super::super::hash::FixedHasher;
use super::bitset::BitSet;
use super::work::{REMEMBERING, Work};

/// What an entry costs beside its words and the heap of its state: the entry,
/// its slots, and a state of ordinary size. Fixed, to be the same everywhere.
const ENTRY_BYTES: u64 = 128;

/// Number of slots of the first table.
const FIRST_SLOTS: usize = 64;

/// A slot without an entry.
const FREE: u32 = u32::MAX;

#[derive(Debug)]
pub(super) struct Memo<S> {
    entries: Vec<Entry<S>>,
    /// The words of all entries, one after the other.
    words: Vec<u64>,
    /// By hash, the last entry that has it, with linear probing; a power of two, at most half full.
    slots: Vec<u32>,
    /// How many slots are taken.
    hashes: usize,
    bytes: u64,
    limit_bytes: u64,
}

/// A configuration. Both sets are named by the number of full words before,
/// and where the words after that are in the shared vector.
#[derive(Debug)]
struct Entry<S> {
    hash: u64,
    known_low: usize,
    known: Range<usize>,
    optional_low: usize,
    optional: Range<usize>,
    state: S,
    /// The entry of the same hash added before this one, or [`FREE`].
    previous: u32,
}

/// The operations in place: those with a known reply and those without.
#[derive(Debug, Default)]
pub(super) struct Placed {
    pub(super) known: BitSet,
    pub(super) optional: BitSet,
}

impl<S: Eq + Hash> Memo<S> {
    pub(super) fn new(limit_bytes: u64) -> Self {
        Self { entries: Vec::new(), words: Vec::new(), slots: Vec::new(), hashes: 0, bytes: 0, limit_bytes }
    }

    /// Forgets everything.
    pub(super) fn reset(&mut self) {
        self.entries.clear();
        self.words.clear();
        self.slots.clear();
        self.hashes = 0;
        self.bytes = 0;
    }

    /// How many bytes the dead ends take.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Whether a dead end covers the configuration.
    pub(super) fn covers(&self, placed: &Placed, state: &S, work: &Work) -> bool {
        // Most searches of good histories meet no dead end at all.
        if self.entries.is_empty() {
            return false;
        }
        let (known_low, known) = placed.known.window();
        let hash = hash_of(known, state);
        work.add(REMEMBERING + known.len() as u64);
        let covers = |entry: &Entry<S>| {
            work.add(REMEMBERING + (known.len() + entry.optional.len()) as u64);
            entry.known_low == known_low
                && self.words[entry.known.clone()] == *known
                && placed.optional.includes((entry.optional_low, &self.words[entry.optional.clone()]))
                && entry.state == *state
        };
        let entry = |number: u32| (number != FREE).then(|| &self.entries[number as usize]);
        let last = entry(self.slots[self.slot_of(hash)]);
        std::iter::successors(last, |later| entry(later.previous)).any(covers)
    }

    /// Adds a configuration that is not covered, unless memory is used up.
    /// `heap_bytes` is what the state owns.
    pub(super) fn insert(&mut self, placed: &Placed, state: S, heap_bytes: u64, work: &Work) {
        let (known_low, known) = placed.known.window();
        let (optional_low, optional) = placed.optional.window();
        work.add(REMEMBERING + (known.len() + optional.len()) as u64);
        let cost = ENTRY_BYTES + 8 * (known.len() + optional.len()) as u64 + heap_bytes;
        if self.bytes.saturating_add(cost) > self.limit_bytes {
            return;
        }
        self.bytes += cost;
        let entry = Entry {
            hash: hash_of(known, &state),
            known_low,
            known: append(&mut self.words, known),
            optional_low,
            optional: append(&mut self.words, optional),
            state,
            previous: FREE,
        };
        self.entries.push(entry);
        if self.hashes * 2 >= self.slots.len() {
            self.grow();
        } else {
            self.index(self.entries.len() - 1);
        }
    }

    fn grow(&mut self) {
        let slots = (self.slots.len() * 2).max(FIRST_SLOTS);
        self.slots.clear();
        self.slots.resize(slots, FREE);
        self.hashes = 0;
        (0..self.entries.len()).for_each(|number| self.index(number));
    }

    fn index(&mut self, number: usize) {
        let slot = self.slot_of(self.entries[number].hash);
        let last = u32::try_from(number).expect("memory is used up long before");
        let previous = std::mem::replace(&mut self.slots[slot], last);
        self.hashes += usize::from(previous == FREE);
        self.entries[number].previous = previous;
    }

    /// The slot of the entries of this hash, or a free one for them.
    fn slot_of(&self, hash: u64) -> usize {
        let mask = self.slots.len() - 1;
        // The low bits are the best mixed; where there are fewer, fewer will do.
        let first = hash as usize & mask;
        let is_right = |&slot: &usize| {
            let number = self.slots[slot];
            number == FREE || self.entries[number as usize].hash == hash
        };
        let mut slots = (0..=mask).map(|distance| (first + distance) & mask);
        slots.find(is_right).expect("at most half of the slots are taken")
    }
}

fn append(words: &mut Vec<u64>, more: &[u64]) -> Range<usize> {
    let start = words.len();
    words.extend_from_slice(more);
    start..words.len()
}

fn hash_of<S: Hash>(known: &[u64], state: &S) -> u64 {
    let mut hasher = FixedHasher::default();
    known.iter().for_each(|&word| hasher.write_u64(word));
    state.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placed(known: &[u32], optional: &[u32]) -> Placed {
        let mut placed = Placed::default();
        placed.known.reset(64);
        placed.optional.reset(64);
        known.iter().for_each(|&member| placed.known.insert(member));
        optional.iter().for_each(|&member| placed.optional.insert(member));
        placed
    }

    fn covers<S: Eq + Hash>(memo: &Memo<S>, placed: &Placed, state: &S) -> bool {
        memo.covers(placed, state, &Work::default())
    }

    #[test]
    fn knows_exactly_what_was_added() {
        let mut memo = Memo::new(1 << 20);
        let configurations = || (0..30 * 30).map(|i| (placed(&[i % 30], &[]), i / 30));
        let is_added = |placed: &Placed, state| placed.known.contains(state) || state == 3;
        for (placed, state) in configurations().filter(|(placed, state)| is_added(placed, *state)) {
            assert!(!covers(&memo, &placed, &state));
            memo.insert(&placed, state, 0, &Work::default());
        }
        for (placed, state) in configurations() {
            assert_eq!(covers(&memo, &placed, &state), is_added(&placed, state));
        }
    }

    #[test]
    fn covers_what_has_more_optional_operations() {
        let mut memo = Memo::new(1 << 20);
        memo.insert(&placed(&[1], &[2, 3]), 0, 0, &Work::default());
        memo.insert(&placed(&[1], &[4]), 0, 0, &Work::default());
        let check = |known, optional: &[u32], expected| {
            assert_eq!(covers(&memo, &placed(&[known], optional), &0), expected);
        };
        check(1, &[2, 3], true);
        check(1, &[2, 3, 5], true);
        check(1, &[4, 5], true);
        check(1, &[2], false);
        check(2, &[2, 3, 4], false);
    }

    #[test]
    fn collisions_of_hash_are_told_apart() {
        #[derive(PartialEq, Eq)]
        struct Colliding(u32);
        impl Hash for Colliding {
            fn hash<H: Hasher>(&self, _: &mut H) {}
        }
        let mut memo = Memo::new(1 << 20);
        let here = placed(&[1], &[1]);
        (0..200).for_each(|state| memo.insert(&here, Colliding(2 * state), 0, &Work::default()));
        let found = (0..400).filter(|&state| covers(&memo, &here, &Colliding(state)));
        assert!(found.eq((0..400).step_by(2)));
    }

    #[test]
    fn stops_adding_when_memory_is_used_up() {
        let mut memo = Memo::new(10 * (ENTRY_BYTES + 16 + 4));
        let here = placed(&[1], &[2]);
        (0..50).for_each(|state| memo.insert(&here, state, 4, &Work::default()));
        assert!((0..50).filter(|state| covers(&memo, &here, state)).eq(0..10));
    }
}
