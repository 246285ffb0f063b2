//! Why a session guarantee is broken, told to people.

use std::fmt::{self, Debug, Display};

use super::super::graph::Path;
use super::super::pattern::{self, PatternStep};
use super::SessionGuarantee;
use crate::history::{History, OperationId};

/// Operations that break a session guarantee.
///
/// Shown by `Display`: one operation after the other, and between them why the first comes before
/// the second.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionViolation {
    /// Which guarantee.
    pub guarantee: SessionGuarantee,
    /// What is wrong.
    pub kind: SessionViolationKind,
    /// Each of its operations comes before the next. In a cycle the last comes before the first;
    /// otherwise it is the operation that shows what is wrong.
    pub steps: Vec<PatternStep>,
}

/// What breaks a session guarantee.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SessionViolationKind {
    /// A read returned a value that nobody wrote.
    ThinAirRead,
    /// A read returned a value that its own session wrote only later.
    FutureRead,
    /// A read returned the initial value although a write had to be visible to it.
    InitialRead,
    /// The writes would have to be ordered in a circle.
    CyclicOrder,
    /// As the facts say, the first write was not visible to the read at the end, and had to be.
    Invisible,
    /// As the facts say, the writes are not ordered as they had to be.
    Misordered,
}

impl SessionViolation {
    pub(super) fn new<O: Debug, R: Debug>(
        history: &History<O, R>,
        id: impl Fn(u32) -> OperationId,
        guarantee: SessionGuarantee,
        found: Found,
    ) -> Self {
        Self { guarantee, kind: found.kind, steps: pattern::steps(history, id, found.path, found.end) }
    }
}

/// What is found: entries by number.
pub(super) struct Found {
    pub(super) kind: SessionViolationKind,
    /// From the first entry on, why each comes before the next.
    pub(super) path: Path,
    /// The entry that the path leads to; `None` if back to its first.
    pub(super) end: Option<u32>,
}

impl SessionViolationKind {
    /// What is wrong, in words.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::ThinAirRead => "a value that nobody wrote",
            Self::FutureRead => "a value read before its session wrote it",
            Self::InitialRead => "the initial value, after a write that had to be visible",
            Self::CyclicOrder => "writes that no single order suits",
            Self::Invisible => "a write that was not visible and had to be",
            Self::Misordered => "writes ordered otherwise than they had to be",
        }
    }
}

impl Display for SessionViolation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "not {}: {}", self.guarantee.level(), self.kind.meaning())?;
        pattern::write_steps(f, &self.steps)
    }
}
