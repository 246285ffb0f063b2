//! NFD-S and NFD-E, the detectors of Chen, Toueg and Aguilera (2002), which know what quality they have.
//!
//! Each beat has a *freshness point*: from then on the beats before it are stale. A peer is trusted while a beat that
//! was received is fresh.

use sim_core::{Duration, Time};

use super::status::Opinion;
use super::window::Window;

/// NFD-S, for clocks that are synchronised: beat i is sent at time i·η, and its freshness point is i·η + δ.
///
/// *Class*: strongly complete, and a crash is detected within δ + η whatever the links do. Eventually strongly accurate
/// (◇P) if in the end nothing is lost or takes longer than δ, by clocks that agree.
#[derive(Clone, Copy, Debug)]
pub struct NfdS {
    interval: Duration,
    shift: Duration,
    since: Time,
    /// The highest beat that was received.
    newest: Option<u64>,
}

impl NfdS {
    /// Watches from now on, by the clock that all have in common, for beats that are `interval` (η) apart and whose
    /// freshness points come `shift` (δ) after them. The peer has time for its first beat until the freshness point
    /// after the next one.
    pub const fn new(interval: Duration, shift: Duration, now: Time) -> Self {
        Self { interval, shift, since: now, newest: None }
    }

    /// Beat number `beat` has come.
    pub fn heard(&mut self, beat: u64) {
        self.newest = self.newest.max(Some(beat));
    }

    /// The freshness point of the beat after the newest one: from then on the peer is suspected. A beat that was long on
    /// its way takes nothing from the time that the peer has for its first one.
    pub fn deadline(&self) -> Time {
        let first = self.since + self.interval + self.shift;
        let next = self.newest.map(|newest| Time::ZERO + self.interval * newest.saturating_add(1) + self.shift);
        next.map_or(first, |next| next.max(first))
    }

    /// Whether the freshness point has passed; before that, the part of η + δ that is over.
    pub fn opinion(&self, now: Time) -> Opinion {
        until(now, self.deadline(), self.interval + self.shift, 1.0)
    }
}

/// NFD-E, for clocks that are not: when beat i should arrive is estimated from the arrivals of the latest ones, and its
/// freshness point comes a safety margin α after that.
///
/// *Class*: strongly complete; eventually strongly accurate (◇P) if in the end nothing is lost and delays differ by no
/// more than α. A crash is detected within η + α and the mean delay, on average.
#[derive(Clone, Debug)]
pub struct NfdE {
    interval: Duration,
    margin: Duration,
    longest: Duration,
    since: Time,
    newest: Option<u64>,
    /// When each of the latest beats came, less its number times η, in nanoseconds.
    shifted: Window,
}

impl NfdE {
    /// Watches from now on, for beats that are `interval` (η) apart, with a `margin` (α), by the arrivals of so many
    /// beats. Nobody is trusted for longer than `longest` after the last beat, or at first.
    pub fn new(interval: Duration, margin: Duration, window: usize, longest: Duration, now: Time) -> Self {
        Self { interval, margin, longest, since: now, newest: None, shifted: Window::new(window) }
    }

    /// Beat number `beat` has come. Beats that were overtaken tell of delays, too.
    pub fn heard(&mut self, beat: u64, now: Time) {
        self.shifted.push(now.as_nanos() as f64 - beat as f64 * self.interval.as_nanos() as f64);
        if self.newest.is_none_or(|newest| beat > newest) {
            (self.newest, self.since) = (Some(beat), now);
        }
    }

    /// The peer has booted, and counts its beats anew.
    pub fn restarted(&mut self) {
        self.newest = None;
        self.shifted.clear();
    }

    /// The freshness point of the beat after the newest one: from then on the peer is suspected.
    pub fn deadline(&self) -> Time {
        let last = self.since + self.longest;
        let (Some(newest), Some(shift)) = (self.newest, self.shifted.mean()) else { return last };
        let expected = shift + (newest as f64 + 1.0) * self.interval.as_nanos() as f64;
        (Time::from_nanos(expected.max(0.0) as u64) + self.margin).min(last)
    }

    /// Whether the freshness point has passed; before that, the part of the time since the last beat that is over.
    pub fn opinion(&self, now: Time) -> Opinion {
        let deadline = self.deadline();
        until(now, deadline, deadline.since(self.since), self.shifted.filled())
    }
}

/// 1 from the deadline on, and before it the part of the `span` up to it that is over.
fn until(now: Time, deadline: Time, span: Duration, confidence: f64) -> Opinion {
    if now >= deadline {
        return Opinion::new(1.0, confidence);
    }
    let left = deadline.since(now).as_nanos() as f64 / (span.as_nanos() as f64).max(1.0);
    Opinion::new((1.0 - left).min(1.0 - f64::EPSILON), confidence)
}

/// What NFD-S comes to between two nodes that are up, by Theorem 5 of the paper, over links that lose each message with
/// the same probability and delay it by an exponentially distributed time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClosedForm {
    /// E(T_MR): how long it is from the beginning of one mistake to the next, in nanoseconds.
    pub mistake_recurrence: f64,
    /// E(T_M): how long a mistake lasts, in nanoseconds.
    pub mistake_duration: f64,
    /// P_A: the probability that the peer is trusted, at a time drawn at random.
    pub query_accuracy: f64,
}

/// How many parts a function is cut into to integrate it; an even number.
const PARTS: u32 = 2000;

impl ClosedForm {
    /// For beats that are η = `interval` apart, a `shift` δ, `loss` from 0 to 1, and a mean delay.
    pub fn of_nfd_s(interval: Duration, shift: Duration, loss: f64, mean_delay: Duration) -> Self {
        let [eta, delta, mean] = [interval, shift, mean_delay].map(|span| span.as_nanos() as f64);
        let late = |after: f64| if after <= 0.0 { 1.0 } else { libm::exp(-after / mean) };
        // p_j(x): beat i + j has not come by τ_i + x.
        let missing = |j: u64, x: f64| loss + (1.0 - loss) * late(delta + x - j as f64 * eta);
        let beats = libm::ceil(delta / eta) as u64;
        // u(x): no beat that is fresh at τ_i + x has come by then.
        let suspects = |x: f64| (0..=beats).map(|j| missing(j, x)).product::<f64>();
        // q_0: beat i − 1 has come before τ_i; p_s: there is a mistake that begins at τ_i.
        let came_before = (1.0 - loss) * (1.0 - late(delta + eta));
        let begins = came_before * suspects(0.0);
        let suspected = integral(suspects, eta);
        Self {
            mistake_recurrence: eta / begins,
            mistake_duration: suspected / begins,
            query_accuracy: 1.0 - suspected / eta,
        }
    }
}

/// The integral from 0 to `end`, by Simpson's rule.
fn integral(function: impl Fn(f64) -> f64, end: f64) -> f64 {
    let width = end / f64::from(PARTS);
    let weighted = (0..=PARTS).map(|part| {
        let weight = match part {
            0 | PARTS => 1.0,
            part if part % 2 == 1 => 4.0,
            _ => 2.0,
        };
        // The last point belongs to the next interval, in which other beats are fresh.
        weight * function((f64::from(part) * width).min(end * (1.0 - f64::EPSILON)))
    });
    weighted.sum::<f64>() * width / 3.0
}

#[cfg(test)]
mod tests {
    use sim_core::ms;

    use super::*;

    fn at(millis: u64) -> Time {
        Time::ZERO + ms(millis)
    }

    #[test]
    fn a_peer_is_trusted_until_the_next_freshness_point() {
        let mut nfd = NfdS::new(ms(10), ms(25), at(100));
        assert_eq!(nfd.deadline(), at(135));
        nfd.heard(7);
        assert_eq!(nfd.deadline(), at(135), "it was sent before anybody looked");
        nfd.heard(12);
        nfd.heard(11);
        assert_eq!(nfd.deadline(), at(130 + 25));
        assert!(!nfd.opinion(Time::from_nanos(at(155).as_nanos() - 1)).is_suspicion());
        assert!(nfd.opinion(at(155)).is_suspicion());
    }

    #[test]
    fn the_next_beat_is_expected_when_the_others_came() {
        let mut nfd = NfdE::new(ms(10), ms(4), 3, ms(60), at(0));
        assert_eq!(nfd.deadline(), at(60));
        [(1, 17), (2, 25), (3, 36)].into_iter().for_each(|(beat, millis)| nfd.heard(beat, at(millis)));
        assert_eq!(nfd.deadline(), at(46 + 4), "their clock is 6 ms behind, on average");
        assert!(nfd.opinion(at(49)).level < 1.0 && nfd.opinion(at(50)).is_suspicion());
        nfd.restarted();
        assert_eq!((nfd.deadline(), nfd.opinion(at(40)).confidence), (at(96), 0.0));
        nfd.heard(0, at(500));
        assert_eq!(nfd.deadline(), at(514));
    }

    /// Without losses and with a shift of one interval, at most two beats are fresh: that can be done by hand.
    #[test]
    fn the_closed_form_is_what_it_is_by_hand() {
        let found = ClosedForm::of_nfd_s(ms(10), ms(10), 0.0, ms(10));
        let e = |x: f64| libm::exp(-x);
        // u(x) = e^-(1 + x/10) e^-(x/10), begins = (1 − e^-2) e^-1.
        let suspected = 10e6 * e(1.0) * (1.0 - e(2.0)) / 2.0;
        let begins = (1.0 - e(2.0)) * e(1.0);
        assert!((found.mistake_recurrence / (10e6 / begins) - 1.0).abs() < 1e-9, "{found:?}");
        assert!((found.mistake_duration / (suspected / begins) - 1.0).abs() < 1e-9, "{found:?}");
        assert!((found.query_accuracy - (1.0 - suspected / 10e6)).abs() < 1e-9, "{found:?}");
    }
}
