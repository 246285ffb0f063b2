//! What waits in the event queue.

use serde::Serialize;

use crate::canonical::{Value, kind_of, size_of_value};
use crate::choices::{Point, Purpose};
use crate::effect::Answer;
use crate::fault::FailedWrites;
use crate::operator::OperatorAction;
use crate::process::RequestId;
use crate::protocol::{Protocol, SyncToken};
use crate::timers::Ticket;

/// An event to come.
#[derive(Debug)]
pub(crate) enum Pending<P: Protocol> {
    Delivery(Delivery<P>),
    Timer {
        process: u32,
        incarnation: u32,
        ticket: Ticket,
    },
    /// The disk has finished the sync that its node waits for.
    Synced {
        process: u32,
        incarnation: u32,
        /// Numbers the syncs of the process.
        sync: u64,
        end: SyncEnd,
    },
    /// The disk has finished a sync that its node did not wait for.
    Report {
        process: u32,
        incarnation: u32,
        sync: u64,
        end: SyncEnd,
        token: SyncToken,
    },
    /// A slow process is done with its last step.
    Rested {
        process: u32,
        incarnation: u32,
        /// Numbers the rests of the process.
        rest: u64,
    },
    /// An operator asks something of a node.
    Operator {
        process: u32,
        /// The number of the fault's blow by which it does.
        part: u32,
        action: Box<OperatorAction>,
    },
    /// The failure detector tells a node of another.
    Detected {
        process: u32,
        stopped: u32,
    },
    /// A timer of an adversary.
    Adversary {
        /// The first of its puppets.
        process: u32,
        /// The number of the fault's blow by which it has come.
        part: u32,
        timer: u64,
        /// Numbers the armings of its timers.
        arm: u64,
    },
}

/// How a sync ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SyncEnd {
    /// This many writes, from the first on, are durable.
    Durable(u64),
    /// It fails; what happens to the writes that it covers, and how many they are.
    Failed(u64, FailedWrites),
}

/// A message on its way.
#[derive(Debug)]
pub(crate) struct Delivery<P: Protocol> {
    pub(crate) from: u32,
    pub(crate) to: u32,
    pub(crate) nth: Nth,
    /// The step in which it was sent.
    pub(crate) cause: u64,
    pub(crate) payload: Payload<P>,
}

/// Which of its sender's messages it is, which copy of it, and how often its order may have been
/// asked for before it was held back. All in one word: there are many deliveries, and they should
/// be small.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Nth(u64);

impl Nth {
    /// All but the eight bits of `asked`.
    const UNASKED: u64 = u64::MAX >> 8;
    /// The bits that tell copies of a message apart.
    const COPY: u64 = 3;

    /// The message itself.
    #[inline]
    pub(crate) const fn new(ordinal: u64) -> Self {
        Self(ordinal << 2)
    }

    /// The duplicate of it.
    pub(crate) const fn duplicate(self) -> Self {
        Self(self.0 | 1)
    }

    /// The same message once more, much later.
    pub(crate) const fn replay(self) -> Self {
        Self(self.0 | 2)
    }

    #[inline]
    pub(crate) const fn ordinal(self) -> u64 {
        (self.0 & Self::UNASKED) >> 2
    }

    /// How often its order may have been asked for before it was held back.
    #[inline]
    pub(crate) const fn asked(self) -> u8 {
        (self.0 >> 56) as u8
    }

    /// The same after its order may have been asked for this often.
    pub(crate) const fn after_asking(self, asked: u8) -> Self {
        Self(self.0 & Self::UNASKED | (asked as u64) << 56)
    }

    /// 0 for the message itself, 1 for a duplicate, 2 for a replay.
    #[inline]
    pub(crate) const fn copy(self) -> u8 {
        (self.0 & Self::COPY) as u8
    }

    /// Which of the copies it is, in names.
    pub(crate) const fn copy_name(self) -> &'static str {
        match self.copy() {
            0 => "",
            1 => "copy",
            _ => "replay",
        }
    }

    /// Its place among all that its sender puts on links: a duplicate goes out before its original.
    pub(crate) const fn rank(self) -> u64 {
        (self.0 ^ Self::COPY) & Self::UNASKED
    }
}

/// What a message carries.
#[derive(Debug)]
pub(crate) enum Payload<P: Protocol> {
    Peer(P::Message),
    Request(RequestId, P::Op),
    Answer(RequestId, Answer<P::Reply>),
}

impl<P: Protocol> Clone for Payload<P> {
    fn clone(&self) -> Self {
        match self {
            Self::Peer(message) => Self::Peer(message.clone()),
            Self::Request(request, op) => Self::Request(*request, op.clone()),
            Self::Answer(request, answer) => Self::Answer(*request, answer.clone()),
        }
    }
}

impl<P: Protocol> Payload<P> {
    /// Its kind, for faults and choices.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Peer(message) => P::kind(message),
            Self::Request(_, op) => kind_of(op),
            Self::Answer(_, answer) => kind_of(answer),
        }
    }

    /// The round of the protocol that it belongs to, if there is one.
    pub(crate) fn round(&self) -> Option<u64> {
        match self {
            Self::Peer(message) => P::round(message),
            Self::Request(..) | Self::Answer(..) => None,
        }
    }

    /// Its length in bytes in its canonical form.
    pub(crate) fn size(&self) -> u64 {
        match self {
            Self::Peer(message) => size_of_value(message),
            Self::Request(_, op) => size_of_value(op),
            Self::Answer(_, answer) => size_of_value(answer),
        }
    }

    pub(crate) fn value(&self) -> Value {
        match self {
            Self::Peer(message) => Value::of(message),
            Self::Request(request, op) => Self::about(request, op),
            Self::Answer(request, Answer::Reply(reply)) => Self::about(request, reply),
            Self::Answer(request, answer) => Self::about(request, answer),
        }
    }

    fn about(request: &RequestId, what: &impl Serialize) -> Value {
        Value::List(vec![Value::Text(request.to_string()), Value::of(what)])
    }
}

/// Kinds of events, as part of their points; messages use the number of their copy.
const TIMER: u8 = 0xff;
const DISK: u8 = 0xfe;
const RESTED: u8 = 0xfd;
const OPERATOR: u8 = 0xfb;
const ADVERSARY: u8 = 0xfa;
const DETECTED: u8 = 0xf9;

impl<P: Protocol> Pending<P> {
    /// The point that stands for this event when it is first in line and has been passed over
    /// `passed` times. `arm` numbers the armings of a process's timers.
    pub(crate) fn order_point(&self, arm: impl FnOnce(u32, Ticket) -> u64, passed: u8) -> Point {
        let (process, kind, ordinal) = match self {
            Self::Delivery(d) => (d.from, d.nth.copy(), d.nth.ordinal()),
            Self::Timer { process, ticket, .. } => (*process, TIMER, arm(*process, *ticket)),
            Self::Synced { process, sync, .. } | Self::Report { process, sync, .. } => (*process, DISK, *sync),
            Self::Rested { process, rest, .. } => (*process, RESTED, *rest),
            Self::Operator { process, part, .. } => (*process, OPERATOR, u64::from(*part)),
            Self::Detected { process, stopped } => (*process, DETECTED, u64::from(*stopped)),
            Self::Adversary { process, arm, .. } => (*process, ADVERSARY, *arm),
        };
        Point::of_copy(Purpose::Order, process, ordinal << 8 | u64::from(passed), kind)
    }

    /// How often its order may have been asked for before it was pushed.
    pub(crate) const fn asked(&self) -> u8 {
        match self {
            Self::Delivery(delivery) => delivery.nth.asked(),
            _ => 0,
        }
    }

    /// Events in the same lane happen in the order in which they came, even if others are shuffled.
    pub(crate) fn lane(&self, fifo: bool) -> Option<u64> {
        match self {
            Self::Delivery(delivery) if fifo => Some(u64::from(delivery.from)),
            Self::Report { .. } => Some(u64::MAX),
            _ => None,
        }
    }
}
