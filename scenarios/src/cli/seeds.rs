//! Which seeds the command line asks for.

use std::ops::Range;
use std::str::FromStr;

use rand::TryRng;
use rand::rngs::SysRng;
use sim_core::parse_seed;

/// `--seeds`: which seeds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Seeds {
    /// A half-open range. A single number N means 0..N.
    Range(Range<u64>),
    /// `random:N`: so many from a base that is drawn afresh.
    Random(u64),
}

/// `--shard K/N`: the K-th of N parts of the seeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shard {
    part: u64,
    parts: u64,
}

impl Seeds {
    /// The seeds, drawn if they are to be.
    ///
    /// # Errors
    /// That the operating system gives nothing to draw from.
    pub(crate) fn drawn(self) -> Result<Range<u64>, String> {
        match self {
            Self::Range(range) => Ok(range),
            Self::Random(count) => {
                let bits = SysRng.try_next_u32().map_err(|error| format!("no seed can be drawn: {error}"))?;
                // Bases are far apart, and still short enough to read aloud.
                let base = u64::from(bits) << 16;
                Ok(base..base.saturating_add(count))
            }
        }
    }
}

impl FromStr for Seeds {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(count) = text.strip_prefix("random:") {
            return seed(count).map(Self::Random);
        }
        let (first, end) = text.split_once("..").unwrap_or(("0", text));
        if first.is_empty() || end.is_empty() && first != "0" {
            return Err("expected the first seed and, after `..`, the end, such as 100..200".to_owned());
        }
        // No seed is the greatest number, and yet it can be the end.
        let range = seed(first)?..parse_seed(end).map_or_else(|| seed(end), Ok)?;
        if range.start > range.end {
            return Err(format!("{first} lies behind {end}: expected the first seed and, after `..`, the end"));
        }
        Ok(Self::Range(range))
    }
}

/// A seed, decimal or after `0x` hexadecimal. The greatest number is no seed, since it cannot be in
/// a half-open range.
pub(crate) fn seed(text: &str) -> Result<u64, String> {
    match parse_seed(text) {
        None => Err(format!("`{text}` is not a seed: expected a number such as 42 or 0x2a")),
        Some(u64::MAX) => Err(format!("the greatest seed is {:#x}", u64::MAX - 1)),
        Some(seed) => Ok(seed),
    }
}

impl Shard {
    /// Its part of a range. The parts of a range are disjoint, cover it, and differ in length by at
    /// most one.
    pub(crate) fn of(self, seeds: Range<u64>) -> Range<u64> {
        let length = u128::from(seeds.end - seeds.start);
        let cut = |part: u64| {
            let offset = length * u128::from(part) / u128::from(self.parts);
            seeds.start + u64::try_from(offset).expect("a part is no longer than the whole")
        };
        cut(self.part - 1)..cut(self.part)
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = |digits: &str| digits.parse::<u64>().ok().filter(|&number| number > 0);
        let pair = text.split_once('/').and_then(|(part, parts)| Some((number(part)?, number(parts)?)));
        match pair {
            None => Err("expected K/N, such as 1/4 for the first of four shards".to_owned()),
            Some((part, parts)) if part > parts => Err(format!("there is no shard {part} of {parts}")),
            Some((part, parts)) => Ok(Self { part, parts }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<Range<u64>, &str>) {
        let read = text.parse::<Seeds>();
        assert_eq!(read, expected.map(Seeds::Range).map_err(str::to_owned));
    }

    #[test]
    fn ranges_are_half_open() {
        check("200", Ok(0..200));
        check("0x10..0x20", Ok(16..32));
        check("5..5", Ok(5..5));
        check("7..5", Err("7 lies behind 5: expected the first seed and, after `..`, the end"));
        check("-1", Err("`-1` is not a seed: expected a number such as 42 or 0x2a"));
        for text in ["3..", "..3", ".."] {
            check(text, Err("expected the first seed and, after `..`, the end, such as 100..200"));
        }
        check("0xfffffffffffffffe..0xffffffffffffffff", Ok(u64::MAX - 1..u64::MAX));
        check("0xffffffffffffffff..0xffffffffffffffff", Err("the greatest seed is 0xfffffffffffffffe"));
    }

    #[test]
    fn drawn_seeds_are_as_many_as_asked_for() {
        let seeds: Seeds = "random:0x10".parse().expect("it is a number of seeds");
        let (first, second) =
            (seeds.clone().drawn().expect("there is entropy"), seeds.drawn().expect("there is entropy"));
        assert_eq!((first.end - first.start, second.end - second.start), (16, 16));
        assert_ne!(first, second);
        assert_eq!(
            "random:x".parse::<Seeds>(),
            Err("`x` is not a seed: expected a number such as 42 or 0x2a".to_owned())
        );
    }

    #[test]
    fn shards_are_a_partition_of_the_seeds() {
        for (length, parts) in [(10, 3), (2, 5), (0, 4), (100, 1)] {
            let shards: Vec<Range<u64>> = (1..=parts).map(|part| Shard { part, parts }.of(7..7 + length)).collect();
            assert_eq!((shards[0].start, shards[shards.len() - 1].end), (7, 7 + length));
            assert!(shards.windows(2).all(|pair| pair[0].end == pair[1].start));
            let longest = shards.iter().map(|shard| shard.end - shard.start).max();
            assert_eq!(longest, Some(length.div_ceil(parts)));
        }
    }

    #[test]
    fn a_shard_is_one_of_so_many() {
        assert_eq!("2/4".parse(), Ok(Shard { part: 2, parts: 4 }));
        assert_eq!("3/2".parse::<Shard>(), Err("there is no shard 3 of 2".to_owned()));
        for text in ["0/2", "1", "1/0", "a/b", "-1/2"] {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
    }
}
