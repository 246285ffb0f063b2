//! What breaks a guarantee of delivery, told to people.

use std::fmt::{self, Debug};

use super::{DeliveryEvent, DeliveryGuarantee};

/// Events that break a guarantee of delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryViolation {
    /// Which guarantee.
    pub guarantee: DeliveryGuarantee,
    /// What is wrong.
    pub kind: DeliveryViolationKind,
    /// The events that show it, by their places in the log.
    pub events: Vec<usize>,
    pub(super) lines: Vec<String>,
}

/// What breaks a guarantee of delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryViolationKind {
    /// A process delivered what nobody had broadcast.
    Created,
    /// A process delivered a message a second time.
    Twice,
    /// A receiver never delivered a message.
    Missing {
        /// The receiver.
        receiver: u64,
    },
    /// A process delivered the message of the last event before that of the first, which came
    /// before it.
    Disorder {
        /// The process.
        receiver: u64,
    },
}

impl fmt::Display for DeliveryViolation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let guarantee = self.guarantee;
        match self.kind {
            DeliveryViolationKind::Created => writeln!(f, "not {guarantee}: delivered, but not broadcast before")?,
            DeliveryViolationKind::Twice => writeln!(f, "not {guarantee}: delivered twice")?,
            DeliveryViolationKind::Missing { receiver } => {
                writeln!(f, "not {guarantee}: process {receiver} never delivered what was broadcast")?;
            }
            DeliveryViolationKind::Disorder { receiver } => {
                writeln!(f, "not {guarantee}: process {receiver} had not delivered the first message before the last")?;
            }
        }
        self.lines.iter().try_for_each(|line| writeln!(f, "  {line}"))
    }
}

impl<I: Debug> fmt::Display for DeliveryEvent<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = if self.is_broadcast { "broadcasts" } else { "delivers" };
        let Self { process, message, time_ns, .. } = self;
        write!(f, "process {process} {verb} {message:?} at {}", crate::time::Time::from_nanos(*time_ns))
    }
}
