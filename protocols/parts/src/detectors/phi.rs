//! The φ accrual detector (Hayashibara, Défago, Yared and Katayama 2004).

use sim_core::{Duration, Time};

use super::status::Opinion;
use super::window::Window;

/// What a φ accrual detector goes by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PhiSettings {
    /// From which φ on a peer is suspected. φ is the decimal exponent of how improbable it is that a beat is still to
    /// come: with 8, it is one in 10⁸.
    pub threshold: f64,
    /// How many gaps between beats are remembered.
    pub window: usize,
    /// The least standard deviation that is reckoned with. Beats that have come like clockwork for a while would leave
    /// none, and the first one that is a little late would be the end.
    pub min_deviation: Duration,
    /// Nobody may be silent for longer, whatever φ is: so there is a bound for those who were never heard from, and for
    /// gaps that have grown.
    pub longest: Duration,
}

/// Learns the gaps between the beats of one peer, and says how improbable its silence is.
///
/// φ is a function of the moment at which it is asked for, and grows with the silence; it is not kept.
///
/// *Class*: strongly complete, within `longest`. Accuracy is probable, as long as the gaps are like those in the
/// window, and never certain. It is eventually strongly accurate (◇P) if in the end no gap deviates from the mean by
/// more than the standard normal quantile of the threshold times the least deviation.
#[derive(Clone, Debug)]
pub struct PhiAccrual {
    settings: PhiSettings,
    /// How many deviations beyond the mean the threshold is.
    deviations: f64,
    /// The gaps, in nanoseconds.
    gaps: Window,
    last: Time,
    was_heard: bool,
}

impl PhiAccrual {
    /// Watches from now on.
    pub fn new(settings: PhiSettings, now: Time) -> Self {
        let (deviations, gaps) = (quantile(settings.threshold), Window::new(settings.window));
        Self { settings, deviations, gaps, last: now, was_heard: false }
    }

    /// A beat has come. The gap before it counts, unless the peer `was_suspect`: then it was away, and not late.
    pub fn heard(&mut self, now: Time, was_suspect: bool) {
        if self.was_heard && !was_suspect {
            self.gaps.push(now.since(self.last).as_nanos() as f64);
        }
        (self.last, self.was_heard) = (now, true);
    }

    /// The peer has booted: what was learnt of its gaps is forgotten.
    pub fn restarted(&mut self) {
        self.gaps.clear();
        self.was_heard = false;
    }

    /// φ of the silence so far; 0 where no gap is known yet.
    pub fn phi(&self, now: Time) -> f64 {
        let Some((mean, deviation)) = self.distribution() else { return 0.0 };
        phi(now.since(self.last).as_nanos() as f64, mean, deviation)
    }

    /// Mean and standard deviation of the gaps, in nanoseconds, once one is known.
    pub fn distribution(&self) -> Option<(f64, f64)> {
        let least = self.settings.min_deviation.as_nanos() as f64;
        self.gaps.mean().map(|mean| (mean, self.gaps.deviation().max(least)))
    }

    /// φ as a part of the threshold.
    pub fn opinion(&self, now: Time) -> Opinion {
        let is_long = now.since(self.last) >= self.settings.longest;
        let level = if is_long { 1.0 } else { self.phi(now) / self.settings.threshold };
        Opinion::new(level, self.gaps.filled())
    }

    /// How long the peer may be silent by now, before it is suspected; rounded up, so that it is suspected then.
    pub fn timeout(&self) -> Duration {
        let Some((mean, deviation)) = self.distribution() else { return self.settings.longest };
        let silence = Duration::from_nanos((mean + self.deviations * deviation) as u64) + ROUNDING;
        silence.min(self.settings.longest)
    }

    /// When it is suspected, if it stays silent.
    pub fn deadline(&self) -> Time {
        self.last + self.timeout()
    }

    /// When it was last heard from, or when watching it began.
    pub const fn last(&self) -> Time {
        self.last
    }
}

/// φ = −log₁₀ P(a gap longer than `silence`), where gaps are normally distributed. Finite for every silence, and it
/// never falls when the silence grows.
///
/// The tail is ½ erfc(z/√2). Computed as 1 − cdf it would be 0 from 8.5 standard deviations on, and φ infinite; and
/// erfc itself is 0 from 38 on: so its logarithm is computed directly there.
pub fn phi(silence: f64, mean: f64, deviation: f64) -> f64 {
    if deviation <= 0.0 {
        return if silence > mean { FARTHEST } else { 0.0 };
    }
    let tail = -log10_of_tail((silence - mean) / deviation);
    tail.min(FARTHEST)
}

/// What the rounding of φ can be worth.
const ROUNDING: Duration = Duration::from_nanos(2);

/// No φ is beyond it. It is far beyond any threshold.
pub const FARTHEST: f64 = 1e300;

/// From where on the logarithm of erfc is computed without it.
const FAR: f64 = 10.0;

/// log₁₀ of the upper tail of the standard normal distribution.
fn log10_of_tail(z: f64) -> f64 {
    let x = z * std::f64::consts::FRAC_1_SQRT_2;
    if x < FAR {
        // Rounding leaves little below 0 where the tail is all.
        return libm::log10(0.5 * libm::erfc(x)).min(0.0);
    }
    // erfc(x) = exp(−x²) / (x √π) · (1 − 1/(2x²) + 3/(2x²)² − 15/(2x²)³ + 105/(2x²)⁴ − …).
    let y = 1.0 / (2.0 * x * x);
    let series = 1.0 - y * (1.0 - y * (3.0 - y * (15.0 - y * (105.0 - y * 945.0))));
    let ln = -x * x - libm::log(2.0 * x * libm::sqrt(std::f64::consts::PI)) + libm::log(series);
    // The two formulas may differ in the last bits where they meet.
    (ln * std::f64::consts::LOG10_E).min(libm::log10(0.5 * libm::erfc(FAR)))
}

/// How many standard deviations beyond the mean φ has this value: the inverse of [`phi`].
pub fn quantile(value: f64) -> f64 {
    // φ is at most about z²/4 + 1 at z, and at least z²/5 from 0 on.
    let (mut low, mut high) = (-40.0, libm::sqrt(5.0 * value.max(0.0)) + 1.0);
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if phi(middle, 0.0, 1.0) < value {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}

#[cfg(test)]
mod tests {
    use sim_core::ms;

    use super::*;

    fn at(millis: u64) -> Time {
        Time::ZERO + ms(millis)
    }

    const SETTINGS: PhiSettings = PhiSettings { threshold: 8.0, window: 10, min_deviation: ms(5), longest: ms(1000) };

    /// From tables of the normal distribution: −log₁₀ of the upper tail.
    #[test]
    fn phi_is_what_tables_say() {
        let tail =
            [(0.0, 0.5), (1.0, 0.158_655_253_931_457), (2.0, 0.022_750_131_948_179_2), (-3.0, 0.998_650_101_968_37)];
        for (z, tail) in tail {
            assert!((phi(z, 0.0, 1.0) + libm::log10(tail)).abs() < 1e-12, "{z}");
        }
        let far = [(6.0, 9.005_86), (8.5, 17.022_6), (10.0, 23.118), (30.0, 197.309_2), (100.0, 2_173.871_5)];
        for (z, expected) in far {
            assert!((phi(z, 0.0, 1.0) / expected - 1.0).abs() < 1e-4, "{z}: {}", phi(z, 0.0, 1.0));
        }
    }

    /// It takes the logarithm of the tail, and so there is no silence at which it is infinite or falls.
    #[test]
    fn phi_is_finite_and_never_falls() {
        let silences = (0..200_000).map(|step| f64::from(step) * 0.001 - 40.0);
        let far = (8..640).map(|exponent| libm::ldexp(1.0, exponent));
        let mut before = 0.0;
        for z in silences.chain(far) {
            let now = phi(z, 0.0, 1.0);
            assert!(now.is_finite() && now >= before, "{z}: {now} after {before}");
            before = now;
        }
        // Where one formula takes over from the other, bit by bit.
        let seam = FAR * std::f64::consts::SQRT_2;
        let mut z = seam - 2000.0 * f64::EPSILON * seam;
        let mut before = 0.0;
        while z < seam + 2000.0 * f64::EPSILON * seam {
            let now = phi(z, 0.0, 1.0);
            assert!(now >= before * (1.0 - 4.0 * f64::EPSILON), "{z}: {now} after {before}");
            (before, z) = (now, z.next_up());
        }
        for (mean, deviation) in [(0.0, 0.0), (1e18, 1e-3), (1.0, 1e300), (f64::MAX, f64::MIN_POSITIVE)] {
            let values = [0.0, 1.0, 1e9, u64::MAX as f64].map(|silence| phi(silence, mean, deviation));
            assert!(values.iter().all(|value| value.is_finite() && *value >= 0.0), "{values:?}");
            assert!(values.is_sorted(), "{values:?}");
        }
    }

    #[test]
    fn the_quantile_is_where_phi_has_that_value() {
        assert!((quantile(8.0) - 5.612).abs() < 1e-3);
        assert!((quantile(0.8) - 1.0).abs() < 2e-3, "a factor of ten makes it the mean and one deviation");
        for value in [0.1, 0.5, 1.0, 8.0, 16.0, 300.0, 1e6] {
            assert!((phi(quantile(value), 0.0, 1.0) - value).abs() < 1e-9 * value.max(1.0), "{value}");
        }
    }

    #[test]
    fn a_silent_peer_is_suspected_when_that_is_asked() {
        let mut phi = PhiAccrual::new(SETTINGS, at(0));
        assert!(!phi.opinion(at(999)).is_suspicion());
        assert!(phi.opinion(at(1000)).is_suspicion(), "nobody is waited for without end");
        (1..=11).for_each(|beat| phi.heard(at(beat * 100), false));
        assert_eq!(phi.distribution(), Some((100e6, 5e6)), "as if the gaps deviated a little");
        assert!(!phi.opinion(at(1100 + 128)).is_suspicion());
        let deadline = phi.deadline();
        assert!(deadline > at(1100 + 128) && deadline < at(1100 + 129), "{deadline}");
        assert!(phi.opinion(deadline).is_suspicion());
        assert_eq!(phi.opinion(deadline).confidence, 1.0);
    }

    #[test]
    fn the_absence_of_a_suspect_is_no_gap() {
        let mut phi = PhiAccrual::new(SETTINGS, at(0));
        (1..=5).for_each(|beat| phi.heard(at(beat * 100), false));
        let timeout = phi.timeout();
        phi.heard(at(5000), true);
        assert_eq!((phi.timeout(), phi.last()), (timeout, at(5000)));
        phi.restarted();
        assert_eq!((phi.distribution(), phi.phi(at(9000))), (None, 0.0));
    }
}
