//! What a system tells of its inside about operations of its clients.
//!
//! A history says what clients saw. From that alone some guarantees can hardly ever be refuted:
//! the black-box forms of monotonic writes and of writes follow reads are nearly blind. Where a
//! protocol can say which writes a server had when it answered, and in which order it decides
//! between writes, they are checked exactly.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::history::OperationId;

/// The facts about the operations of a history, as far as there are any.
pub type WhiteBox = BTreeMap<OperationId, Facts>;

/// What the system says about one operation. Each fact may be missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Of a write: the name the system gives it, no two alike.
    pub version: Option<Version>,
    /// Of a read: all writes, of whatever key, that the server had when it answered.
    pub visible: Option<VisibleSet>,
    /// Of a write: its place in the one order by which the servers decide between writes.
    pub arbitration: Option<Arbitration>,
}

/// Names a write inside the system: a log position, or a dot (replica and counter).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// The replica or session that numbered it; 0 if all are numbered by one log.
    pub origin: u64,
    /// Its number there, from 1.
    pub number: u64,
}

/// The writes a server had: all up to some number by origin, and some beyond.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VisibleSet {
    /// By origin, the number up to which all are in.
    pub up_to: BTreeMap<u64, u64>,
    /// Those beyond.
    pub others: BTreeSet<Version>,
}

/// A place in the one order of writes: by time (of a Lamport or another clock, or a log position),
/// and among equal times by the tie-break.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Arbitration {
    /// Compared first.
    pub time: u64,
    /// Compared second: a replica's number, for example.
    pub tie_break: u64,
}

impl VisibleSet {
    /// Whether the write is in.
    #[must_use]
    pub fn contains(&self, version: Version) -> bool {
        self.up_to.get(&version.origin).is_some_and(|&last| version.number <= last) || self.others.contains(&version)
    }
}

impl FromIterator<Version> for VisibleSet {
    fn from_iter<I: IntoIterator<Item = Version>>(versions: I) -> Self {
        Self { up_to: BTreeMap::new(), others: versions.into_iter().collect() }
    }
}

/// `origin.number`, or the number alone where the origin is 0.
impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.origin {
            0 => write!(f, "{}", self.number),
            origin => write!(f, "{origin}.{}", self.number),
        }
    }
}
