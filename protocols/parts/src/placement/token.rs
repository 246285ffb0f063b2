//! Places on the circle, and the ranges between them.

use serde::{Deserialize, Serialize};
use sim_core::TraceHasher;

/// A place on the circle of 2⁶⁴ places: after the last comes the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Token(pub u64);

impl Token {
    /// The place of a key: its hash, the same on every machine and in every version.
    ///
    /// Keys that many clients choose alike, such as small numbers, spread over the whole circle.
    pub fn of<K: Serialize + ?Sized>(key: &K) -> Self {
        let mut hasher = TraceHasher::new();
        hasher.value(key);
        Self(hasher.finish())
    }
}

/// A part of the circle: all after one place up to and including another. If both are the same, it is the
/// whole circle; no range is empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TokenRange {
    /// The last place before it.
    pub after: Token,
    /// Its last place.
    pub to: Token,
}

impl TokenRange {
    /// The whole circle.
    pub const ALL: Self = Self { after: Token(u64::MAX), to: Token(u64::MAX) };

    /// Whether the place is in it.
    pub const fn contains(&self, token: Token) -> bool {
        (self.offset(token) as u128) < self.width()
    }

    /// How many places are in it: from 1 to 2⁶⁴.
    pub const fn width(&self) -> u128 {
        self.to.0.wrapping_sub(self.after.0).wrapping_sub(1) as u128 + 1
    }

    /// How far behind the first place of the range another one is, from 0.
    pub(crate) const fn offset(&self, token: Token) -> u64 {
        token.0.wrapping_sub(self.after.0).wrapping_sub(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(range: (u64, u64), inside: &[u64], outside: &[u64], width: u128) {
        let range = TokenRange { after: Token(range.0), to: Token(range.1) };
        for (tokens, expected) in [(inside, true), (outside, false)] {
            for &token in tokens {
                assert_eq!(range.contains(Token(token)), expected, "{token} in {range:?}");
            }
        }
        assert_eq!(range.width(), width, "{range:?}");
    }

    #[test]
    fn a_range_has_its_end_and_not_its_beginning() {
        check((3, 5), &[4, 5], &[0, 3, 6, u64::MAX], 2);
        check((u64::MAX, 0), &[0], &[1, u64::MAX], 1);
    }

    #[test]
    fn a_range_goes_on_behind_the_last_place() {
        check((u64::MAX - 1, 1), &[u64::MAX, 0, 1], &[2, u64::MAX - 1], 3);
    }

    #[test]
    fn a_range_that_ends_where_it_begins_is_the_whole_circle() {
        check((7, 7), &[0, 7, 8, u64::MAX], &[], 1 << 64);
        check((u64::MAX, u64::MAX), &[0, u64::MAX], &[], 1 << 64);
    }

    /// Data that is stored by hash is lost if the hash changes.
    #[test]
    fn the_place_of_a_key_stays_what_it_is() {
        assert_eq!(Token::of(&0_u32).0, 0x8de5_c263_1dca_2b27);
        assert_eq!(Token::of("apple").0, 0xadb9_cb3f_2b6a_b947);
    }
}
