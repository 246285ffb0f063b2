//! Random bits and how values are drawn from them.
//!
//! Drawn values decide runs, and runs are compared across years: so the generators and the
//! sampling are fixed here, with golden vectors, and owe nothing to what a library update may
//! change.

use std::borrow::Cow;
use std::convert::Infallible;
use std::fmt;

use rand::{Rng, SeedableRng, TryRng};
use rand_chacha::ChaCha8Rng;
use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::time::Duration;

/// A probability: a floating-point number in 0..=1, so that it can be written down without loss.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Probability(Threshold);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Threshold {
    #[default]
    Never,
    /// True of 64 random bits below this.
    Below(u64),
    Always,
}

impl Probability {
    /// It never happens.
    pub const NEVER: Self = Self(Threshold::Never);
    /// It always happens.
    pub const ALWAYS: Self = Self(Threshold::Always);

    /// From a number in 0..=1. Nothing for any other, and for one that is not a number.
    pub fn new(value: f64) -> Option<Self> {
        const TWO_TO_64: f64 = 18_446_744_073_709_551_616.0;
        if !(0.0..=1.0).contains(&value) {
            return None;
        }
        // Multiplying by a power of two is exact, so this is the same on every machine.
        let scaled = value * TWO_TO_64;
        Some(Self(match scaled {
            _ if scaled >= TWO_TO_64 => Threshold::Always,
            _ if scaled < 1.0 => Threshold::Never,
            _ => Threshold::Below(scaled as u64),
        }))
    }

    /// `numerator` in `denominator`; at least as many as the numerator is always.
    pub fn ratio(numerator: u32, denominator: u32) -> Self {
        if numerator >= denominator {
            return Self::ALWAYS;
        }
        Self::new(f64::from(numerator) / f64::from(denominator)).expect("a part of a whole is a probability")
    }

    /// Whether it never happens.
    #[inline]
    pub const fn is_never(self) -> bool {
        matches!(self.0, Threshold::Never)
    }

    /// Whether it always happens.
    #[inline]
    pub const fn is_always(self) -> bool {
        matches!(self.0, Threshold::Always)
    }

    /// The number in 0..=1.
    pub fn as_f64(self) -> f64 {
        match self.0 {
            Threshold::Never => 0.0,
            Threshold::Below(threshold) => threshold as f64 / 18_446_744_073_709_551_616.0,
            Threshold::Always => 1.0,
        }
    }

    /// What 64 random bits say.
    #[inline]
    pub(crate) const fn holds(self, bits: u64) -> bool {
        match self.0 {
            Threshold::Never => false,
            Threshold::Below(threshold) => bits < threshold,
            Threshold::Always => true,
        }
    }
}

/// As a number in 0..=1.
impl Serialize for Probability {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.as_f64())
    }
}

impl<'de> Deserialize<'de> for Probability {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Number;
        impl Visitor<'_> for Number {
            type Value = Probability;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a probability from 0 to 1")
            }
            fn visit_f64<E: Error>(self, number: f64) -> Result<Probability, E> {
                Probability::new(number).ok_or_else(|| E::invalid_value(Unexpected::Float(number), &self))
            }
            fn visit_u64<E: Error>(self, number: u64) -> Result<Probability, E> {
                self.visit_f64(number as f64)
            }
            fn visit_i64<E: Error>(self, number: i64) -> Result<Probability, E> {
                self.visit_f64(number as f64)
            }
        }
        deserializer.deserialize_f64(Number)
    }
}

impl schemars::JsonSchema for Probability {
    fn schema_name() -> Cow<'static, str> {
        "Probability".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "number", "minimum": 0, "maximum": 1 })
    }
}

/// The whole number below `bound` that 64 random bits stand for; 0 if the bound is 0.
#[inline]
pub(crate) const fn scale(bits: u64, bound: u64) -> u64 {
    ((bits as u128 * bound as u128) >> 64) as u64
}

/// A number in 0..1, with 53 bits, from 64 random ones.
pub(crate) fn unit_interval(bits: u64) -> f64 {
    (bits >> 11) as f64 / 9_007_199_254_740_992.0
}

/// A seeded generator (ChaCha with eight rounds) with fixed sampling.
///
/// Protocols get one for each incarnation from [`Context::rng`](crate::Context::rng). Prefer
/// [`Context::choose`](crate::Context::choose), whose draws have names: they survive edits, and recordings
/// keep them.
///
/// It is a generator of the crate `rand`, so all that draws from one draws from it. Whole numbers,
/// choices and shuffles of `rand` are the same on every machine, though not in every version of it.
/// Distributions with logarithms or powers need not be: those of `rand_distr` are computed by the
/// platform as soon as any crate of the program switches on `num-traits/std`.
///
/// ```
/// use rand::RngExt;
/// use rand::seq::SliceRandom;
/// use sim_core::SimRng;
///
/// let mut rng = SimRng::new(7, 0);
/// let die = rng.random_range(1..=6);
/// let mut order = ["n0", "n1", "n2"];
/// order.shuffle(&mut rng);
/// # assert!((1..=6).contains(&die));
/// ```
#[derive(Clone, Debug)]
pub struct SimRng(ChaCha8Rng);

impl SimRng {
    /// The generator of `stream` under `seed`. Streams are independent of each other.
    pub fn new(seed: u64, stream: u64) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8..24].copy_from_slice(b"faultbed stream ");
        key[24..].copy_from_slice(&stream.to_le_bytes());
        Self(ChaCha8Rng::from_seed(key))
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A whole number below `bound`; 0 if the bound is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        scale(self.bits(), bound)
    }

    /// A whole number in `low..=high`.
    ///
    /// # Panics
    /// If `low` is above `high`.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        assert!(low <= high, "an empty range: {low}..={high}");
        match (high - low).checked_add(1) {
            Some(width) => low + self.below(width),
            None => self.bits(),
        }
    }

    /// A span in `low..=high`.
    pub fn duration(&mut self, low: Duration, high: Duration) -> Duration {
        Duration::from_nanos(self.between(low.as_nanos(), high.as_nanos()))
    }

    /// A span from the exponential distribution with this mean, at most 20 times the mean.
    pub fn exponential(&mut self, mean: Duration) -> Duration {
        exponential(self.bits(), mean)
    }

    /// A whole number below `count` by Zipf's law: `k` is drawn in proportion to `1 / (k + 1)^exponent`,
    /// so that 0 is the most frequent; with an exponent of 0 all are drawn alike. 0 if the count is 0.
    ///
    /// By rejection-inversion (W. Hörmann and G. Derflinger, *Rejection-Inversion to Generate Variates from
    /// Monotone Discrete Distributions*, 1996).
    ///
    /// # Panics
    /// If the exponent is not in `0.0..=MOST_SKEWED`.
    pub fn zipf(&mut self, count: u64, exponent: f64) -> u64 {
        assert!((0.0..=Self::MOST_SKEWED).contains(&exponent), "no exponent of Zipf's law: {exponent}");
        if count <= 1 || exponent == 0.0 {
            return self.below(count);
        }
        let law = Zipf { exponent };
        let (low, high) = (law.area(1.5) - 1.0, law.area(count as f64 + 0.5));
        loop {
            let area = high + unit_interval(self.bits()) * (low - high);
            let place = law.where_area_is(area);
            let rank = ((place + 0.5) as u64).clamp(1, count);
            let is_under = area >= law.area(rank as f64 + 0.5) - law.weight(rank as f64);
            if is_under {
                return rank - 1;
            }
        }
    }

    /// The greatest exponent of [`SimRng::zipf`]: with it, nearly all draws are 0.
    pub const MOST_SKEWED: f64 = 10.0;

    /// Whether something with this probability happens.
    pub fn chance(&mut self, probability: Probability) -> bool {
        probability.holds(self.bits())
    }

    /// Puts the items into a random order (Fisher–Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let other = self.below(last as u64 + 1) as usize;
            items.swap(last, other);
        }
    }
}

impl TryRng for SimRng {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.0.try_next_u32()
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.0.try_next_u64()
    }

    fn try_fill_bytes(&mut self, target: &mut [u8]) -> Result<(), Infallible> {
        self.0.try_fill_bytes(target)
    }
}

/// The span that 64 random bits stand for in the exponential distribution with this mean, by its
/// inverse; at most 20 times the mean.
pub(crate) fn exponential(bits: u64, mean: Duration) -> Duration {
    let factor = -libm::log(1.0 - unit_interval(bits));
    Duration::from_nanos((mean.as_nanos() as f64 * factor.min(20.0)) as u64)
}

/// The weights of Zipf's law, continued between whole numbers.
struct Zipf {
    exponent: f64,
}

impl Zipf {
    fn weight(&self, x: f64) -> f64 {
        libm::exp(-self.exponent * libm::log(x))
    }

    /// The area below the weights from 1 to `x`.
    fn area(&self, x: f64) -> f64 {
        let log = libm::log(x);
        log * quotient(libm::expm1, (1.0 - self.exponent) * log)
    }

    /// The inverse of [`Zipf::area`].
    fn where_area_is(&self, area: f64) -> f64 {
        // Rounding must not lead out of where the logarithm is defined.
        let scaled = (area * (1.0 - self.exponent)).max(-1.0);
        libm::exp(area * quotient(libm::log1p, scaled))
    }
}

/// `function(x) / x` of a function that is about `x` near 0.
fn quotient(function: fn(f64) -> f64, x: f64) -> f64 {
    if x.abs() < 1e-8 { 1.0 } else { function(x) / x }
}

/// A sample of the standard normal distribution from twice 32 random bits (Box and Muller 1958).
pub(crate) fn normal(bits: u64) -> f64 {
    let first = ((bits >> 32) + 1) as f64 / 4_294_967_296.0;
    let second = (bits & 0xffff_ffff) as f64 / 4_294_967_296.0;
    libm::sqrt(-2.0 * libm::log(first)) * libm::cos(2.0 * std::f64::consts::PI * second)
}

#[cfg(test)]
mod tests {
    use rand::RngExt;
    use rand::seq::{IndexedRandom, SliceRandom};

    use super::*;

    #[test]
    fn draws_never_change() {
        let mut rng = SimRng::new(7, 1);
        let draws: Vec<u64> = (0..4).map(|_| rng.bits()).collect();
        let golden = [
            8_079_978_224_287_863_848,
            18_124_679_550_505_489_459,
            3_475_197_282_489_390_579,
            9_092_861_125_950_641_257,
        ];
        assert_eq!(draws, golden);
        let mut rng = SimRng::new(7, 2);
        assert_eq!(rng.below(100), 70);
        assert_eq!(rng.between(5, 9), 9);
        assert_eq!(rng.exponential(Duration::from_millis(10)), Duration::from_nanos(8_265_505));
        let mut items = [1, 2, 3, 4, 5, 6, 7, 8];
        rng.shuffle(&mut items);
        assert_eq!(items, [7, 1, 8, 3, 4, 2, 5, 6]);
    }

    /// What `rand` makes of the bits. It may change with a version of `rand`, and runs of whoever relies
    /// on it change with it.
    #[test]
    fn it_is_a_generator_of_rand() {
        let mut rng = SimRng::new(7, 1);
        assert_eq!(rng.random::<u64>(), SimRng::new(7, 1).bits());
        let dice: Vec<u32> = (0..8).map(|_| rng.random_range(1..=6)).collect();
        assert_eq!(dice, [5, 6, 1, 2, 4, 3, 4, 2]);
        assert!(!rng.random_bool(0.01));
        let mut items = [1, 2, 3, 4, 5, 6, 7, 8];
        items.shuffle(&mut rng);
        let chosen = items.choose(&mut rng).copied();
        let mut bytes = [0; 4];
        rng.fill_bytes(&mut bytes);
        assert_eq!((items, chosen, bytes), ([2, 7, 6, 3, 1, 4, 8, 5], Some(2), [108, 238, 205, 34]));
    }

    #[test]
    fn bounds_are_kept() {
        let mut rng = SimRng::new(0, 0);
        for bound in [1, 2, 3, 1000, u64::MAX] {
            assert!((0..1000).all(|_| rng.below(bound) < bound));
        }
        assert_eq!(scale(u64::MAX, 0), 0);
        assert_eq!(scale(u64::MAX, 10), 9);
        assert!((0..1000).all(|_| (5..=7).contains(&rng.between(5, 7))));
        let whole = rng.between(0, u64::MAX);
        assert_ne!(whole, rng.between(0, u64::MAX));
    }

    #[test]
    fn probabilities_hold_as_often_as_they_say() {
        let mut rng = SimRng::new(3, 0);
        for percent in [0, 1, 10, 50, 99, 100_u32] {
            let probability = Probability::ratio(percent, 100);
            let hits = (0..100_000).filter(|_| rng.chance(probability)).count() as i64;
            assert!((hits - i64::from(percent) * 1000).abs() < 500, "{percent} %: {hits}");
        }
    }

    #[test]
    fn numbers_outside_of_the_unit_interval_are_no_probabilities() {
        for value in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
            assert_eq!(Probability::new(value), None);
        }
        assert_eq!(Probability::new(0.0), Some(Probability::NEVER));
        assert_eq!(Probability::new(1.0), Some(Probability::ALWAYS));
        assert_eq!(Probability::new(0.25).map(Probability::as_f64), Some(0.25));
    }

    #[test]
    fn ranks_are_as_frequent_as_zipfs_law_says() {
        let mut rng = SimRng::new(5, 0);
        for (count, exponent) in [(1, 1.0), (2, 0.0), (3, 1.0), (10, 0.5), (10, 2.0), (1_000_000, 1.2)] {
            let mut counts = [0_u32; 10];
            for _ in 0..100_000 {
                let rank = rng.zipf(count, exponent);
                assert!(rank < count);
                if let Some(count) = counts.get_mut(rank as usize) {
                    *count += 1;
                }
            }
            let weight = |rank: u64| libm::pow(rank as f64, -exponent);
            let total: f64 = (1..=count).map(weight).sum();
            for (counted, rank) in counts.iter().zip(1..=count) {
                let expected = 100_000.0 * weight(rank) / total;
                assert!((f64::from(*counted) - expected).abs() < 600.0, "{count} {exponent}: {counts:?}");
            }
        }
        assert_eq!(rng.zipf(0, 1.0), 0);
        assert!((0..1000).all(|_| rng.zipf(u64::MAX, SimRng::MOST_SKEWED) < 100));
        let mut rng = SimRng::new(7, 3);
        assert_eq!((0..8).map(|_| rng.zipf(100, 1.0)).collect::<Vec<u64>>(), [21, 84, 46, 55, 62, 2, 8, 26]);
    }

    #[test]
    fn samples_have_the_mean_of_their_distribution() {
        let mut rng = SimRng::new(4, 0);
        let total: u64 = (0..100_000).map(|_| rng.exponential(Duration::from_nanos(1000)).as_nanos()).sum();
        assert!((99_000_000..101_000_000).contains(&total), "{total}");
        let sum: f64 = (0..100_000).map(|_| normal(rng.bits())).sum();
        assert!(sum.abs() < 1500.0, "{sum}");
    }
}
