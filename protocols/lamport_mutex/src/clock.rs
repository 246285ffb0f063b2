//! Logical clocks (Lamport 1978, *Logical Clocks*).

use serde::Serialize;

/// A time of a logical clock: how many events, at least, came before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct LogicalTime(pub u64);

/// The clock of one process. If one event can have influenced another, its time is earlier.
///
/// ```
/// use lamport_mutex::{LogicalClock, LogicalTime};
///
/// let mut clock = LogicalClock::default();
/// assert_eq!(clock.tick(), LogicalTime(1));
/// assert_eq!(clock.receive(LogicalTime(7)), LogicalTime(8));
/// assert_eq!(clock.receive(LogicalTime(3)), LogicalTime(9));
/// ```
#[derive(Clone, Debug, Default)]
pub struct LogicalClock {
    now: LogicalTime,
}

impl LogicalClock {
    /// The time of the last event.
    pub const fn now(&self) -> LogicalTime {
        self.now
    }

    /// The time of one more event: later than that of any before (IR1).
    pub const fn tick(&mut self) -> LogicalTime {
        self.now.0 += 1;
        self.now
    }

    /// The time at which a message is received that was sent at `sent`: later than that, too (IR2).
    pub fn receive(&mut self, sent: LogicalTime) -> LogicalTime {
        self.now = self.now.max(sent);
        self.tick()
    }
}
