//! The pending events themselves, which stay where they are while small keys are sorted.
//!
//! Slots are chained into lists: the vacant ones, and those of each bucket of the ring. The links
//! are apart from the slots, close together: so following a chain does not wait for one slot after
//! another to come out of memory, which with very many events is where the time goes.

/// Bits of a key that number a slot.
const SLOT_BITS: u32 = 24;
const SLOT_MASK: u64 = (1 << SLOT_BITS) - 1;

/// Bits of a key that hold the sequence.
pub(super) const SEQUENCE_BITS: u32 = 64 - SLOT_BITS;

/// Ends a list of slots.
pub(super) const NO_SLOT: u32 = SLOT_MASK as u32;

/// Later than the key of any event.
pub(super) const NO_KEY: u128 = u128::MAX;

/// The most events that can be pending at once: 16,777,215.
pub(super) const MAX_PENDING: usize = NO_SLOT as usize;

/// Time, sequence and slot of an event, from the most to the least significant bits.
#[inline(always)]
pub(super) fn key(time: u64, sequence: u64, slot: u32) -> u128 {
    u128::from(time) << 64 | u128::from(sequence << SLOT_BITS | u64::from(slot))
}

#[inline(always)]
pub(super) fn time_of(key: u128) -> u64 {
    (key >> 64) as u64
}

#[inline(always)]
pub(super) fn sequence_of(key: u128) -> u64 {
    key as u64 >> SLOT_BITS
}

#[inline(always)]
pub(super) fn slot_of(key: u128) -> u32 {
    (key as u64 & SLOT_MASK) as u32
}

const HOLDS_ITEM: &str = "the slot of an event holds its item until that is taken";

/// Where the items stay while their keys move.
pub(super) struct Slots<T> {
    all: Vec<Slot<T>>,
    /// For each slot the next one of the same list.
    links: Vec<u32>,
    /// First of the list of vacant slots.
    vacant: u32,
}

/// Lies on cache lines of its own: with very many events each is out of the cache when it comes up,
/// and one line is fetched in the time of two.
#[repr(align(64))]
struct Slot<T> {
    time: u64,
    sequence: u64,
    item: Option<T>,
}

impl<T> Slots<T> {
    pub(super) fn new() -> Self {
        Slots { all: Vec::new(), links: Vec::new(), vacant: NO_SLOT }
    }

    #[inline(always)]
    pub(super) fn put(&mut self, time: u64, sequence: u64, item: T) -> u32 {
        let filled = Slot { time, sequence, item: Some(item) };
        let slot = self.vacant;
        if slot == NO_SLOT {
            return self.append(filled);
        }
        self.vacant = self.links[slot as usize];
        // What was there has been taken: nothing need be dropped, and not even looked for.
        std::mem::forget(std::mem::replace(&mut self.all[slot as usize], filled));
        slot
    }

    #[cold]
    fn append(&mut self, filled: Slot<T>) -> u32 {
        assert!(self.all.len() < MAX_PENDING, "too many events are pending");
        self.all.push(filled);
        self.links.push(NO_SLOT);
        self.all.len() as u32 - 1
    }

    #[inline(always)]
    pub(super) fn item(&self, slot: u32) -> &T {
        self.all[slot as usize].item.as_ref().expect(HOLDS_ITEM)
    }

    /// All items that have not been taken.
    pub(super) fn items(&self) -> impl Iterator<Item = &T> {
        self.all.iter().filter_map(|slot| slot.item.as_ref())
    }

    #[inline(always)]
    pub(super) fn take(&mut self, slot: u32) -> T {
        self.links[slot as usize] = self.vacant;
        self.vacant = slot;
        self.all[slot as usize].item.take().expect(HOLDS_ITEM)
    }

    #[inline(always)]
    pub(super) fn key(&self, slot: u32) -> u128 {
        let place = &self.all[slot as usize];
        key(place.time, place.sequence, slot)
    }

    #[inline(always)]
    pub(super) fn link(&self, slot: u32) -> u32 {
        self.links[slot as usize]
    }

    #[inline(always)]
    pub(super) fn set_link(&mut self, slot: u32, next: u32) {
        self.links[slot as usize] = next;
    }
}
