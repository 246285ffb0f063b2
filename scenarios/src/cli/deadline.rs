//! When to stop: at the end of `--max-time`, or when a signal comes. That decides only which seeds are
//! run.

use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};

use reports::Stopped;
use sim_core::Duration;

use super::interrupt::Interrupt;
use super::wall_clock::{Moment, now};

/// A moment after which nothing more is begun, and what is in progress is given up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline<'i> {
    end: Option<Moment>,
    /// Ends it at once.
    interrupt: Option<&'i Interrupt>,
}

/// A span of the user's time. Besides the units of scenario files it knows `m` for minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WallTime(Duration);

impl<'i> Deadline<'i> {
    /// So long from now; without a limit, never.
    pub(crate) fn after(limit: Option<WallTime>) -> Self {
        let span = limit.map(|WallTime(span)| std::time::Duration::from_nanos(span.as_nanos()));
        Self { end: span.and_then(|span| now().checked_add(span)), interrupt: None }
    }

    /// The same, or when a signal comes.
    pub(crate) const fn or_at(self, interrupt: &'i Interrupt) -> Self {
        Self { interrupt: Some(interrupt), ..self }
    }

    /// The end of the first of so many equal parts of what is left.
    pub(crate) fn part(self, parts: usize) -> Self {
        let Some(end) = self.end else { return self };
        let (now, parts) = (now(), u32::try_from(parts.max(1)).unwrap_or(u32::MAX));
        Self { end: Some(now + end.saturating_duration_since(now) / parts), ..self }
    }

    /// Calls `work` with a sign that is given when it is over.
    #[expect(clippy::disallowed_methods, reason = "a thread that waits, and has no part in any run")]
    pub(crate) fn watch<T>(self, work: impl FnOnce(&AtomicBool) -> T) -> T {
        let over = Arc::new(AtomicBool::new(self.is_over()));
        let _raises = self.interrupt.map(|interrupt| interrupt.raises(&over));
        let Some(end) = self.end else { return work(&over) };
        let (done, ended) = mpsc::channel::<()>();
        std::thread::scope(|scope| {
            let sign = Arc::clone(&over);
            scope.spawn(move || {
                let waited = ended.recv_timeout(end.saturating_duration_since(now()));
                if waited == Err(mpsc::RecvTimeoutError::Timeout) {
                    sign.store(true, Ordering::Relaxed);
                }
            });
            let result = work(&over);
            drop(done);
            result
        })
    }

    /// Why it is over.
    pub(crate) fn why(self) -> Stopped {
        match self.interrupt {
            Some(interrupt) if interrupt.came() => Stopped::Interrupted,
            _ => Stopped::OutOfTime,
        }
    }

    /// Whether what takes so long from now ends before.
    pub(crate) fn leaves(self, span: std::time::Duration) -> bool {
        self.end.is_none_or(|end| end.saturating_duration_since(now()) >= span)
    }

    /// Whether its time is over.
    fn is_over(self) -> bool {
        self.end.is_some_and(|end| now() >= end)
    }
}

impl fmt::Display for WallTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for WallTime {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let minutes = text.strip_suffix('m').filter(|number| number.ends_with(|c: char| c.is_ascii_digit()));
        let duration = minutes.map_or_else(|| text.parse(), |number| format!("{number}min").parse());
        duration.map(Self).map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minutes_have_a_short_name() {
        assert_eq!("10m".parse(), Ok(WallTime(Duration::from_secs(600))));
        assert_eq!("1.5s".parse(), Ok(WallTime(Duration::from_millis(1500))));
        assert!("10".parse::<WallTime>().is_err());
    }

    #[test]
    fn whoever_waits_is_told_when_the_time_is_up() {
        let deadline = Deadline::after(Some("40ms".parse().expect("a span")));
        let spins = deadline.watch(|over| (0..).take_while(|_| !over.load(Ordering::Relaxed)).count());
        assert!(spins > 0 && deadline.is_over());
        assert!(!Deadline::after(None).watch(|over| over.load(Ordering::Relaxed)));
    }

    #[test]
    fn what_is_left_is_shared_out() {
        let hour = Deadline::after(Some("60m".parse().expect("a span")));
        let (all, third) = (hour.part(1).end.expect("an end"), hour.part(3).end.expect("an end"));
        let between = all.duration_since(third).as_secs();
        assert!((2390..=2400).contains(&between), "{between}");
        assert_eq!(Deadline::after(None).part(3).end, None);
    }

    #[test]
    fn no_time_is_over_at_once() {
        assert!(Deadline::after(Some(WallTime(Duration::ZERO))).is_over());
        assert!(!Deadline::after(None).is_over());
    }
}
