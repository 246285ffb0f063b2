//! Guarantees of delivery: which of the messages that an application broadcasts reach whom, how
//! often and in which order.
//!
//! These are the application's messages, by ids that it announces, not those of the network below.
//! The guarantees are those of Cachin, Guerraoui and Rodrigues, "Reliable and Secure Distributed
//! Programming", 2011, section 3.

mod causal_order;
#[cfg(test)]
mod tests;
mod violation;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use super::by_name::by_name;
use super::{Answer, Budget, Undecided};
pub use violation::{DeliveryViolation, DeliveryViolationKind};

/// What a broadcast promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DeliveryGuarantee {
    /// What is delivered was broadcast before.
    NoCreation,
    /// No process delivers a message twice.
    AtMostOnce,
    /// Every receiver delivers every message of the senders.
    AtLeastOnce,
    /// Both of the last two.
    ExactlyOnce,
    /// A process delivers a message only after all that its sender had broadcast before it.
    FifoOrder,
    /// A process delivers a message only after all that came before it causally: those its sender
    /// had broadcast or delivered before, and those before them.
    CausalOrder,
}

/// What an application broadcast and delivered, in the order it happened. `I` names a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeliveryLog<I> {
    events: Vec<DeliveryEvent<I>>,
}

/// A broadcast or a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryEvent<I> {
    /// The process that did it.
    pub process: u64,
    /// Whether it broadcast the message; otherwise it delivered it.
    pub is_broadcast: bool,
    /// The message.
    pub message: I,
    /// Virtual time in nanoseconds.
    pub time_ns: u64,
}

/// Who owes what to whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Processes whose messages have to arrive: those that did not crash.
    pub senders: BTreeSet<u64>,
    /// Processes at which they have to arrive.
    pub receivers: BTreeSet<u64>,
    /// Whether a process delivers its own messages like all others. If not, it counts as having
    /// delivered each when it broadcast it.
    pub delivers_own: bool,
    /// Whether there was time to deliver everything. If not, what is missing may still arrive.
    pub is_settled: bool,
}

impl<I> DeliveryLog<I> {
    /// Nothing has happened yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { events: Vec::new() }
    }

    /// Notes that the process broadcast the message.
    pub fn broadcast(&mut self, process: u64, message: I, time_ns: u64) {
        self.events.push(DeliveryEvent { process, is_broadcast: true, message, time_ns });
    }

    /// Notes that the process delivered the message.
    pub fn deliver(&mut self, process: u64, message: I, time_ns: u64) {
        self.events.push(DeliveryEvent { process, is_broadcast: false, message, time_ns });
    }

    /// All that happened, in order.
    pub fn events(&self) -> &[DeliveryEvent<I>] {
        &self.events
    }
}

/// The messages of a log by number.
struct Messages<'a, I> {
    log: &'a DeliveryLog<I>,
    /// By event, the number of its message in order of broadcast; `None` for what was delivered
    /// but had not been broadcast.
    numbers: Vec<Option<u32>>,
    /// By message, the event of its broadcast.
    broadcasts: Vec<u32>,
}

/// Decides whether the log keeps the guarantee.
pub fn check_delivery<I: Ord + Debug>(
    log: &DeliveryLog<I>,
    guarantee: DeliveryGuarantee,
    group: &Group,
    budget: Budget,
) -> Answer<DeliveryViolation> {
    let messages = match Messages::of(log) {
        Ok(messages) => messages,
        Err(why) => return Answer::Unknown(why),
    };
    let result = match guarantee {
        DeliveryGuarantee::NoCreation => Ok(messages.find_created()),
        DeliveryGuarantee::AtMostOnce => Ok(messages.find_twice()),
        DeliveryGuarantee::AtLeastOnce => messages.find_missing(group),
        DeliveryGuarantee::ExactlyOnce => match messages.find_twice() {
            None => messages.find_missing(group),
            twice => Ok(twice),
        },
        DeliveryGuarantee::FifoOrder => causal_order::find_disorder(&messages, group, false, budget),
        DeliveryGuarantee::CausalOrder => causal_order::find_disorder(&messages, group, true, budget),
    };
    match result {
        Ok(None) => Answer::Satisfied,
        Ok(Some(violation)) => Answer::Violated(DeliveryViolation { guarantee, ..violation }),
        Err(why) => Answer::Unknown(why),
    }
}

impl<'a, I: Ord + Debug> Messages<'a, I> {
    fn of(log: &'a DeliveryLog<I>) -> Result<Self, Undecided> {
        let mut by_id = BTreeMap::new();
        let mut broadcasts = Vec::new();
        let mut numbers = Vec::with_capacity(log.events.len());
        for (place, event) in (0..).zip(&log.events) {
            if event.is_broadcast {
                let number = broadcasts.len() as u32;
                if by_id.insert(&event.message, number).is_some() {
                    let what =
                        format!("message {:?} was broadcast twice, so that its name says nothing", event.message);
                    return Err(Undecided::Ambiguous { what });
                }
                broadcasts.push(place);
            }
            numbers.push(by_id.get(&event.message).copied());
        }
        Ok(Self { log, numbers, broadcasts })
    }

    fn find_created(&self) -> Option<DeliveryViolation> {
        let place = self.numbers.iter().position(Option::is_none)?;
        Some(self.violation(DeliveryViolationKind::Created, &[place]))
    }

    fn find_twice(&self) -> Option<DeliveryViolation> {
        let mut delivered = BTreeMap::new();
        self.deliveries().find_map(|(place, event)| {
            let first = delivered.insert((event.process, &event.message), place)?;
            Some(self.violation(DeliveryViolationKind::Twice, &[first, place]))
        })
    }

    fn find_missing(&self, group: &Group) -> Result<Option<DeliveryViolation>, Undecided> {
        let mut delivered: BTreeSet<_> =
            self.deliveries().map(|(place, event)| (event.process, self.numbers[place])).collect();
        for (number, &place) in (0..).zip(&self.broadcasts) {
            let event = &self.log.events[place as usize];
            if !group.delivers_own {
                delivered.insert((event.process, Some(number)));
            }
            let lacks = |receiver: &&u64| !delivered.contains(&(**receiver, Some(number)));
            if group.senders.contains(&event.process)
                && let Some(&receiver) = group.receivers.iter().find(lacks)
            {
                if !group.is_settled {
                    let what = format!("process {receiver} has not yet delivered {:?}", event.message);
                    return Err(Undecided::Unclear { what });
                }
                return Ok(Some(self.violation(DeliveryViolationKind::Missing { receiver }, &[place as usize])));
            }
        }
        Ok(None)
    }

    fn deliveries(&self) -> impl Iterator<Item = (usize, &'a DeliveryEvent<I>)> {
        self.log.events.iter().enumerate().filter(|(_, event)| !event.is_broadcast)
    }

    /// A violation that these events show.
    fn violation(&self, kind: DeliveryViolationKind, events: &[usize]) -> DeliveryViolation {
        let show = |&place: &usize| self.log.events[place].to_string();
        // The caller says which guarantee.
        let guarantee = DeliveryGuarantee::NoCreation;
        DeliveryViolation { guarantee, kind, events: events.to_vec(), lines: events.iter().map(show).collect() }
    }
}

impl DeliveryGuarantee {
    /// All guarantees.
    pub const ALL: &'static [Self] =
        &[Self::NoCreation, Self::AtMostOnce, Self::AtLeastOnce, Self::ExactlyOnce, Self::FifoOrder, Self::CausalOrder];

    /// Its name in scenario files and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoCreation => "no-creation",
            Self::AtMostOnce => "at-most-once",
            Self::AtLeastOnce => "at-least-once",
            Self::ExactlyOnce => "exactly-once",
            Self::FifoOrder => "fifo-order",
            Self::CausalOrder => "causal-order",
        }
    }
}

by_name!(DeliveryGuarantee, DeliveryGuaranteeError, "delivery guarantee");
