//! Heartbeats and a timeout: whoever is silent for that long is suspected.

use sim_core::{Duration, Time};

use super::status::Opinion;

/// Watches how long a peer has been silent. What counts as a sign of life, and which timeout there is, its user says:
/// a fixed number of beats, or what an estimator gives.
///
/// *Class*: strongly complete always; eventually strongly accurate (◇P of Chandra and Toueg 1996) under partial
/// synchrony, if the timeout exceeds the interval of the signs and the longest delay that there is in the end.
#[derive(Clone, Copy, Debug)]
pub struct Silence {
    since: Time,
}

impl Silence {
    /// Watches from now on. A peer that is never heard from is silent since then.
    pub const fn new(now: Time) -> Self {
        Self { since: now }
    }

    /// The peer gives a sign of life.
    pub fn heard(&mut self, now: Time) {
        self.since = self.since.max(now);
    }

    /// Since when it has given none.
    pub const fn since(&self) -> Time {
        self.since
    }

    /// When it is suspected, if it stays silent.
    pub fn deadline(&self, timeout: Duration) -> Time {
        self.since + timeout
    }

    /// The part of the timeout that has passed.
    pub fn opinion(&self, now: Time, timeout: Duration) -> Opinion {
        let silent = now.since(self.since);
        // Rounding must not decide whether the timeout has passed.
        let level = if silent >= timeout {
            1.0
        } else {
            (silent.as_nanos() as f64 / timeout.as_nanos() as f64).min(1.0 - f64::EPSILON)
        };
        Opinion::new(level, 1.0)
    }

    /// How many beats are missing, where one is due after each `interval`.
    pub const fn missed(&self, now: Time, interval: Duration) -> u64 {
        match now.since(self.since).as_nanos().checked_div(interval.as_nanos()) {
            Some(missed) => missed,
            None => u64::MAX,
        }
    }
}

#[cfg(test)]
mod tests {
    use sim_core::ms;

    use super::*;

    #[test]
    fn the_level_is_the_part_of_the_timeout_that_has_passed() {
        let at = |millis| Time::ZERO + ms(millis);
        let mut silence = Silence::new(at(10));
        assert_eq!(silence.opinion(at(10), ms(40)).level, 0.0);
        assert_eq!(silence.opinion(at(30), ms(40)).level, 0.5);
        let just_before = Time::from_nanos(at(50).as_nanos() - 1);
        assert!(!silence.opinion(just_before, ms(40)).is_suspicion());
        assert!(silence.opinion(silence.deadline(ms(40)), ms(40)).is_suspicion());
        silence.heard(at(45));
        silence.heard(at(20));
        assert_eq!((silence.since(), silence.missed(at(75), ms(10))), (at(45), 3));
        assert!(silence.opinion(at(45), ms(0)).is_suspicion(), "no time at all has always passed");
    }
}
