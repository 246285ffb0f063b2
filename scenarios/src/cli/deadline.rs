//! `--max-time`: the only thing that the wall clock decides, and only whether one more run begins.

use std::str::FromStr;

use sim_core::Duration;

#[expect(clippy::disallowed_types, reason = "how long a user waits is measured by the wall clock")]
type Moment = std::time::Instant;

/// A moment after which nothing more is begun.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline {
    end: Option<Moment>,
}

/// A span of the user's time. Besides the units of scenario files it knows `m` for minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WallTime(Duration);

impl Deadline {
    /// So long from now; without a limit, never.
    pub(crate) fn after(limit: Option<WallTime>) -> Self {
        let span = limit.map(|WallTime(span)| std::time::Duration::from_nanos(span.as_nanos()));
        Self { end: span.and_then(|span| now().checked_add(span)) }
    }

    /// Whether it is over.
    pub(crate) fn is_over(&self) -> bool {
        self.end.is_some_and(|end| now() >= end)
    }
}

#[expect(clippy::disallowed_methods, reason = "a user's time, which decides only whether another run begins")]
fn now() -> Moment {
    Moment::now()
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
    fn no_time_is_over_at_once() {
        assert!(Deadline::after(Some(WallTime(Duration::ZERO))).is_over());
        assert!(!Deadline::after(None).is_over());
    }
}
