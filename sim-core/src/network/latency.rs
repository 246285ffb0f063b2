//! How long messages take.

use crate::choices::{Choices, Point, Question};
use crate::random::{exponential, normal, scale};
use crate::time::Duration;

/// How long a message takes. The calm delay of each is its shortest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Latency {
    /// Always the same.
    Constant(Duration),
    /// Any delay in the range, both ends included, equally likely.
    Uniform(Duration, Duration),
    /// `floor` and on top of it an exponentially distributed delay with mean `mean`.
    Exponential {
        /// The shortest delay.
        floor: Duration,
        /// The mean of what comes on top.
        mean: Duration,
    },
    /// `floor` and on top of it a log-normally distributed delay.
    LogNormal {
        /// The shortest delay.
        floor: Duration,
        /// The median of what comes on top.
        median: Duration,
        /// The standard deviation of the delay's natural logarithm, in thousandths.
        sigma_thousandths: u32,
    },
}

impl Latency {
    /// The shortest delay, which is the calm one.
    #[inline]
    pub const fn calm(self) -> Duration {
        match self {
            Self::Constant(delay) | Self::Uniform(delay, _) => delay,
            Self::Exponential { floor, .. } | Self::LogNormal { floor, .. } => floor,
        }
    }

    /// The longest delay, if there is one.
    pub(crate) const fn longest(self) -> Option<Duration> {
        match self {
            Self::Constant(delay) | Self::Uniform(_, delay) => Some(delay),
            Self::Exponential { .. } | Self::LogNormal { .. } => None,
        }
    }

    /// How far ahead most deliveries are, for the event queue to tune itself to.
    pub(crate) fn typical(self) -> Duration {
        match self {
            Self::Constant(delay) | Self::Uniform(_, delay) => delay,
            Self::Exponential { floor, mean } => floor + mean * 3,
            Self::LogNormal { floor, median, .. } => floor + median * 3,
        }
    }

    /// Draws how long a message takes.
    #[inline(always)]
    pub(crate) fn draw(&self, choices: &mut Choices, point: Point, name: impl FnOnce() -> Question) -> Duration {
        let delay = match *self {
            Self::Constant(delay) => delay,
            Self::Uniform(low, high) => {
                let delays = high.as_nanos() - low.as_nanos() + 1;
                low + Duration::from_nanos(choices.draw(point, name, |bits| scale(bits, delays)))
            }
            Self::Exponential { floor, .. } | Self::LogNormal { floor, .. } => {
                floor + Duration::from_nanos(choices.draw(point, name, |bits| self.long_tail(bits)))
            }
        };
        choices.disturbed(point, delay, self.longest())
    }

    /// Nanoseconds beyond the calm delay that 64 random bits stand for.
    #[cold]
    fn long_tail(self, bits: u64) -> u64 {
        match self {
            Self::Constant(_) | Self::Uniform(..) => 0,
            Self::Exponential { mean, .. } => exponential(bits, mean).as_nanos(),
            Self::LogNormal { median, sigma_thousandths, .. } => {
                let sigma = f64::from(sigma_thousandths) / 1000.0;
                let factor = libm::exp(sigma * normal(bits)).min(1000.0);
                (median.as_nanos() as f64 * factor) as u64
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::choices::{Purpose, named};

    #[test]
    fn delays_keep_to_their_distribution() {
        let ms = Duration::from_millis;
        for (latency, mean_us) in [
            (Latency::Constant(ms(3)), 3_000..3_001),
            (Latency::Uniform(ms(1), ms(3)), 1_980..2_020),
            (Latency::Exponential { floor: ms(1), mean: ms(2) }, 2_950..3_050),
            (Latency::LogNormal { floor: ms(1), median: ms(2), sigma_thousandths: 500 }, 3_200..3_330),
        ] {
            let mut choices = Choices::seeded(1);
            let mut draw = |ordinal| {
                let point = Point::new(Purpose::Delay, 0, ordinal);
                latency.draw(&mut choices, point, named!("delay#{ordinal}")).as_nanos()
            };
            let total: u64 = (0..50_000).map(&mut draw).sum();
            assert!(mean_us.contains(&(total / 50_000_000)), "{latency:?}: {}", total / 50_000_000);
        }
    }
}
