//! The weight of a message, for links that take time by the byte.
//!
//! A simulated network sends no bytes, yet a batch of a thousand entries must
//! take longer than a heartbeat. The weight is that of a plain fixed-width
//! encoding, which is near what real protocols send and easy to foretell:
//!
//! | value | bytes |
//! |---|---|
//! | unit, unit struct, skipped field | 0 |
//! | bool | 1 |
//! | integer, float | its width; `usize` and `isize` count 8 everywhere |
//! | char | 4 |
//! | string, byte string | 8 for the length, and its bytes |
//! | `Option` | 1, and the content |
//! | enum | 4 for the variant, and the content |
//! | sequence, map | 8 for the length, and the elements |
//! | tuple, array, struct | the parts |

use super::walk::{Sink, walk};
use serde::Serialize;

/// The width of a length.
const LENGTH: u64 = 8;

/// The size of `value` in bytes, in the fixed-width encoding which its module
/// describes. The order of maps does not matter here, so hash maps pass.
#[inline]
pub fn size_of_value<T: Serialize + ?Sized>(value: &T) -> u64 {
    let mut size = Size(0);
    walk(value, &mut size);
    size.0
}

struct Size(u64);

impl Sink for Size {
    type Keys = ();

    #[inline(always)]
    fn unsigned(&mut self, _: u64, bytes: u64) {
        self.0 += bytes;
    }

    #[inline(always)]
    fn signed(&mut self, _: i64, bytes: u64) {
        self.0 += bytes;
    }

    #[inline(always)]
    fn wide_unsigned(&mut self, _: u128) {
        self.0 += 16;
    }

    #[inline(always)]
    fn wide_signed(&mut self, _: i128) {
        self.0 += 16;
    }

    #[inline(always)]
    fn float32(&mut self, _: u32) {
        self.0 += 4;
    }

    #[inline(always)]
    fn float64(&mut self, _: u64) {
        self.0 += 8;
    }

    #[inline(always)]
    fn bytes(&mut self, bytes: &[u8]) {
        self.0 += LENGTH + bytes.len() as u64;
    }

    #[inline(always)]
    fn skipped(&mut self) {}

    #[inline(always)]
    fn open(&mut self, _: Option<u64>) {
        self.0 += LENGTH;
    }

    #[inline(always)]
    fn element(&mut self, _: bool) {}

    #[inline(always)]
    fn close(&mut self, _: bool) {}

    #[inline(always)]
    fn inspect_key<K: Serialize + ?Sized>((): &mut (), _: &K) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[derive(Serialize)]
    enum Message {
        Ping,
        Put { key: String, value: u16 },
    }

    #[track_caller]
    fn check<T: Serialize>(value: T, expected: u64) {
        assert_eq!(size_of_value(&value), expected);
    }

    #[test]
    fn sizes_are_those_of_the_table() {
        check((), 0);
        check((true, 'a', 1u8, -1i16, 1.0f32), 1 + 4 + 1 + 2 + 4);
        check((1usize, 1.0f64, 1u128, -1i128), 8 + 8 + 16 + 16);
        check("four", 8 + 4);
        check((None::<u64>, Some(1u64)), 1 + 1 + 8);
        check(vec![1u32, 2, 3], 8 + 3 * 4);
        check([1u8; 32], 32);
        check(BTreeMap::from([(1u8, 2u64)]), 8 + 1 + 8);
        check(Message::Ping, 4);
        let key = "k".to_string();
        check(Message::Put { key, value: 1 }, 4 + 8 + 1 + 2);
    }
}
