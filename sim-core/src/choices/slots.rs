//! Places in a list, found by a hash.

use crate::canonical::hash_of_value;

/// Places in a list whose entries are found by a hash. Entries that share a slot are told apart by the entries
/// themselves.
#[derive(Debug, Default)]
pub(super) struct Slots {
    /// Places, one after the last; 0 is none. An entry is at the slot that its hash says, or at the first free
    /// one after it. The number of slots is a power of two, or 0.
    slots: Vec<u32>,
    filled: usize,
}

impl Slots {
    /// With room for this many entries before it grows.
    pub(super) fn with_room_for(entries: usize) -> Self {
        Self { slots: vec![0; (2 * entries).next_power_of_two()], filled: 0 }
    }

    /// The place of the entry that `is` the one.
    #[inline]
    pub(super) fn find(&self, hash: u64, is: impl Fn(usize) -> bool) -> Option<usize> {
        if self.slots.is_empty() {
            return None;
        }
        let mask = self.slots.len() - 1;
        let mut slot = hash as usize & mask;
        loop {
            let place = self.slots[slot].checked_sub(1)? as usize;
            if is(place) {
                return Some(place);
            }
            slot = (slot + 1) & mask;
        }
    }

    /// Adds the place of an entry that is not there; `hash_of` is the hash of each entry, of this one too.
    pub(super) fn add(&mut self, place: usize, hash_of: impl Fn(usize) -> u64) {
        if 2 * (self.filled + 1) > self.slots.len() {
            let wider = vec![0; (2 * self.slots.len()).max(8)];
            let narrow = std::mem::replace(&mut self.slots, wider);
            for filled in narrow.into_iter().filter(|filled| *filled > 0) {
                self.fill(hash_of(filled as usize - 1), filled);
            }
        }
        self.filled += 1;
        self.fill(hash_of(place), place as u32 + 1);
    }

    fn fill(&mut self, hash: u64, value: u32) {
        let mask = self.slots.len() - 1;
        let mut slot = hash as usize & mask;
        while self.slots[slot] != 0 {
            slot = (slot + 1) & mask;
        }
        self.slots[slot] = value;
    }
}

/// A text and its hash. Two texts with one hash are taken for one: that happens by a chance of 2⁻⁶⁴, as two runs
/// have one trace hash, and to compare the texts of all deviations would cost a replay more than all else.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hashed<'t> {
    pub(super) text: &'t str,
    pub(super) hash: u64,
}

impl<'t> Hashed<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, hash: hash_of_text(text) }
    }
}

/// Multiplies a word into a hash.
#[inline]
pub(super) fn mix(hash: u64, word: u64) -> u64 {
    (hash.rotate_left(29) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// Folds the high bits of a hash into the low ones, which say the slot.
#[inline]
pub(super) fn finish(hash: u64) -> u64 {
    hash ^ hash >> 32
}

/// The hash of a text.
pub(super) fn hash_of_text(text: &str) -> u64 {
    hash_of_value(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_is_found_and_no_other() {
        // Many entries share a hash.
        for hash in [|entry: u64| finish(mix(0, entry)), |entry: u64| entry % 7] {
            let entries: Vec<u64> = (0..300).map(|entry| entry * 3).collect();
            let mut slots = Slots::default();
            let find = |slots: &Slots, entry: u64| slots.find(hash(entry), |place| entries[place] == entry);
            for (place, entry) in entries.iter().enumerate() {
                assert_eq!(find(&slots, *entry), None);
                slots.add(place, |place| hash(entries[place]));
                assert_eq!(find(&slots, *entry), Some(place));
            }
            for (place, entry) in entries.iter().enumerate() {
                assert_eq!((find(&slots, *entry), find(&slots, entry + 1)), (Some(place), None));
            }
        }
    }
}
