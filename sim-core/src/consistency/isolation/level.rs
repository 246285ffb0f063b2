//! The isolation levels by name, and which of them are stronger than which.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::by_name::by_name;

/// What a history of transactions may be held against, strongest first. The definitions are in the
/// table of [the module](super).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum IsolationLevel {
    /// Serializable in an order that agrees with real time (Papadimitriou 1979; Adya's PL-SS).
    StrictSerializable,
    /// Serializable in an order that agrees with each session (Daudjee and Salem 2004).
    StrongSessionSerializable,
    /// As if one after the other (Adya's PL-3).
    Serializable,
    /// Adya's PL-2.99. It differs from serializable in what it allows to reads by predicate, and a
    /// history of this kind has none: here the two are one.
    RepeatableRead,
    /// Snapshot isolation in which a snapshot has all that returned before its transaction was called
    /// (Daudjee and Salem 2006).
    StrongSnapshotIsolation,
    /// Snapshot isolation in which a snapshot has all earlier transactions of its session (Daudjee and
    /// Salem 2006; the snapshot isolation of Cerone and Gotsman 2018).
    StrongSessionSnapshotIsolation,
    /// Every transaction reads a snapshot of some moment before its commit, and nobody else commits a
    /// write to what it writes in between (Adya's PL-SI, without its clock; Cerone et al. 2015).
    SnapshotIsolation,
    /// Snapshots need not be of one order of commits, but whoever writes a key has seen all earlier
    /// writes to it (Sovran et al. 2011; Cerone and Gotsman 2018). With sessions.
    ParallelSnapshotIsolation,
    /// Every transaction reads a snapshot of some moment before its commit (Burckhardt et al. 2015;
    /// Biswas and Enea 2019). With sessions.
    Prefix,
    /// Every transaction sees its causal past, and all agree on one order of writes (Biswas and Enea
    /// 2019). With sessions.
    #[serde(rename = "transactional-causal")]
    Causal,
    /// Whoever sees one write of a transaction sees all of them (Bailis et al. 2014; Cerone et al. 2015).
    ReadAtomic,
    /// Only committed, final writes are read, and information does not flow in circles (Adya's PL-2).
    ReadCommitted,
}

impl IsolationLevel {
    /// All levels, each before those that follow from it.
    pub const ALL: &'static [Self] = &[
        Self::StrictSerializable,
        Self::StrongSessionSerializable,
        Self::Serializable,
        Self::RepeatableRead,
        Self::StrongSnapshotIsolation,
        Self::StrongSessionSnapshotIsolation,
        Self::SnapshotIsolation,
        Self::ParallelSnapshotIsolation,
        Self::Prefix,
        Self::Causal,
        Self::ReadAtomic,
        Self::ReadCommitted,
    ];

    /// Its name in files and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::StrictSerializable => "strict-serializable",
            Self::StrongSessionSerializable => "strong-session-serializable",
            Self::Serializable => "serializable",
            Self::RepeatableRead => "repeatable-read",
            Self::StrongSnapshotIsolation => "strong-snapshot-isolation",
            Self::StrongSessionSnapshotIsolation => "strong-session-snapshot-isolation",
            Self::SnapshotIsolation => "snapshot-isolation",
            Self::ParallelSnapshotIsolation => "parallel-snapshot-isolation",
            Self::Prefix => "prefix",
            Self::Causal => "transactional-causal",
            Self::ReadAtomic => "read-atomic",
            Self::ReadCommitted => "read-committed",
        }
    }

    /// Whether every history that keeps this level keeps the `other` too.
    ///
    /// The levels with sessions do not follow from serializability or snapshot isolation without them.
    #[must_use]
    pub fn implies(self, other: Self) -> bool {
        self == other || self.next_weaker().iter().any(|weaker| weaker.implies(other))
    }

    const fn next_weaker(self) -> &'static [Self] {
        match self {
            Self::StrictSerializable => &[Self::StrongSessionSerializable, Self::StrongSnapshotIsolation],
            Self::StrongSessionSerializable => &[Self::Serializable, Self::StrongSessionSnapshotIsolation],
            Self::Serializable => &[Self::RepeatableRead],
            Self::RepeatableRead => &[Self::SnapshotIsolation],
            Self::StrongSnapshotIsolation => &[Self::StrongSessionSnapshotIsolation],
            Self::StrongSessionSnapshotIsolation => {
                &[Self::SnapshotIsolation, Self::ParallelSnapshotIsolation, Self::Prefix]
            }
            Self::ParallelSnapshotIsolation | Self::Prefix => &[Self::Causal],
            Self::SnapshotIsolation | Self::Causal => &[Self::ReadAtomic],
            Self::ReadAtomic => &[Self::ReadCommitted],
            Self::ReadCommitted => &[],
        }
    }

    /// Which order between transactions the level keeps beside that of what they read and write.
    pub(super) const fn order(self) -> Order {
        match self {
            Self::StrictSerializable | Self::StrongSnapshotIsolation => Order::RealTime,
            Self::StrongSessionSerializable
            | Self::StrongSessionSnapshotIsolation
            | Self::ParallelSnapshotIsolation
            | Self::Prefix
            | Self::Causal => Order::Session,
            Self::Serializable
            | Self::RepeatableRead
            | Self::SnapshotIsolation
            | Self::ReadAtomic
            | Self::ReadCommitted => Order::None,
        }
    }

    /// What a transaction of the level sees of the others.
    pub(super) const fn view(self) -> View {
        match self {
            Self::StrictSerializable | Self::StrongSessionSerializable | Self::Serializable | Self::RepeatableRead => {
                View::All
            }
            Self::StrongSnapshotIsolation | Self::StrongSessionSnapshotIsolation | Self::SnapshotIsolation => {
                View::Snapshot
            }
            Self::ParallelSnapshotIsolation => View::Parallel,
            Self::Prefix => View::Prefix,
            Self::Causal => View::Causal,
            Self::ReadAtomic => View::Atomic,
            Self::ReadCommitted => View::Committed,
        }
    }
}

/// An order between transactions that comes from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Order {
    None,
    /// Of transactions of one process.
    Session,
    /// Of a transaction that returned and one that was called later.
    RealTime,
}

/// What a transaction sees of those that commit before it: of each key it reads the last that it sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum View {
    /// All of them.
    All,
    /// Some first ones, among them all that write what it writes.
    Snapshot,
    /// What it reads from, those that write what it writes, its session, and what these see.
    Parallel,
    /// Some first ones.
    Prefix,
    /// What it reads from, its session, and what these see.
    Causal,
    /// What it reads from.
    Atomic,
    /// Whatever it reads from, for each read anew.
    Committed,
}

by_name!(IsolationLevel, IsolationLevelError, "isolation level");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_level_is_read_by_its_name() {
        for &level in IsolationLevel::ALL {
            assert_eq!(level.name().parse(), Ok(level));
            assert_eq!(serde_json::to_string(&level).ok(), Some(format!("\"{level}\"")));
        }
        let error = "serial".parse::<IsolationLevel>().expect_err("this is none");
        assert!(error.to_string().starts_with("there is no isolation level `serial`; there are strict-serializable, "));
    }

    #[test]
    fn a_level_comes_before_those_that_follow_from_it() {
        for (place, strong) in IsolationLevel::ALL.iter().enumerate() {
            let follow = |weak: &IsolationLevel| strong.implies(*weak);
            assert!(IsolationLevel::ALL[..place].iter().all(|stronger| !follow(stronger)), "{strong}");
        }
        assert!(IsolationLevel::StrictSerializable.implies(IsolationLevel::Causal));
        assert!(!IsolationLevel::Serializable.implies(IsolationLevel::Causal));
    }
}
