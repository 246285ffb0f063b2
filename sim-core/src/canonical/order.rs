//! The order of map keys, by which maps from hash tables are found out.
//!
//! A `HashMap` gives its entries in an order that changes from run to run. A
//! fingerprint over them would make two equal runs look different, some of the
//! time, which is the worst way for a simulator to fail. serde does not tell
//! which table a map came from, but a sorted one shows: its keys ascend. So
//! each key is written as bytes whose order as bytes is the order of the key,
//! and must be greater than the one before.
//!
//! The bytes follow the order which Rust derives, field by field:
//!
//! - integers: big-endian in 8 or 16 bytes, the sign bit of signed ones flipped;
//! - floats: in the IEEE 754 total order;
//! - strings: their bytes, a zero byte as `00 ff`, ended by `00 00`, so that a
//!   prefix sorts first whatever follows it;
//! - `Option` and enums: the tag, then the content;
//! - sequences and maps: `01` before each element, `00` at the end, which is
//!   the lexicographic order.
//!
//! A key whose `Ord` says otherwise than its serialized form is refused even
//! from a `BTreeMap`: `Reverse`, paths, an enum with discriminants that do not
//! ascend, an untagged or internally tagged enum, a number serialized as a
//! string.

use super::walk::{Sink, walk};
use serde::Serialize;
use std::mem;

const REFUSAL: &str = "map keys must arrive in ascending order: use BTreeMap, not HashMap \
    (hash order differs between runs); a struct with #[serde(flatten)] is a map of its fields";

/// Watches the keys of one map go by.
#[derive(Default)]
pub(super) struct KeyOrder {
    seen: bool,
    last: OrderedBytes,
    next: OrderedBytes,
}

impl KeyOrder {
    /// Takes the next key; panics unless it is greater than the one before.
    pub(super) fn advance<K: Serialize + ?Sized>(&mut self, key: &K) {
        self.next.0.clear();
        walk(key, &mut self.next);
        assert!(!self.seen || self.last.0 < self.next.0, "{REFUSAL}");
        mem::swap(&mut self.last, &mut self.next);
        self.seen = true;
    }
}

/// A value as bytes that compare as the value does.
#[derive(Default)]
struct OrderedBytes(Vec<u8>);

impl OrderedBytes {
    #[inline]
    fn put<const N: usize>(&mut self, bytes: [u8; N]) {
        self.0.extend_from_slice(&bytes);
    }
}

impl Sink for OrderedBytes {
    /// Nothing: a map inside a key is watched when the key itself is hashed.
    type Keys = ();

    #[inline]
    fn unsigned(&mut self, value: u64, _: u64) {
        self.put(value.to_be_bytes());
    }

    #[inline]
    fn signed(&mut self, value: i64, _: u64) {
        self.put((value ^ i64::MIN).to_be_bytes());
    }

    fn wide_unsigned(&mut self, value: u128) {
        self.put(value.to_be_bytes());
    }

    fn wide_signed(&mut self, value: i128) {
        self.put((value ^ i128::MIN).to_be_bytes());
    }

    fn float32(&mut self, bits: u32) {
        let flip = if bits >> 31 == 1 { u32::MAX } else { 1 << 31 };
        self.put((bits ^ flip).to_be_bytes());
    }

    fn float64(&mut self, bits: u64) {
        let flip = if bits >> 63 == 1 { u64::MAX } else { 1 << 63 };
        self.put((bits ^ flip).to_be_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.put([byte]);
            if byte == 0 {
                self.put([0xff]);
            }
        }
        self.put([0, 0]);
    }

    /// Written as `None` is, for that is what fields are skipped for.
    fn skipped(&mut self) {
        self.unsigned(0, 1);
    }

    fn open(&mut self, _: Option<u64>) {}

    fn element(&mut self, _: bool) {
        self.put([1]);
    }

    fn close(&mut self, _: bool) {
        self.put([0]);
    }

    fn inspect_key<K: Serialize + ?Sized>((): &mut (), _: &K) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
    enum Key {
        Nothing,
        Small(i8),
        Wide(i128, u128),
        Named { text: String, letter: char },
        Maybe(Option<Option<bool>>),
        Many(Vec<Key>),
        Table(BTreeMap<i64, String>),
    }

    /// Strings in which zero bytes and prefixes abound.
    const TEXT: &str = r"[\x00-\x02]{0,3}";

    fn key() -> impl Strategy<Value = Key> {
        let leaf = prop_oneof![
            Just(Key::Nothing),
            any::<i8>().prop_map(Key::Small),
            (-2..2i128, 0..2u128).prop_map(|(a, b)| Key::Wide(a, b)),
            (TEXT, prop::char::range('a', 'b')).prop_map(|(text, letter)| Key::Named { text, letter }),
            any::<Option<Option<bool>>>().prop_map(Key::Maybe),
            prop::collection::btree_map(-2..2i64, TEXT, 0..3).prop_map(Key::Table),
        ];
        leaf.prop_recursive(3, 12, 3, |inner| prop::collection::vec(inner, 0..3).prop_map(Key::Many))
    }

    fn ordered<T: Serialize + ?Sized>(value: &T) -> Vec<u8> {
        let mut bytes = OrderedBytes::default();
        walk(value, &mut bytes);
        bytes.0
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]
        #[test]
        fn bytes_compare_as_derived_keys_do(a in key(), b in key()) {
            prop_assert_eq!(ordered(&a).cmp(&ordered(&b)), a.cmp(&b));
        }

        #[test]
        fn bytes_compare_as_floats_do(a: f64, b: f64) {
            prop_assert_eq!(ordered(&a).cmp(&ordered(&b)), a.total_cmp(&b));
            let (a, b) = (a as f32, b as f32);
            prop_assert_eq!(ordered(&a).cmp(&ordered(&b)), a.total_cmp(&b));
        }
    }

    #[test]
    fn zero_bytes_sort_after_the_end_of_a_string() {
        let keys = [("", 2), ("\0", 1), ("\0\0", 0), ("\0\u{1}", 0), ("\u{1}", 0)];
        let mut order = KeyOrder::default();
        keys.iter().for_each(|key| order.advance(key));
    }

    #[test]
    fn the_first_key_may_be_anything() {
        KeyOrder::default().advance(&());
    }

    #[test]
    #[should_panic(expected = "use BTreeMap, not HashMap")]
    fn a_key_may_not_come_twice() {
        let mut order = KeyOrder::default();
        order.advance(&7);
        order.advance(&7);
    }
}
