//! The clocks of a node: a monotonic one that may run fast or slow, and a wall clock that may
//! also be wrong.

use crate::choices::{Choices, Point, Purpose, Question, named};
use crate::process::NodeId;
use crate::time::{Duration, Time};

/// The two clocks of one process.
///
/// Both run at `1 + drift` times the true rate. The monotonic clock restarts at zero with every
/// boot; the wall clock goes on through crashes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    drift_ppm: i32,
    /// What it gains when no fault makes it drift.
    own_ppm: i32,
    /// True time and local time at the last boot or change of drift.
    monotonic_since: (Time, Time),
    wall_since: (Time, Time),
}

/// What a wall clock without error shows when the run begins: far from zero, so that one that is
/// slow does not reach the beginning of time.
const WALL_EPOCH: Time = Time::from_nanos(1_000_000_000_000_000_000);
const MILLION: i128 = 1_000_000;

impl Clock {
    /// A clock that shows `offset_ns` more than the true time.
    pub(crate) fn new(drift_ppm: i32, offset_ns: i64) -> Self {
        assert!(drift_ppm > -1_000_000, "time does not stand still or run backwards");
        let shown = Time::from_nanos(WALL_EPOCH.as_nanos().saturating_add_signed(offset_ns));
        Self {
            drift_ppm,
            own_ppm: drift_ppm,
            monotonic_since: (Time::ZERO, Time::ZERO),
            wall_since: (Time::ZERO, shown),
        }
    }

    /// The node boots at `now`.
    pub(crate) fn boot(&mut self, now: Time) {
        self.monotonic_since = (now, Time::ZERO);
    }

    /// From now on it gains `ppm`, or what is its own.
    pub(crate) fn drift(&mut self, now: Time, ppm: Option<i32>) {
        self.monotonic_since = (now, self.monotonic(now));
        self.wall_since = (now, self.wall(now));
        self.drift_ppm = ppm.unwrap_or(self.own_ppm);
    }

    /// The wall clock jumps by so many nanoseconds.
    pub(crate) fn jump(&mut self, by: i64) {
        let (_, shown) = &mut self.wall_since;
        *shown = Time::from_nanos(shown.as_nanos().saturating_add_signed(by));
    }

    /// How much passes on this clock in a span of true time, rounded up.
    pub(crate) fn local_span(&self, span: Duration) -> Duration {
        let rate = MILLION + i128::from(self.drift_ppm);
        let local = (i128::from(span.as_nanos()) * rate + MILLION - 1) / MILLION;
        Duration::from_nanos(u64::try_from(local).unwrap_or(u64::MAX))
    }

    /// What the monotonic clock shows at `now`.
    #[inline]
    pub(crate) fn monotonic(&self, now: Time) -> Time {
        self.shown(self.monotonic_since, now)
    }

    /// What the wall clock shows at `now`.
    pub(crate) fn wall(&self, now: Time) -> Time {
        self.shown(self.wall_since, now)
    }

    #[inline]
    fn shown(&self, (since, shown): (Time, Time), now: Time) -> Time {
        let passed = now.since(since).as_nanos();
        let local = if self.drift_ppm == 0 { passed } else { self.local_from_true(passed) };
        shown.saturating_add(Duration::from_nanos(local))
    }

    #[cold]
    fn local_from_true(&self, passed: u64) -> u64 {
        let local = i128::from(passed) * (MILLION + i128::from(self.drift_ppm)) / MILLION;
        u64::try_from(local).unwrap_or(u64::MAX)
    }

    /// The first true time, counted from `now`, at which `span` has passed on this clock: never
    /// early.
    #[inline]
    pub(crate) fn true_span(&self, span: Duration) -> Duration {
        if self.drift_ppm == 0 { span } else { self.stretched(span) }
    }

    #[cold]
    fn stretched(&self, span: Duration) -> Duration {
        let rate = MILLION + i128::from(self.drift_ppm);
        let passed = (i128::from(span.as_nanos()) * MILLION + rate - 1) / rate;
        Duration::from_nanos(u64::try_from(passed).unwrap_or(u64::MAX))
    }
}

/// How wrong the clocks of a run are. Each process draws its own errors from these ranges.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClockProfile {
    /// A clock gains or loses at most this much, in parts per million. Below one million.
    pub drift_ppm: u32,
    /// The wall clock is at most this much ahead or behind when the run begins.
    pub offset: Duration,
}

impl ClockProfile {
    /// Draws the clock of a process; the calm one is right.
    pub(crate) fn draw(self, process: u32, who: NodeId, choices: &mut Choices) -> Clock {
        let drift = self.error(u64::from(self.drift_ppm), process, 0, choices, named!("{who} clock drift"));
        let offset = self.error(self.offset.as_nanos(), process, 1, choices, named!("{who} clock offset"));
        Clock::new(drift as i32, offset)
    }

    /// An error of at most `most` in either direction: 0, 1, -1, 2, -2, … in the order of the
    /// answers, so that the calm one is none.
    fn error(self, most: u64, process: u32, which: u64, choices: &mut Choices, name: impl FnOnce() -> Question) -> i64 {
        if most == 0 {
            return 0;
        }
        let bound = most.saturating_mul(2).saturating_add(1);
        let answer = choices.choose(Point::new(Purpose::Clock, process, which), name, bound);
        let magnitude = answer.div_ceil(2) as i64;
        if answer % 2 == 1 { magnitude } else { -magnitude }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Time = Time::from_nanos(1_000_000_000);

    #[test]
    fn a_change_of_drift_loses_no_time_and_a_jump_moves_the_wall_clock_alone() {
        let second = Duration::from_secs(1);
        let mut clock = Clock::new(0, 0);
        clock.drift(SECOND, Some(500_000));
        assert_eq!(clock.monotonic(SECOND + second).as_nanos(), 2_500_000_000);
        clock.drift(SECOND + second, None);
        assert_eq!(clock.monotonic(SECOND + second * 2).as_nanos(), 3_500_000_000);
        let before = clock.wall(SECOND + second * 2);
        clock.jump(-7);
        assert_eq!(clock.wall(SECOND + second * 2).as_nanos(), before.as_nanos() - 7);
        assert_eq!(clock.monotonic(SECOND + second * 2).as_nanos(), 3_500_000_000);
    }

    #[test]
    fn a_true_clock_shows_the_time_since_boot() {
        let mut clock = Clock::new(0, 0);
        assert_eq!(clock.monotonic(SECOND), SECOND);
        clock.boot(SECOND);
        assert_eq!(clock.monotonic(SECOND), Time::ZERO);
        assert_eq!(clock.wall(SECOND), WALL_EPOCH + Duration::from_secs(1));
    }

    #[test]
    fn a_fast_clock_gains_and_its_timers_are_never_early() {
        for drift in [-300_000, -7, 0, 13, 500_000] {
            let clock = Clock::new(drift, -5);
            for nanos in [1, 3, 1_000_001, 123_456_789_123] {
                let span = Duration::from_nanos(nanos);
                let fires = Time::ZERO + clock.true_span(span);
                assert!(clock.monotonic(fires).as_nanos() >= nanos, "{drift} {nanos}");
                let before = Time::from_nanos(fires.as_nanos() - 1);
                assert!(clock.monotonic(before).as_nanos() < nanos.max(1) || drift > 0);
            }
        }
        assert_eq!(Clock::new(100_000, 0).monotonic(SECOND).as_nanos(), 1_100_000_000);
    }
}
