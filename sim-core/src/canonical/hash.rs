//! The fingerprint of a run.
//!
//! Two runs are equal when everything that happened in them is equal. Keeping
//! and comparing all of it would be slow, so a run folds each event, as it
//! happens, into one word. This is on the hottest path of the simulator: a
//! word costs one multiplication, a message of two integers compiles to two
//! folds, and nothing is allocated but a copy of two keys for each map (see
//! below) and the text of a type which serializes by `collect_str`.
//!
//! # The encoding
//!
//! A value becomes a series of 64-bit words, the same on every platform:
//!
//! | value | words |
//! |---|---|
//! | bool, char, unsigned integer | itself, widened |
//! | signed integer | itself, sign-extended |
//! | `u128`, `i128` | low word, high word |
//! | float | its IEEE 754 bits; every NaN counts as one and the same |
//! | string, byte string | the length in bytes, then 8 bytes a word, little-endian, zero-padded |
//! | unit, unit struct | nothing |
//! | `Option` | 0, or 1 and the content |
//! | enum | the index of the variant, then its content |
//! | sequence, map | the length, then the elements, or keys and values in turn |
//! | the same, of unknown length | `u64::MAX`, then each element after a 1, then a 0 |
//! | tuple, array, struct | the parts in order |
//! | skipped field | a fixed word |
//!
//! # Why two values of a type have two encodings
//!
//! Read the words from the front, knowing the type. Each construct either has
//! a number of words fixed by its type, or begins with a word that tells how
//! it goes on: a tag, a length, a mark before every element. So the reader
//! always knows what the next word means, and no encoding is the beginning of
//! another one: there is only one way back. (A mark and not a count at the end
//! serves unknown lengths, for an end could be mistaken for an element.)
//!
//! This holds for whatever `derive(Serialize)` makes. Three attributes give
//! some of it up. A field that `skip_serializing_if` leaves out has its own
//! word, which a value could equal only by a chance of 2⁻⁶⁴. An `untagged`
//! enum writes no tag, so variants of different shape may coincide. A `skip`ped
//! field is not seen at all. Neither is a name: renaming keeps a fingerprint.
//!
//! The words are folded to 64 bits, so different runs agree with a chance of
//! about 2⁻⁶⁴ for each word after they part. It guards against accidents, not
//! against an adversary.
//!
//! # Hash tables
//!
//! The entries of a `HashMap` come in an order that differs between runs.
//! Keys which do not ascend are therefore refused (see [`TraceHasher::value`]).
//! A `HashSet` serializes as a sequence and cannot be told from a `Vec`: it
//! is *not* refused, and makes fingerprints differ. Use a `BTreeSet`.

use super::order::KeyOrder;
use super::walk::{Sink, walk};
use serde::Serialize;

/// The first word of the fraction of π: any word but zero would do.
const START: u64 = 0x243f_6a88_85a3_08d3;
/// 2⁶⁴ divided by the golden ratio, an odd number without pattern.
const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;
/// The second word of the fraction of π, folded in at the end.
const FINISH: u64 = 0x1319_8a2e_0370_7344;
/// The third word of the fraction of π, in place of a skipped field.
const SKIPPED: u64 = 0xa409_3822_299f_31d0;
/// Stands where a length would, when it is unknown. No length is as great.
const UNKNOWN_LENGTH: u64 = u64::MAX;

/// Folds words and whole values into a 64-bit fingerprint.
///
/// The order of the calls counts. What one call took is not marked off from
/// the next: feed values of the same types in the same order, or a tag first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceHasher {
    state: u64,
}

/// The hash of one value by itself.
pub(crate) fn hash_of_value<T: Serialize + ?Sized>(value: &T) -> u64 {
    let mut hasher = TraceHasher::new();
    hasher.value(value);
    hasher.finish()
}

impl TraceHasher {
    /// A hasher that has seen nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self { state: START }
    }

    /// Folds in one word: the state and the word are xored and multiplied to
    /// 128 bits, whose halves are xored. The construction is that of wyhash
    /// (Wang Yi, 2019).
    #[inline(always)]
    pub fn word(&mut self, word: u64) {
        self.state = fold(self.state ^ word);
    }

    /// Folds in the canonical encoding of `value`.
    ///
    /// # Panics
    ///
    /// When the keys of a map do not arrive in strictly ascending order, as
    /// those of a hash table do not. Every `BTreeMap` passes whose keys are
    /// integers, strings, tuples, `Option`s, sequences, or structs and enums
    /// with a derived `Ord`, all serialized in the derived way. Keys are
    /// refused whose `Ord` differs from that of their serialized form: such
    /// as `Reverse`, a path, or a number serialized as a string. So are
    /// structs with a `#[serde(flatten)]` field, which serde turns into maps,
    /// unless their fields happen to ascend by name.
    ///
    /// Also when `value` reports an error while it is serialized.
    #[inline(always)]
    pub fn value<T: Serialize + ?Sized>(&mut self, value: &T) {
        walk(value, self);
    }

    /// The fingerprint of all that was folded in so far. The hasher may go on.
    #[inline]
    #[must_use]
    pub fn finish(&self) -> u64 {
        fold(self.state ^ FINISH)
    }
}

impl Default for TraceHasher {
    fn default() -> Self {
        Self::new()
    }
}

#[inline(always)]
fn fold(word: u64) -> u64 {
    let product = u128::from(word) * u128::from(MULTIPLIER);
    (product as u64) ^ (product >> 64) as u64
}

impl Sink for TraceHasher {
    type Keys = KeyOrder;

    #[inline(always)]
    fn unsigned(&mut self, value: u64, _: u64) {
        self.word(value);
    }

    #[inline(always)]
    fn signed(&mut self, value: i64, _: u64) {
        self.word(value.cast_unsigned());
    }

    #[inline(always)]
    fn wide_unsigned(&mut self, value: u128) {
        self.word(value as u64);
        self.word((value >> 64) as u64);
    }

    #[inline(always)]
    fn wide_signed(&mut self, value: i128) {
        self.wide_unsigned(value.cast_unsigned());
    }

    #[inline(always)]
    fn float32(&mut self, bits: u32) {
        self.word(u64::from(bits));
    }

    #[inline(always)]
    fn float64(&mut self, bits: u64) {
        self.word(bits);
    }

    #[inline]
    fn bytes(&mut self, bytes: &[u8]) {
        self.word(bytes.len() as u64);
        let (words, rest) = bytes.as_chunks::<8>();
        for &word in words {
            self.word(u64::from_le_bytes(word));
        }
        if !rest.is_empty() {
            let mut last = [0; 8];
            last[..rest.len()].copy_from_slice(rest);
            self.word(u64::from_le_bytes(last));
        }
    }

    #[inline(always)]
    fn skipped(&mut self) {
        self.word(SKIPPED);
    }

    #[inline(always)]
    fn open(&mut self, length: Option<u64>) {
        self.word(length.unwrap_or(UNKNOWN_LENGTH));
    }

    #[inline(always)]
    fn element(&mut self, known: bool) {
        if !known {
            self.word(1);
        }
    }

    #[inline(always)]
    fn close(&mut self, known: bool) {
        if !known {
            self.word(0);
        }
    }

    #[inline]
    fn inspect_key<K: Serialize + ?Sized>(keys: &mut KeyOrder, key: &K) {
        keys.advance(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde::Serializer;
    use std::collections::{BTreeMap, BTreeSet};

    #[derive(Serialize)]
    enum Message {
        Ping,
        Ack(u32),
        Move(i8, i64),
        Put { key: String, value: Option<u16> },
    }

    #[derive(Serialize)]
    struct Sparse {
        #[serde(skip_serializing_if = "Option::is_none")]
        left: Option<u8>,
        #[serde(skip_serializing_if = "Option::is_none")]
        right: Option<u8>,
    }

    /// A sequence that does not know its length beforehand.
    struct Stream(Vec<u64>);

    impl Serialize for Stream {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_seq(self.0.iter().filter(|_| true))
        }
    }

    /// A map whose entries come as they stand.
    struct Table<K>(Vec<(K, u8)>);

    impl<K: Serialize> Serialize for Table<K> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
        }
    }

    fn hash<T: Serialize + ?Sized>(value: &T) -> u64 {
        let mut hasher = TraceHasher::new();
        hasher.value(value);
        hasher.finish()
    }

    #[track_caller]
    fn check<T: Serialize + ?Sized>(value: &T, words: &[u64], expected: u64) {
        let mut hasher = TraceHasher::new();
        words.iter().for_each(|&word| hasher.word(word));
        assert_eq!(hasher.finish(), hash(value), "the encoding is not {words:x?}");
        assert_eq!(hash(value), expected, "the golden hash is {:#x}", hash(value));
    }

    #[test]
    fn golden_vectors_hold_on_every_platform() {
        let put = Message::Put { key: "key".to_string(), value: Some(9) };
        let map = BTreeMap::from([(-1i32, "a"), (1, "b")]);
        check(&(), &[], 0x29a3_5bb2_406c_a650);
        check(&0u8, &[0], 0x8de5_c263_1dca_2b27);
        check(&(1u64, 2usize), &[1, 2], 0xed4a_7215_759a_5ca7);
        check(&-2i16, &[u64::MAX - 1], 0x49a2_c773_dafa_13f4);
        check(&(-1i128), &[u64::MAX, u64::MAX], 0x3433_e3ff_bebe_5efe);
        check(&(true, 'é', 1.5f32, -0.0f64), &[1, 0xe9, 0x3fc0_0000, 1 << 63], 0xf7c9_df18_f74e_deb3);
        check(&(-f64::NAN, -f32::NAN), &[0x7ff8 << 48, 0x7fc0 << 16], 0xf114_9c70_8158_4cda);
        check("ninebytes", &[9, 0x6574_7962_656e_696e, 0x73], 0xb264_cb99_026d_7de1);
        check(&(None::<u8>, Some(5u8)), &[0, 1, 5], 0xfdc4_442f_b733_8993);
        check(&vec![(1u8, 2u8), (3, 4)], &[2, 1, 2, 3, 4], 0x9beb_7170_b7cf_7cc8);
        check(&Stream(vec![7, 8]), &[u64::MAX, 1, 7, 1, 8, 0], 0x771c_957f_4d8b_fa2b);
        check(&map, &[2, u64::MAX, 1, 0x61, 1, 1, 0x62], 0xabb1_8d57_5424_b066);
        check(&Message::Ping, &[0], 0x8de5_c263_1dca_2b27);
        check(&Message::Ack(3), &[1, 3], 0x7011_1cfa_55b2_426f);
        check(&Message::Move(-1, 4), &[2, u64::MAX, 4], 0xb95d_87ac_d0e0_7d66);
        check(&put, &[3, 3, 0x0079_656b, 1, 9], 0xde71_14e0_5dcd_8844);
    }

    #[test]
    fn a_skipped_field_leaves_a_mark() {
        let sparse = |left, right| hash(&Sparse { left, right });
        assert_ne!(sparse(Some(1), None), sparse(None, Some(1)));
    }

    #[test]
    #[should_panic(expected = "map keys must arrive in ascending order: use BTreeMap")]
    fn descending_keys_are_refused() {
        hash(&Table(vec![("b", 1), ("a", 2)]));
    }

    #[test]
    #[should_panic(expected = "map keys must arrive in ascending order: use BTreeMap")]
    fn descending_keys_inside_a_key_are_refused() {
        hash(&Table(vec![(Table(vec![(2, 0), (1, 0)]), 0)]));
    }

    #[test]
    #[should_panic(expected = "refused: already mutably borrowed")]
    fn an_error_of_the_value_is_loud() {
        let cell = std::cell::RefCell::new(1);
        let _guard = cell.borrow_mut();
        hash(&cell);
    }

    /// Every list of up to three elements, each a 0 or a 1.
    fn lists() -> Vec<Vec<u8>> {
        let of_length =
            |length| (0..1u8 << length).map(move |bits| (0..length).map(|place| bits >> place & 1).collect());
        (0..=3).flat_map(of_length).collect()
    }

    /// Checks that no two pairs of lists agree, each list first put in shape.
    fn check_distinct<T: Serialize>(shape: fn(Vec<u8>) -> T) {
        let pairs = |left: Vec<u8>| {
            let hash_with = move |right| hash(&(shape(left.clone()), shape(right)));
            lists().into_iter().map(hash_with)
        };
        let hashes: BTreeSet<u64> = lists().into_iter().flat_map(pairs).collect();
        assert_eq!(hashes.len(), lists().len().pow(2));
    }

    #[test]
    fn values_that_differ_only_in_where_parts_end_differ() {
        check_distinct(|list| list);
        check_distinct(|list| String::from_utf8(list).expect("zeros and ones are ASCII"));
        check_distinct(|list| Stream(list.into_iter().map(|bit| u64::from(bit) * UNKNOWN_LENGTH).collect()));
        check_distinct(|list| list.into_iter().map(|bit| vec![(); bit.into()]).collect::<Vec<_>>());
    }

    proptest! {
        #[test]
        fn sorted_maps_pass(
            map in prop::collection::btree_map((any::<i64>(), any::<String>()), any::<bool>(), 0..9),
        ) {
            hash(&map);
        }
    }
}
