//! The events that have not happened yet, in the order in which they will.
//!
//! A simulator takes the first event, lets it happen, and pushes the events that follow
//! from it, most of them a network delay ahead. A binary heap does that at a cost which
//! grows with the number of pending events. This queue exploits that delays are alike: it
//! is a calendar queue (Brown 1988) of one ring of buckets, each a short span of time, in
//! which an event is dropped unsorted. Only the bucket whose time has come is sorted.
//!
//! An event waits in one of three places, by the bucket its time falls into:
//!
//! * the **front**, a sorted list: everything up to and including the current bucket;
//! * the **ring**, unsorted lists, one a bucket: the 1,023 buckets after the current one;
//! * the **reserve**, a binary heap: everything later, and what a long front cannot take in
//!   cheaply. It bounds every push and pop by O(log n), however the times are distributed.
//!
//! While few events are pending the front holds them all, and nothing else is touched.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

mod slots;

use slots::{NO_KEY, NO_SLOT, SEQUENCE_BITS, Slots, key, sequence_of, slot_of, time_of};

/// Buckets in the ring; a power of two.
const BUCKETS: usize = 1024;
const WORDS: usize = BUCKETS / 64;

/// How many places an event may be moved into the front before the reserve is cheaper.
const FRONT_REACH: usize = 12;

/// With so few events pending, all of them move to the front. Well below `FRONT_REACH`, so
/// that a system near the edge does not move its events to and fro.
const FEW: usize = 4;

/// The current bucket while the front holds all events.
const ALL_IN_FRONT: u64 = u64::MAX;

/// The future events of a simulation, each with an item of type `T`.
pub(crate) struct EventQueue<T> {
    /// Keys of all events up to and including the current bucket that are not in the
    /// reserve; latest first.
    front: Vec<u128>,
    /// Number of the current bucket, counted from time 0; only ever moves forward, except
    /// through `ALL_IN_FRONT`.
    current: u64,
    /// A bucket is 2^`width_bits` nanoseconds wide.
    width_bits: u32,
    /// First slot of each bucket's list; `BUCKETS` consecutive bucket numbers are distinct.
    ring: Box<[u32; BUCKETS]>,
    /// One bit per bucket of the ring: whether its list holds anything.
    occupied: [u64; WORDS],
    in_ring: usize,
    reserve: BinaryHeap<Reverse<u128>>,
    /// The first key of the reserve, or `NO_KEY`.
    first_in_reserve: u128,
    slots: Slots<T>,
    /// Time of the event popped last.
    now: u64,
}

/// An event that has been popped: the queue's order knows it no more, but keeps its item until
/// that is [taken](EventQueue::take), so that it is moved once, and to where it is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Popped {
    key: u128,
}

impl Popped {
    /// When the event happens, in nanoseconds.
    #[inline(always)]
    pub(crate) fn time(self) -> u64 {
        time_of(self.key)
    }

    /// Its place among the events of the same time.
    #[inline(always)]
    pub(crate) fn sequence(self) -> u64 {
        sequence_of(self.key)
    }
}

impl<T> EventQueue<T> {
    /// An empty queue at time 0.
    ///
    /// `typical_delay_ns` is a delay within which most events are pushed, such as the longest
    /// usual network latency. It tunes speed only, never the order.
    pub(crate) fn new(typical_delay_ns: u64) -> Self {
        EventQueue {
            front: Vec::new(),
            current: ALL_IN_FRONT,
            width_bits: width_bits(typical_delay_ns),
            ring: Box::new([NO_SLOT; BUCKETS]),
            occupied: [0; WORDS],
            in_ring: 0,
            reserve: BinaryHeap::new(),
            first_in_reserve: NO_KEY,
            slots: Slots::new(),
            now: 0,
        }
    }

    /// Adds an event at `time`, which is not before that of the event popped last.
    /// `sequence`, below 2^40, decides among equal times; it need not ascend from push to push.
    ///
    /// # Panics
    /// If `time` lies in the past, `sequence` is too large or 16,777,215 events are pending.
    #[inline(always)]
    pub(crate) fn push(&mut self, time: u64, sequence: u64, item: T) {
        assert!(time >= self.now, "an event was pushed into the past");
        assert!(sequence >> SEQUENCE_BITS == 0, "the sequence of an event is too large");
        let slot = self.slots.put(time, sequence, item);
        let bucket = self.bucket_of(time);
        if bucket > self.current {
            self.push_behind_front(bucket, slot);
        } else {
            self.push_to_front(key(time, sequence, slot));
        }
    }

    /// Pops the first event by (time, sequence) if its time is below `limit`; otherwise nothing.
    /// An event at `u64::MAX` is thus never popped.
    #[inline(always)]
    pub(crate) fn pop_before(&mut self, limit: u64) -> Option<Popped> {
        if self.first_in_front() >= self.first_in_reserve {
            self.settle(limit);
        }
        let key = *self.front.last()?;
        let time = time_of(key);
        if time >= limit {
            return None;
        }
        self.front.pop();
        self.now = time;
        Some(Popped { key })
    }

    /// The item of a popped event that has not been taken.
    #[inline(always)]
    pub(crate) fn item(&self, popped: Popped) -> &T {
        self.slots.item(slot_of(popped.key))
    }

    /// Takes the item of a popped event: once.
    #[inline(always)]
    pub(crate) fn take(&mut self, popped: Popped) -> T {
        self.slots.take(slot_of(popped.key))
    }

    /// Whether the next event happens at exactly `time`, which must be the time of the event
    /// popped last.
    ///
    /// # Panics
    /// If `time` is later than that.
    #[inline(always)]
    pub(crate) fn next_is_at(&self, time: u64) -> bool {
        assert!(time <= self.now, "only the time of the last pop can be asked about");
        // The ring begins after the current bucket, so it holds nothing of that time.
        time_of(self.first_in_front().min(self.first_in_reserve)) == time
    }

    /// Takes all pending events out, with their times and sequences, in their order.
    #[cold]
    pub(crate) fn drain(&mut self) -> Vec<(u64, u64, T)> {
        self.gather_all();
        let keys = std::mem::take(&mut self.front);
        keys.into_iter().rev().map(|key| (time_of(key), sequence_of(key), self.slots.take(slot_of(key)))).collect()
    }

    /// All pending events, in no particular order.
    pub(crate) fn items(&self) -> impl Iterator<Item = &T> {
        self.slots.items()
    }

    /// Number of pending events.
    pub(crate) fn len(&self) -> usize {
        self.front.len() + self.in_ring + self.reserve.len()
    }

    #[inline(always)]
    fn first_in_front(&self) -> u128 {
        self.front.last().copied().unwrap_or(NO_KEY)
    }

    #[inline(always)]
    fn bucket_of(&self, time: u64) -> u64 {
        time.wrapping_shr(self.width_bits)
    }

    #[inline(always)]
    fn push_to_front(&mut self, key: u128) {
        let reach = self.front.len().saturating_sub(FRONT_REACH);
        if reach > 0 && self.front[reach - 1] < key {
            return self.push_to_crowded_front(key);
        }
        self.front.push(key);
        insert_last(&mut self.front[reach..]);
    }

    #[cold]
    fn push_to_crowded_front(&mut self, key: u128) {
        if self.current == ALL_IN_FRONT {
            self.spread_front();
            self.push_key(key);
        } else {
            self.push_to_reserve(key);
        }
    }

    /// Begins to use the ring: leaves only the current bucket in the front.
    fn spread_front(&mut self) {
        self.current = self.bucket_of(self.now);
        let mut keys = std::mem::take(&mut self.front);
        let behind = keys.partition_point(|&key| self.bucket_of(time_of(key)) > self.current);
        for key in keys.drain(..behind) {
            self.push_key(key);
        }
        self.front = keys;
    }

    fn push_key(&mut self, key: u128) {
        let bucket = self.bucket_of(time_of(key));
        if bucket > self.current {
            self.push_behind_front(bucket, slot_of(key));
        } else {
            self.push_to_front(key);
        }
    }

    #[inline(always)]
    fn push_behind_front(&mut self, bucket: u64, slot: u32) {
        if bucket.wrapping_sub(self.current) >= BUCKETS as u64 {
            return self.push_to_reserve(self.slots.key(slot));
        }
        let index = ring_index(bucket);
        self.slots.set_link(slot, self.ring[index]);
        self.ring[index] = slot;
        self.occupied[index / 64] |= 1 << (index % 64);
        self.in_ring += 1;
    }

    #[inline(never)]
    fn push_to_reserve(&mut self, key: u128) {
        self.reserve.push(Reverse(key));
        self.first_in_reserve = self.first_in_reserve.min(key);
    }

    /// Makes the first event of all the last of the front, if its time is below `limit`.
    #[inline(never)]
    fn settle(&mut self, limit: u64) {
        if self.front.is_empty() && self.in_ring > 0 {
            self.refill_front(limit);
        }
        if self.first_in_reserve < self.first_in_front() && time_of(self.first_in_reserve) < limit {
            self.advance_reserve();
        }
    }

    /// Moves on to the next bucket of the ring that holds anything, unless the reserve or
    /// `limit` comes first.
    fn refill_front(&mut self, limit: u64) {
        if self.in_ring + self.reserve.len() <= FEW {
            return self.gather_all();
        }
        let bucket = self.next_occupied();
        let first_in_reserve = self.bucket_of(time_of(self.first_in_reserve));
        if bucket <= first_in_reserve && bucket <= self.bucket_of(limit) {
            self.current = bucket;
            self.take_bucket(ring_index(bucket));
            if self.front.len() > 1 {
                self.front.sort_unstable_by(|a, b| b.cmp(a));
            }
        }
    }

    /// Stops using the ring and the reserve.
    #[cold]
    #[inline(never)]
    fn gather_all(&mut self) {
        while self.in_ring > 0 {
            self.take_bucket(ring_index(self.next_occupied()));
        }
        self.front.extend(self.reserve.drain().map(|Reverse(key)| key));
        self.first_in_reserve = NO_KEY;
        self.front.sort_unstable_by(|a, b| b.cmp(a));
        self.current = ALL_IN_FRONT;
    }

    /// Number of the first bucket behind the current one that holds anything. The ring must
    /// not be empty.
    fn next_occupied(&self) -> u64 {
        let start = ring_index(self.current);
        let mut word = start / 64;
        let mut bits = self.occupied[word] & (u64::MAX << (start % 64));
        while bits == 0 {
            word += 1;
            bits = self.occupied[word % WORDS];
        }
        let index = word * 64 + bits.trailing_zeros() as usize;
        self.current + (index - start) as u64
    }

    /// Moves a bucket of the ring to the end of the front.
    #[inline(always)]
    fn take_bucket(&mut self, index: usize) {
        let before = self.front.len();
        let mut slot = self.ring[index];
        while slot != NO_SLOT {
            self.front.push(self.slots.key(slot));
            slot = self.slots.link(slot);
        }
        self.in_ring -= self.front.len() - before;
        self.ring[index] = NO_SLOT;
        self.occupied[index / 64] &= !(1 << (index % 64));
    }

    /// Moves the first event of the reserve to the end of the front.
    #[inline(never)]
    fn advance_reserve(&mut self) {
        if self.front.is_empty() {
            // The ring begins later, or this would not be the first event.
            let bucket = self.bucket_of(time_of(self.first_in_reserve));
            self.current = self.current.max(bucket);
        }
        self.reserve.pop();
        self.front.push(self.first_in_reserve);
        self.first_in_reserve = self.reserve.peek().map_or(NO_KEY, |&Reverse(key)| key);
    }
}

/// Moves the last key to its place among the others, which are in order, latest first.
#[inline(always)]
fn insert_last(keys: &mut [u128]) {
    let mut place = keys.len() - 1;
    let key = keys[place];
    while place > 0 && keys[place - 1] < key {
        keys[place] = keys[place - 1];
        place -= 1;
    }
    keys[place] = key;
}

/// Exponent of the bucket width that lets the ring span 2 to 4 times the typical delay.
/// At least 1, so that no bucket has the number `ALL_IN_FRONT`.
fn width_bits(typical_delay_ns: u64) -> u32 {
    let bits_of_span = u64::BITS - typical_delay_ns.saturating_mul(2).leading_zeros();
    bits_of_span.saturating_sub(BUCKETS.ilog2()).max(1)
}

#[inline(always)]
fn ring_index(bucket: u64) -> usize {
    (bucket % BUCKETS as u64) as usize
}

#[cfg(test)]
mod tests;
