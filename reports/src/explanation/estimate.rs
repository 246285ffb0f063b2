//! A probability that samples tell, and how well they tell it.

use serde::Serialize;

/// How many samples failed, and where the probability is with 95 % confidence (Wilson 1927).
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Estimate {
    /// How many there were.
    pub samples: u64,
    /// How many of them violated the same property in the same way.
    pub violated: u64,
    /// The probability is hardly below this, from 0 to 1.
    pub low: f64,
    /// It is hardly above this.
    pub high: f64,
}

/// Of a normal distribution 95 % are less than this many deviations from its mean.
const Z: f64 = 1.96;

impl Estimate {
    /// What so many of so many samples tell.
    ///
    /// # Panics
    /// If there are no samples.
    pub fn new(violated: u64, samples: u64) -> Self {
        assert!(samples > 0 && violated <= samples, "{violated} of {samples} samples");
        let (n, share) = (samples as f64, violated as f64 / samples as f64);
        let middle = share + Z * Z / (2.0 * n);
        // Plain operations and roots are the same on every machine.
        let width = Z * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
        let bound = |value: f64| rounded((value / (1.0 + Z * Z / n)).clamp(0.0, 1.0));
        let low = if violated == 0 { 0.0 } else { bound(middle - width) };
        let high = if violated == samples { 1.0 } else { bound(middle + width) };
        Self { samples, violated, low, high }
    }

    /// The share of the samples that failed, in percent.
    pub fn percent(&self) -> f64 {
        self.violated as f64 * 100.0 / self.samples as f64
    }

    /// Whether the probability is higher than another one, as far as samples can tell.
    pub fn is_above(&self, other: &Self) -> bool {
        self.low > other.high
    }
}

/// To four decimals.
fn rounded(value: f64) -> f64 {
    (value * 10_000.0).round() / 10_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The values of the paper's formula, from an independent implementation.
    #[test]
    fn intervals_are_those_of_wilson() {
        let cases = [
            (0, 100, 0.0, 0.037),
            (1, 100, 0.0018, 0.0545),
            (50, 100, 0.4038, 0.5962),
            (100, 100, 0.963, 1.0),
            (120, 1000, 0.1013, 0.1416),
        ];
        for (violated, samples, low, high) in cases {
            let estimate = Estimate::new(violated, samples);
            assert_eq!((estimate.low, estimate.high), (low, high), "{violated} of {samples}");
        }
    }

    #[test]
    fn above_is_beyond_the_interval_of_the_other() {
        assert!(Estimate::new(200, 1000).is_above(&Estimate::new(100, 1000)));
        assert!(!Estimate::new(120, 1000).is_above(&Estimate::new(100, 1000)));
        assert!(!Estimate::new(100, 1000).is_above(&Estimate::new(200, 1000)));
    }
}
