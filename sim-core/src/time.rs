//! Virtual time: nanoseconds since the run began, and spans of it.
//!
//! Both are plain `u64`s, so that arithmetic is exact and the same on every machine.
//! In text a duration always bears its unit (`"150ms"`), in files and in traces alike.
use std::borrow::Cow;
use std::fmt;
use std::ops::{Add, AddAssign, Div, Mul, Sub};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A point in virtual time, in nanoseconds since the run began (or, for a node's own
/// clock, since the node booted). Ranges over about 584 years.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Time(u64);

/// A span of virtual time, in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration(u64);

impl Time {
    /// When every run begins.
    pub const ZERO: Self = Self(0);
    /// Later than anything that happens.
    pub const MAX: Self = Self(u64::MAX);

    /// The point `nanos` nanoseconds after the beginning.
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// Nanoseconds since the beginning.
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// How long after `earlier` this is; zero if it is before.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration(self.0.saturating_sub(earlier.0))
    }

    /// This point moved on by `span`, or the last representable one.
    #[inline]
    #[must_use]
    pub const fn saturating_add(self, span: Duration) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}

impl Duration {
    /// No time at all.
    pub const ZERO: Self = Self(0);
    /// The longest span.
    pub const MAX: Self = Self(u64::MAX);

    /// A span of `nanos` nanoseconds.
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// A span of `micros` microseconds.
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros * 1_000)
    }

    /// A span of `millis` milliseconds.
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis * 1_000_000)
    }

    /// A span of `secs` seconds.
    pub const fn from_secs(secs: u64) -> Self {
        Self(secs * 1_000_000_000)
    }

    /// Its length in nanoseconds.
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// Whether it is no time at all.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }
}

/// A span of `micros` microseconds: [`Duration::from_micros`], short for tests.
pub const fn us(micros: u64) -> Duration {
    Duration::from_micros(micros)
}

/// A span of `millis` milliseconds: [`Duration::from_millis`], short for tests.
///
/// ```
/// use sim_core::{Duration, ms, secs, us};
///
/// assert_eq!(ms(1500), secs(1) + ms(500));
/// assert_eq!(us(1), Duration::from_nanos(1000));
/// ```
pub const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// A span of `secs` seconds: [`Duration::from_secs`], short for tests.
pub const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

/// Moves on by the span, to the last representable point at most.
impl Add<Duration> for Time {
    type Output = Self;
    #[inline]
    fn add(self, span: Duration) -> Self {
        self.saturating_add(span)
    }
}

impl AddAssign<Duration> for Time {
    fn add_assign(&mut self, span: Duration) {
        *self = *self + span;
    }
}

impl Sub for Time {
    type Output = Duration;
    fn sub(self, earlier: Self) -> Duration {
        Duration(self.0 - earlier.0)
    }
}

/// The sum, or the longest span: a configuration may ask for as long as it likes, and what is
/// computed from that must not overflow.
/// At most some 584 years.
impl From<std::time::Duration> for Duration {
    fn from(span: std::time::Duration) -> Self {
        Self(u64::try_from(span.as_nanos()).unwrap_or(u64::MAX))
    }
}

impl Add for Duration {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sub for Duration {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

/// The product, or the longest span.
impl Mul<u64> for Duration {
    type Output = Self;
    fn mul(self, times: u64) -> Self {
        Self(self.0.saturating_mul(times))
    }
}

impl Div<u64> for Duration {
    type Output = Self;
    fn div(self, parts: u64) -> Self {
        Self(self.0 / parts)
    }
}

/// Units of durations in text, longest first.
const UNITS: [(&str, u64); 6] = [
    ("h", 3_600_000_000_000),
    ("min", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("ns", 1),
];

/// The exact value in the longest unit that needs at most three decimals or, failing that, in
/// nanoseconds; so that what is printed reads back as what it was.
impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 {
            return f.pad("0s");
        }
        let (unit, scale) = UNITS
            .into_iter()
            .filter(|(unit, _)| !matches!(*unit, "h" | "min") || self.0.is_multiple_of(UNITS[1].1))
            .find(|(_, scale)| self.0 >= *scale && self.0.is_multiple_of((scale / 1_000).max(1)))
            .unwrap_or(("ns", 1));
        let (whole, part) = (self.0 / scale, self.0 % scale);
        if part == 0 {
            return f.pad(&format!("{whole}{unit}"));
        }
        let thousandths = part / (scale / 1_000);
        let decimals = format!("{thousandths:03}");
        f.pad(&format!("{whole}.{}{unit}", decimals.trim_end_matches('0')))
    }
}

/// Milliseconds, exact: up to six decimals. A moment is spelled so wherever it is told.
impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimal = format!("{}.{:06}", self.0 / 1_000_000, self.0 % 1_000_000);
        f.pad(&format!("{}ms", decimal.trim_end_matches('0').trim_end_matches('.')))
    }
}

/// Why a text is not a duration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    /// The number is missing or is not one.
    #[error("expected a number and a unit such as \"150ms\"")]
    Number,
    /// The number has no unit after it, or an unknown one.
    #[error("expected a unit after the number: one of h, min, s, ms, us, ns")]
    Unit,
    /// It is negative.
    #[error("a duration cannot be negative")]
    Negative,
    /// It has a fraction finer than a nanosecond.
    #[error("finer than a nanosecond")]
    TooFine,
    /// It is longer than 584 years.
    #[error("too long: a duration is at most about 584 years")]
    TooLong,
}

/// A decimal number and a unit, as in `150ms`, `1.5s` or `2 min`.
impl FromStr for Duration {
    type Err = DurationError;

    fn from_str(text: &str) -> Result<Self, DurationError> {
        let text = text.trim();
        if text.starts_with('-') {
            return Err(DurationError::Negative);
        }
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let (number, unit) = (&text[..end], text[end..].trim());
        let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
        if whole.is_empty() || fraction.is_empty() || fraction.contains('.') {
            return Err(DurationError::Number);
        }
        let scale = UNITS.iter().find(|(name, _)| *name == unit).ok_or(DurationError::Unit)?.1;
        let whole: u64 = whole.parse().map_err(|_| DurationError::TooLong)?;
        let nanos = whole.checked_mul(scale).ok_or(DurationError::TooLong)?;
        nanos.checked_add(fraction_nanos(fraction, scale)?).map(Self).ok_or(DurationError::TooLong)
    }
}

fn fraction_nanos(fraction: &str, scale: u64) -> Result<u64, DurationError> {
    let digits = fraction.trim_end_matches('0');
    if digits.len() > 13 {
        return Err(DurationError::TooFine);
    }
    let value: u128 = if digits.is_empty() { 0 } else { digits.parse().map_err(|_| DurationError::Number)? };
    let scaled = value * u128::from(scale);
    let unit = 10_u128.pow(digits.len() as u32);
    if !scaled.is_multiple_of(unit) {
        return Err(DurationError::TooFine);
    }
    u64::try_from(scaled / unit).map_err(|_| DurationError::TooLong)
}

/// As text with its unit for people and files; as nanoseconds in the canonical encoding.
impl Serialize for Duration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() { serializer.collect_str(self) } else { serializer.serialize_u64(self.0) }
    }
}

impl<'de> Deserialize<'de> for Duration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl serde::de::Visitor<'_> for Text {
            type Value = Duration;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a duration such as \"150ms\"")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Duration, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Text)
    }
}

impl schemars::JsonSchema for Duration {
    fn schema_name() -> Cow<'static, str> {
        "Duration".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "description": "A number and a unit: h, min, s, ms, us or ns.",
            "pattern": r"^[0-9]+(\.[0-9]+)? ?(h|min|s|ms|us|ns)$",
            "examples": ["150ms", "1.5s"],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, nanos: u64, shown: &str) {
        let span: Duration = text.parse().unwrap_or_else(|e| panic!("{text}: {e}"));
        assert_eq!(span.as_nanos(), nanos, "{text}");
        assert_eq!(span.to_string(), shown);
        assert_eq!(shown.parse(), Ok(span), "what is printed reads back");
    }

    #[test]
    fn durations_read_and_print() {
        check("150ms", 150_000_000, "150ms");
        check("1.5s", 1_500_000_000, "1.5s");
        check("0ms", 0, "0s");
        check("2 min", 120_000_000_000, "2min");
        check("90s", 90_000_000_000, "90s");
        check("1h", 3_600_000_000_000, "1h");
        check("1.000001s", 1_000_001_000, "1000.001ms");
        check("1000001ns", 1_000_001, "1000.001us");
        check("1.000000001s", 1_000_000_001, "1000000.001us");
        check("18446744073709551615ns", u64::MAX, "18446744073709551.615us");
    }

    #[test]
    fn nonsense_is_refused() {
        for (text, error) in [
            ("", DurationError::Number),
            ("ms", DurationError::Number),
            ("1.2.3s", DurationError::Number),
            ("5", DurationError::Unit),
            ("5 fortnights", DurationError::Unit),
            ("-5ms", DurationError::Negative),
            ("0.5ns", DurationError::TooFine),
            ("99999999999999999999s", DurationError::TooLong),
            ("600000000h", DurationError::TooLong),
        ] {
            assert_eq!(text.parse::<Duration>(), Err(error), "{text:?}");
        }
    }
}
