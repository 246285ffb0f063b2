//! Gray failures: peers that beat, and do their work badly or not at all (Huang et al. 2017).

use sim_core::{Duration, Time};

use super::heartbeat::Silence;
use super::status::Opinion;
use super::window::Window;

/// From where on a peer is not well.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MetricLimits {
    /// Which quantile of the latencies is looked at, from 0 to 1.
    pub quantile: f64,
    /// The longest that quantile may be.
    pub latency: Duration,
    /// The highest share of requests without an answer, above 0.
    pub errors: f64,
    /// The longest queue that a peer may report, above 0.
    pub queue: u64,
    /// How many requests are remembered.
    pub window: usize,
    /// How long a peer may give no answer at all.
    pub silence: Duration,
}

/// Watches what requests to one peer come to: how long answers take, how many there are none to, and how long the queue
/// is in which work waits there. The latency is that of the whole path, so it shows a slow disk, if answers wait for
/// one, a slow node and a slow link; errors show links that lose messages one way.
///
/// *Class*: strongly complete, within the longest silence. Eventually strongly accurate (◇P) if in the end answers come
/// within the latency, and none is lost. What it suspects may be up: to be of no use is enough.
#[derive(Clone, Debug)]
pub struct Metrics {
    limits: MetricLimits,
    /// In nanoseconds, of requests that were answered.
    latencies: Window,
    /// 1 for each request without an answer, and 0 for each with one.
    errors: Window,
    queue: u64,
    silence: Silence,
}

impl Metrics {
    /// Watches from now on.
    pub fn new(limits: MetricLimits, now: Time) -> Self {
        let window = || Window::new(limits.window);
        Self { limits, latencies: window(), errors: window(), queue: 0, silence: Silence::new(now) }
    }

    /// A request was answered, after so long, by a peer in which so much work waits.
    pub fn answered(&mut self, now: Time, took: Duration, queue: u64) {
        self.silence.heard(now);
        self.latencies.push(took.as_nanos() as f64);
        self.errors.push(0.0);
        self.queue = queue;
    }

    /// A request was given up.
    pub fn gave_up(&mut self) {
        self.errors.push(1.0);
    }

    /// The peer has booted: what was wrong with it may be over.
    pub fn restarted(&mut self) {
        (self.latencies, self.errors) = (Window::new(self.limits.window), Window::new(self.limits.window));
        self.queue = 0;
    }

    /// How near the worst of the metrics is to its limit. Shares are of a window that is half full at least.
    pub fn opinion(&self, now: Time) -> Opinion {
        let MetricLimits { quantile, latency, errors, queue, silence, .. } = self.limits;
        let confidence = self.errors.filled();
        let silent = self.silence.opinion(now, silence).level;
        let of_limit = |value: Option<f64>, limit: f64| {
            value
                .filter(|_| confidence >= 0.5)
                .map_or(0.0, |value| if value > limit { 1.0 } else { value / limit * 0.999 })
        };
        let slow = of_limit(self.latencies.quantile(quantile), latency.as_nanos() as f64);
        let failing = of_limit(self.errors.mean(), errors);
        let waiting = of_limit(Some(self.queue as f64), queue as f64);
        Opinion::new(silent.max(slow).max(failing).max(waiting), confidence)
    }

    /// When the silence is too long, if it lasts.
    pub fn deadline(&self) -> Time {
        self.silence.deadline(self.limits.silence)
    }
}

#[cfg(test)]
mod tests {
    use sim_core::ms;

    use super::*;

    const LIMITS: MetricLimits =
        MetricLimits { quantile: 0.75, latency: ms(50), errors: 0.25, queue: 10, window: 8, silence: ms(300) };

    fn at(millis: u64) -> Time {
        Time::ZERO + ms(millis)
    }

    fn suspects(requests: &[Option<u64>], queue: u64) -> bool {
        let mut metrics = Metrics::new(LIMITS, at(0));
        for request in requests {
            match request {
                Some(millis) => metrics.answered(at(10), ms(*millis), queue),
                None => metrics.gave_up(),
            }
        }
        metrics.opinion(at(11)).is_suspicion()
    }

    #[test]
    fn each_metric_has_a_limit() {
        assert!(!suspects(&[Some(50), Some(20), Some(90), Some(50)], 10));
        assert!(suspects(&[Some(51), Some(60), Some(10), Some(52)], 0), "slow");
        assert!(suspects(&[Some(1), None, Some(1), None], 0), "half of the answers are missing");
        assert!(!suspects(&[Some(1), Some(1), Some(1), None], 0));
        assert!(suspects(&[Some(1); 4], 11), "much work waits");
        assert!(!suspects(&[Some(90); 3], 0), "three requests say little");
    }

    #[test]
    fn silence_is_a_failure_too() {
        let mut metrics = Metrics::new(LIMITS, at(0));
        assert_eq!(metrics.deadline(), at(300));
        metrics.answered(at(200), ms(1), 0);
        assert!(!metrics.opinion(at(499)).is_suspicion() && metrics.opinion(at(500)).is_suspicion());
        (0..8).for_each(|_| metrics.gave_up());
        assert!(metrics.opinion(at(201)).is_suspicion());
        metrics.restarted();
        assert!(!metrics.opinion(at(201)).is_suspicion());
    }
}
