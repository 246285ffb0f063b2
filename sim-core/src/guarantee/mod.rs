//! What a run can be asked to have kept towards those outside: levels of consistency, agreement of
//! the replicas, and guarantees of delivery. Each becomes a property of the run, named after it.

mod delivery;
mod levels;
mod replicas;
mod strongest;

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::consistency::by_name::by_name;
use crate::consistency::isolation::IsolationLevel;
use crate::consistency::{Answer, DeliveryGuarantee, Level, Version};
use crate::property::{Breach, Judgement};
use crate::protocol::Protocol;
use crate::time::{Duration, Time};
use crate::world::World;

pub use delivery::Delivers;
pub use levels::{KeepsIsolation, KeepsLevel, judge_level};
pub use replicas::{AlwaysAlike, Durability, EventuallyAlike};
pub use strongest::{Kept, Levels};

/// What a node announces of a message that is to reach all, or of an update that all replicas are to
/// have: each has a name that is given once in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Announcement {
    /// It broadcasts the message.
    Broadcast(Version),
    /// It delivers the message, its own ones too.
    Delivered(Version),
    /// It has booted again, and still has what it had delivered. A crash may have kept it from
    /// announcing that before.
    Recovered {
        /// The message.
        message: Version,
        /// Whether it is its own, so that it had broadcast it too.
        is_own: bool,
    },
    /// It has left the group, or finds when it boots that it had. It has nothing any more, and nothing need reach it.
    Left,
    /// It has joined the group, or finds when it boots that it had: as another process, which has delivered nothing
    /// before.
    Joined,
}

/// Tells what an event of the protocol announces.
pub type Announced<P> = fn(&<P as Protocol>::Event) -> Option<Announcement>;

/// What a history violates that is not linearizable.
pub const LINEARIZABILITY: &str = "Linearizability";

/// What an answer means for a run.
fn judge<W>(answer: Answer<W>, breach: impl FnOnce(W) -> Breach) -> Judgement {
    match answer {
        Answer::Satisfied => Judgement::Holds,
        Answer::Violated(witness) => Judgement::Violated(breach(witness)),
        Answer::Unknown(why) => Judgement::Inconclusive(why.to_string()),
    }
}

/// The breach that a witness shows where no step of the run is to blame.
fn blame_nobody(witness: impl fmt::Display) -> Breach {
    Breach::new([], witness.to_string())
}

/// Whether a moment is so long ago, and all faults over for so long, that what happened then must
/// have reached everybody.
fn is_settled<P: Protocol>(world: &World<'_, P>, last: Time, within: Duration) -> bool {
    world.calm_since().is_some_and(|calm| world.now().since(calm.max(last)) >= within)
}

/// What `expect.consistency` can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Guarantee {
    /// A level of consistency of what clients were told.
    Level(Level),
    /// An isolation level of their transactions.
    Isolation(IsolationLevel),
    /// When updates have stopped, all replicas soon have the same state (Vogels 2009).
    Eventual,
    /// Replicas that have the same updates have the same state, at every moment (Shapiro et al.
    /// 2011).
    StrongEventual,
    /// No update that a client was told is done is lost.
    Durable,
    /// Of the messages that an application on top of the protocol broadcasts and delivers.
    Delivery(DeliveryGuarantee),
}

impl Guarantee {
    /// All that there are: the levels, each before those that follow from it, then the others.
    pub const ALL: &'static [Self] = &[
        Self::Level(Level::Linearizable),
        Self::Level(Level::Sequential),
        Self::Level(Level::Causal),
        Self::Level(Level::CausalMemory),
        Self::Level(Level::WeakCausal),
        Self::Level(Level::Pram),
        Self::Level(Level::Session),
        Self::Level(Level::ReadYourWrites),
        Self::Level(Level::MonotonicReads),
        Self::Level(Level::MonotonicWrites),
        Self::Level(Level::WritesFollowReads),
        Self::Isolation(IsolationLevel::StrictSerializable),
        Self::Isolation(IsolationLevel::StrongSessionSerializable),
        Self::Isolation(IsolationLevel::Serializable),
        Self::Isolation(IsolationLevel::RepeatableRead),
        Self::Isolation(IsolationLevel::StrongSnapshotIsolation),
        Self::Isolation(IsolationLevel::StrongSessionSnapshotIsolation),
        Self::Isolation(IsolationLevel::SnapshotIsolation),
        Self::Isolation(IsolationLevel::ParallelSnapshotIsolation),
        Self::Isolation(IsolationLevel::Prefix),
        Self::Isolation(IsolationLevel::Causal),
        Self::Isolation(IsolationLevel::ReadAtomic),
        Self::Isolation(IsolationLevel::ReadCommitted),
        Self::Eventual,
        Self::StrongEventual,
        Self::Durable,
        Self::Delivery(DeliveryGuarantee::NoCreation),
        Self::Delivery(DeliveryGuarantee::AtMostOnce),
        Self::Delivery(DeliveryGuarantee::AtLeastOnce),
        Self::Delivery(DeliveryGuarantee::ExactlyOnce),
        Self::Delivery(DeliveryGuarantee::FifoOrder),
        Self::Delivery(DeliveryGuarantee::CausalOrder),
    ];

    /// Its name in scenario files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Level(level) => level.name(),
            Self::Isolation(level) => level.name(),
            Self::Eventual => "eventual",
            Self::StrongEventual => "strong-eventual",
            Self::Durable => "durable",
            Self::Delivery(guarantee) => guarantee.name(),
        }
    }

    /// The property that is violated where it is not kept.
    #[must_use]
    pub const fn property(self) -> &'static str {
        match self {
            Self::Level(Level::Linearizable) => LINEARIZABILITY,
            Self::Level(Level::Sequential) => "Sequential Consistency",
            Self::Level(Level::Causal) => "Causal Convergence",
            Self::Level(Level::CausalMemory) => "Causal Memory",
            Self::Level(Level::WeakCausal) => "Causal Consistency",
            Self::Level(Level::Pram) => "PRAM",
            Self::Level(Level::Session) => "Session Guarantees",
            Self::Level(Level::ReadYourWrites) => "Read Your Writes",
            Self::Level(Level::MonotonicReads) => "Monotonic Reads",
            Self::Level(Level::MonotonicWrites) => "Monotonic Writes",
            Self::Level(Level::WritesFollowReads) => "Writes Follow Reads",
            Self::Isolation(IsolationLevel::StrictSerializable) => "Strict Serializability",
            Self::Isolation(IsolationLevel::StrongSessionSerializable) => "Strong Session Serializability",
            Self::Isolation(IsolationLevel::Serializable) => "Serializability",
            Self::Isolation(IsolationLevel::RepeatableRead) => "Repeatable Read",
            Self::Isolation(IsolationLevel::StrongSnapshotIsolation) => "Strong Snapshot Isolation",
            Self::Isolation(IsolationLevel::StrongSessionSnapshotIsolation) => "Strong Session Snapshot Isolation",
            Self::Isolation(IsolationLevel::SnapshotIsolation) => "Snapshot Isolation",
            Self::Isolation(IsolationLevel::ParallelSnapshotIsolation) => "Parallel Snapshot Isolation",
            Self::Isolation(IsolationLevel::Prefix) => "Prefix Consistency",
            Self::Isolation(IsolationLevel::Causal) => "Transactional Causal Consistency",
            Self::Isolation(IsolationLevel::ReadAtomic) => "Read Atomicity",
            Self::Isolation(IsolationLevel::ReadCommitted) => "Read Committed",
            Self::Eventual => "Eventual Consistency",
            Self::StrongEventual => "Strong Eventual Consistency",
            Self::Durable => "Durability",
            Self::Delivery(DeliveryGuarantee::NoCreation) => "No Creation",
            Self::Delivery(DeliveryGuarantee::AtMostOnce) => "At-Most-Once Delivery",
            Self::Delivery(DeliveryGuarantee::AtLeastOnce) => "At-Least-Once Delivery",
            Self::Delivery(DeliveryGuarantee::ExactlyOnce) => "Exactly-Once Delivery",
            Self::Delivery(DeliveryGuarantee::FifoOrder) => "FIFO Order",
            Self::Delivery(DeliveryGuarantee::CausalOrder) => "Causal Order",
        }
    }

    /// Whether whatever keeps this level keeps the `other` too. Guarantees that are no levels imply nothing
    /// else.
    #[must_use]
    pub fn implies(self, other: Self) -> bool {
        match (self, other) {
            (Self::Level(strong), Self::Level(weak)) => strong.implies(weak),
            (Self::Isolation(strong), Self::Isolation(weak)) => strong.implies(weak),
            _ => self == other,
        }
    }

    /// Whether it speaks of what clients asked and were told, so that without clients there is
    /// nothing to judge.
    #[must_use]
    pub const fn wants_clients(self) -> bool {
        matches!(self, Self::Level(_) | Self::Isolation(_) | Self::Durable)
    }
}

impl From<Level> for Guarantee {
    fn from(level: Level) -> Self {
        Self::Level(level)
    }
}

impl From<IsolationLevel> for Guarantee {
    fn from(level: IsolationLevel) -> Self {
        Self::Isolation(level)
    }
}

by_name!(Guarantee, GuaranteeError, "guarantee", Level::STRONG => Self::Level(Level::Linearizable));

/// All names of guarantees: what textbooks call the strongest, and then in the order of [`Guarantee::ALL`].
const NAMES: &[&str] = &{
    let mut names = [Level::STRONG; Guarantee::ALL.len() + 1];
    let mut place = 1;
    while place < names.len() {
        names[place] = Guarantee::ALL[place - 1].name();
        place += 1;
    }
    names
};

impl Serialize for Guarantee {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Guarantee {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        name.parse().map_err(|_| serde::de::Error::unknown_variant(&name, NAMES))
    }
}

impl JsonSchema for Guarantee {
    fn schema_name() -> Cow<'static, str> {
        "Guarantee".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "enum": NAMES })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_guarantee_is_known_by_a_name_and_a_property_of_its_own() {
        let mut properties = BTreeSet::new();
        for &guarantee in Guarantee::ALL {
            assert_eq!(guarantee.name().parse(), Ok(guarantee));
            assert!(properties.insert(guarantee.property()), "{guarantee}");
        }
        let levels = Guarantee::ALL.iter().filter_map(|guarantee| match guarantee {
            Guarantee::Level(level) => Some(*level),
            _ => None,
        });
        assert!(levels.eq(Level::ALL.iter().copied()), "the levels are those of the library, in its order");
        let isolation = Guarantee::ALL.iter().filter_map(|guarantee| match guarantee {
            Guarantee::Isolation(level) => Some(*level),
            _ => None,
        });
        assert!(isolation.eq(IsolationLevel::ALL.iter().copied()));
        let deliveries = Guarantee::ALL.iter().filter_map(|guarantee| match guarantee {
            Guarantee::Delivery(delivery) => Some(*delivery),
            _ => None,
        });
        assert!(deliveries.eq(DeliveryGuarantee::ALL.iter().copied()));
        assert_eq!("strong".parse(), Ok(Guarantee::Level(Level::Linearizable)));
        let error = "serial".parse::<Guarantee>().expect_err("this is none");
        assert!(error.to_string().ends_with("at-least-once, exactly-once, fifo-order, causal-order"));
    }
}
