//! The quality of service of a failure detector (Chen, Toueg and Aguilera 2002, section 2), measured.

use std::ops::AddAssign;

use sim_core::{Duration, Time};

/// What is measured of ordered pairs: one node that monitors, and one that is monitored. Accuracy is over the time in
/// which both are up; only detection is about crashes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Quality {
    /// For how long both were up, and one monitored the other.
    pub up: Duration,
    /// For how long of that the peer was suspected.
    pub mistaken: Duration,
    /// For how long of that it was suspected since before it was up again: that is not accurate, and no mistake.
    pub outdated: Duration,
    /// How often a mistake began.
    pub mistakes: u64,
    /// Crashes that were over, or the run was, after at least the bound within which they are to be detected; both ends
    /// count only while the one that monitors is up.
    pub crashes: u64,
    /// How long it took to detect each crash that was detected: from the crash to the beginning of the suspicion that
    /// was not withdrawn before the peer was up again. Zero where the suspicion had begun before the crash.
    pub detections: Vec<Duration>,
    /// Crashes that were not detected within the bound: false negatives.
    pub missed: u64,
}

impl Quality {
    /// P_A: the share of the time in which a peer that is up is trusted; 1 if there was no time.
    pub fn query_accuracy(&self) -> f64 {
        1.0 - ratio(self.mistaken.as_nanos() as f64, self.up.as_nanos() as f64)
    }

    /// λ_M: how many mistakes there are in a second.
    pub fn mistake_rate(&self) -> f64 {
        ratio(self.mistakes as f64 * 1e9, self.up.as_nanos() as f64)
    }

    /// E(T_MR): how long it is from one mistake to the next; nothing if there was none.
    pub fn mistake_recurrence(&self) -> Option<Duration> {
        self.up.as_nanos().checked_div(self.mistakes).map(Duration::from_nanos)
    }

    /// E(T_M): how long a mistake lasts; nothing if there was none.
    pub fn mistake_duration(&self) -> Option<Duration> {
        (self.mistaken - self.outdated).as_nanos().checked_div(self.mistakes).map(Duration::from_nanos)
    }

    /// The mean of T_D; nothing if no crash was detected.
    pub fn detection_time(&self) -> Option<Duration> {
        let sum = self.detections.iter().fold(Duration::ZERO, |sum, took| sum + *took);
        sum.as_nanos().checked_div(self.detections.len() as u64).map(Duration::from_nanos)
    }
}

fn ratio(part: f64, whole: f64) -> f64 {
    if whole == 0.0 { 0.0 } else { part / whole }
}

impl AddAssign<&Self> for Quality {
    fn add_assign(&mut self, other: &Self) {
        self.up = self.up + other.up;
        self.mistaken = self.mistaken + other.mistaken;
        self.outdated = self.outdated + other.outdated;
        self.mistakes += other.mistakes;
        self.crashes += other.crashes;
        self.detections.extend(&other.detections);
        self.missed += other.missed;
    }
}

/// Measures one ordered pair: it is told, in the order of time, what really happens and what the monitor believes.
#[derive(Clone, Debug)]
pub struct PairQuality {
    bound: Duration,
    so_far: Quality,
    /// Up to when time is accounted for.
    at: Time,
    monitors: bool,
    /// Since when the peer is down.
    down_since: Option<Time>,
    /// Since when it is suspected.
    suspected_since: Option<Time>,
    /// Whether the suspicion is of before the peer was up again.
    is_outdated: bool,
    /// Since when the monitor has been watching the crash, if it has not seen all of it.
    watches_since: Time,
}

impl PairQuality {
    /// At the beginning nobody monitors the peer. A crash is to be detected within `bound`.
    pub fn new(bound: Duration) -> Self {
        Self {
            bound,
            so_far: Quality::default(),
            at: Time::ZERO,
            monitors: false,
            down_since: None,
            suspected_since: None,
            is_outdated: false,
            watches_since: Time::ZERO,
        }
    }

    fn advance(&mut self, now: Time) {
        let passed = now.since(self.at);
        self.at = now;
        if self.monitors && self.down_since.is_none() {
            self.so_far.up = self.so_far.up + passed;
            if self.suspected_since.is_some() {
                self.so_far.mistaken = self.so_far.mistaken + passed;
                if self.is_outdated {
                    self.so_far.outdated = self.so_far.outdated + passed;
                }
            }
        }
    }

    /// The monitor begins to monitor the peer: it boots, or was asked to.
    pub fn monitors(&mut self, now: Time) {
        self.advance(now);
        (self.monitors, self.suspected_since, self.watches_since) = (true, None, now);
    }

    /// It stops: it crashes, or was asked to.
    pub fn stops(&mut self, now: Time) {
        self.advance(now);
        self.judge_crash(now);
        (self.monitors, self.suspected_since) = (false, None);
    }

    /// The peer goes down.
    pub fn crashed(&mut self, now: Time) {
        self.advance(now);
        self.down_since = Some(now);
    }

    /// It is up again.
    pub fn restarted(&mut self, now: Time) {
        self.advance(now);
        self.judge_crash(now);
        self.down_since = None;
        self.is_outdated = true;
    }

    /// The monitor suspects the peer from now on.
    pub fn suspects(&mut self, now: Time) {
        self.advance(now);
        self.is_outdated = false;
        self.suspected_since = Some(now);
        if self.monitors && self.down_since.is_none() {
            self.so_far.mistakes += 1;
        }
    }

    /// The monitor trusts the peer again.
    pub fn trusts(&mut self, now: Time) {
        self.advance(now);
        self.suspected_since = None;
    }

    /// What was measured, at the end.
    pub fn end(mut self, now: Time) -> Quality {
        self.advance(now);
        self.judge_crash(now);
        self.so_far
    }

    /// Whether the crash that ends now, or is no longer watched, was detected.
    fn judge_crash(&mut self, now: Time) {
        let Some(down) = self.down_since.filter(|_| self.monitors) else { return };
        let watched = down.max(self.watches_since);
        let took = self.suspected_since.map(|since| since.since(watched));
        let in_time = took.filter(|took| *took <= self.bound);
        self.so_far.detections.extend(took);
        if now.since(watched) >= self.bound {
            self.so_far.crashes += 1;
            self.so_far.missed += u64::from(in_time.is_none());
        }
    }
}

#[cfg(test)]
mod tests {
    use sim_core::ms;

    use super::*;

    fn at(millis: u64) -> Time {
        Time::ZERO + ms(millis)
    }

    #[test]
    fn mistakes_count_while_both_are_up() {
        let mut pair = PairQuality::new(ms(50));
        pair.monitors(at(0));
        pair.suspects(at(100));
        pair.trusts(at(120));
        pair.suspects(at(300));
        pair.stops(at(310));
        pair.monitors(at(400));
        let quality = pair.end(at(500));
        assert_eq!((quality.up, quality.mistaken, quality.mistakes), (ms(410), ms(30), 2));
        assert!((quality.query_accuracy() - (1.0 - 30.0 / 410.0)).abs() < 1e-12);
        assert_eq!((quality.mistake_recurrence(), quality.mistake_duration()), (Some(ms(205)), Some(ms(15))));
        assert!((quality.mistake_rate() - 2.0 / 0.41).abs() < 1e-9);
        assert_eq!((quality.crashes, quality.detection_time()), (0, None));
    }

    #[test]
    fn a_crash_is_detected_by_the_suspicion_that_lasts() {
        let mut pair = PairQuality::new(ms(50));
        pair.monitors(at(0));
        pair.crashed(at(100));
        pair.suspects(at(110));
        pair.trusts(at(115));
        pair.suspects(at(140));
        pair.restarted(at(200));
        pair.trusts(at(210));
        // Suspected when it crashes.
        pair.suspects(at(300));
        pair.crashed(at(305));
        pair.restarted(at(400));
        pair.trusts(at(405));
        // Not detected: too short a crash to count, and one that does.
        pair.crashed(at(500));
        pair.restarted(at(549));
        pair.crashed(at(600));
        let quality = pair.end(at(650));
        assert_eq!(quality.detections, [ms(40), ms(0)]);
        assert_eq!((quality.crashes, quality.missed, quality.mistakes), (3, 1, 1));
        assert_eq!((quality.mistaken, quality.outdated), (ms(10 + 5 + 5), ms(10 + 5)));
        assert_eq!(quality.mistake_duration(), Some(ms(5)));
        assert_eq!(quality.detection_time(), Some(ms(20)));
    }

    #[test]
    fn whoever_boots_after_a_crash_watches_from_then_on() {
        let mut pair = PairQuality::new(ms(50));
        pair.crashed(at(10));
        pair.monitors(at(100));
        pair.suspects(at(160));
        let quality = pair.end(at(200));
        assert_eq!((quality.crashes, quality.missed, quality.detections.as_slice()), (1, 1, &[ms(60)][..]));
        let mut sum = Quality::default();
        sum += &quality;
        sum += &quality;
        assert_eq!((sum.crashes, sum.detections.len()), (2, 2));
    }
}
