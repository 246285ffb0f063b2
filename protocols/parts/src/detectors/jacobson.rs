//! A timeout that follows what is measured: Jacobson's estimator (Jacobson 1988).

use sim_core::Duration;

/// The mean of some times and their mean deviation, both smoothed: with gains of 1/8 and 1/4, as in the paper's
/// appendix. The timeout is the mean and four deviations.
///
/// *Class*: whoever waits by it is strongly complete, within `longest`; it is eventually strongly accurate (◇P) if in
/// the end no time exceeds the mean by more than four times the least deviation. A time that was given up is no sample
/// (Karn and Partridge 1987).
#[derive(Clone, Copy, Debug)]
pub struct Jacobson {
    /// In nanoseconds; nothing before the first sample.
    mean: Option<f64>,
    deviation: f64,
    min_deviation: Duration,
    longest: Duration,
}

/// How many deviations beyond the mean are waited for.
pub const DEVIATIONS: f64 = 4.0;

impl Jacobson {
    /// Before the first sample the timeout is the longest one; there is no longer one. A deviation below the least one
    /// is not reckoned with.
    pub const fn new(min_deviation: Duration, longest: Duration) -> Self {
        Self { mean: None, deviation: 0.0, min_deviation, longest }
    }

    /// Takes in how long it took.
    pub fn sample(&mut self, took: Duration) {
        let took = took.as_nanos() as f64;
        let Some(mean) = self.mean else {
            (self.mean, self.deviation) = (Some(took), took / 2.0);
            return;
        };
        let error = took - mean;
        self.mean = Some(mean + error / 8.0);
        self.deviation += (error.abs() - self.deviation) / 4.0;
    }

    /// Forgets all samples.
    pub const fn clear(&mut self) {
        (self.mean, self.deviation) = (None, 0.0);
    }

    /// The smoothed mean, once there is a sample.
    pub fn mean(&self) -> Option<Duration> {
        self.mean.map(|mean| Duration::from_nanos(mean as u64))
    }

    /// How long to wait.
    pub fn timeout(&self) -> Duration {
        let Some(mean) = self.mean else { return self.longest };
        let deviation = self.deviation.max(self.min_deviation.as_nanos() as f64);
        Duration::from_nanos((mean + DEVIATIONS * deviation) as u64).min(self.longest)
    }
}

#[cfg(test)]
mod tests {
    use sim_core::{ms, us};

    use super::*;

    #[test]
    fn the_timeout_follows_mean_and_deviation() {
        let mut estimator = Jacobson::new(ms(1), ms(500));
        assert_eq!(estimator.timeout(), ms(500));
        estimator.sample(ms(80));
        assert_eq!(estimator.timeout(), ms(80 + 4 * 40), "the first sample says nothing of the deviation");
        estimator.sample(ms(96));
        assert_eq!((estimator.mean(), estimator.timeout()), (Some(ms(82)), ms(82 + 4 * 34)));
        (0..200).for_each(|_| estimator.sample(ms(60)));
        assert!(estimator.timeout() >= ms(64) && estimator.timeout() < ms(64) + us(1), "{}", estimator.timeout());
        estimator.sample(ms(10_000));
        assert_eq!(estimator.timeout(), ms(500));
        estimator.clear();
        assert_eq!(estimator.timeout(), ms(500));
    }
}
