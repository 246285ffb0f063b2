//! What can be wrong with a history of transactions, by name.

use std::fmt;

use super::IsolationLevel;
use super::level::{Order, View};

/// Something that some isolation level forbids, worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Anomaly {
    /// A value is in a list twice.
    DuplicateElements,
    /// Two lists read of one key of which neither begins with the other, or a list that has what one
    /// transaction appended in another order.
    IncompatibleOrder,
    /// A value was read that nobody wrote.
    GarbageRead,
    /// A transaction read what it wrote only later.
    FutureRead,
    /// A committed write went on top of one that was aborted.
    DirtyUpdate,
    /// G1a: a value was read whose transaction aborted.
    AbortedRead,
    /// G1b: a value was read that its transaction had overwritten, or a list before all was appended.
    IntermediateRead,
    /// A read contradicts what its own transaction read or wrote before (axiom INT of Cerone et al.
    /// 2015).
    Internal,
    /// A cycle of write-write dependencies alone.
    G0(With),
    /// A cycle of write-write and write-read dependencies.
    G1c(With),
    /// The accounts of a bank have another total than at the start, though transfers leave it as it is.
    WrongTotal,
    /// Two transactions read the same version of a key and both replaced it.
    LostUpdate,
    /// A cycle with one read-write dependency; a fractured read is one.
    GSingle(With),
    /// A cycle with several read-write dependencies, no two of them one after the other; a long fork
    /// is one.
    GNonadjacent(With),
    /// Each of two transactions read, of different keys, what the other replaced.
    WriteSkew,
    /// A cycle with two read-write dependencies one after the other.
    G2Item(With),
    /// No order of the writes makes the level hold, and the budget did not suffice to show that by a few cycles.
    NoOrder,
}

/// Which edges other than dependencies a cycle needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum With {
    /// None.
    Dependencies,
    /// Of transactions of one process.
    Process,
    /// Of a transaction that returned before another was called.
    RealTime,
}

impl Anomaly {
    /// Its name, as Elle has it where Elle has one.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::DuplicateElements => "duplicate-elements",
            Self::IncompatibleOrder => "incompatible-order",
            Self::GarbageRead => "garbage-read",
            Self::FutureRead => "future-read",
            Self::DirtyUpdate => "dirty-update",
            Self::AbortedRead => "G1a",
            Self::IntermediateRead => "G1b",
            Self::Internal => "internal",
            Self::G0(With::Dependencies) => "G0",
            Self::G0(With::Process) => "G0-process",
            Self::G0(With::RealTime) => "G0-realtime",
            Self::G1c(With::Dependencies) => "G1c",
            Self::G1c(With::Process) => "G1c-process",
            Self::G1c(With::RealTime) => "G1c-realtime",
            Self::WrongTotal => "wrong-total",
            Self::LostUpdate => "lost-update",
            Self::GSingle(With::Dependencies) => "G-single",
            Self::GSingle(With::Process) => "G-single-process",
            Self::GSingle(With::RealTime) => "G-single-realtime",
            Self::GNonadjacent(With::Dependencies) => "G-nonadjacent",
            Self::GNonadjacent(With::Process) => "G-nonadjacent-process",
            Self::GNonadjacent(With::RealTime) => "G-nonadjacent-realtime",
            Self::WriteSkew => "write-skew",
            Self::G2Item(With::Dependencies) => "G2-item",
            Self::G2Item(With::Process) => "G2-item-process",
            Self::G2Item(With::RealTime) => "G2-item-realtime",
            Self::NoOrder => "no-order",
        }
    }

    /// What is wrong, in words.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::DuplicateElements => "a list has a value twice that was appended once",
            Self::IncompatibleOrder => "no single order of appends suits what was read",
            Self::GarbageRead => "a value that nobody wrote",
            Self::FutureRead => "a read of what the transaction wrote only later",
            Self::DirtyUpdate => "a committed write on top of an aborted one",
            Self::AbortedRead => "a read of what was aborted",
            Self::IntermediateRead => "a read of what was not the last write of its transaction",
            Self::Internal => "a read that contradicts what its own transaction read or wrote before",
            Self::G0(_) => "a cycle of writes that follow one another",
            Self::G1c(_) => "a cycle of writes that follow one another and reads of them",
            Self::WrongTotal => "a total of accounts that transfers do not make",
            Self::LostUpdate => "two transactions read the same version and both replaced it",
            Self::GSingle(_) => "a cycle in which one read missed one write",
            Self::GNonadjacent(_) => {
                "a cycle in which several reads missed a write, no two of them one after the other"
            }
            Self::WriteSkew => "two transactions each of which missed what the other wrote",
            Self::G2Item(_) => "a cycle in which reads one after the other missed writes",
            Self::NoOrder => "every order of the writes makes a cycle",
        }
    }

    /// Whether a history with this anomaly certainly breaks the level. A level may forbid some cycles of
    /// a kind and not others: this speaks of all of them.
    #[must_use]
    pub fn breaks(self, level: IsolationLevel) -> bool {
        let with_fits = |with| match with {
            With::Dependencies => true,
            With::Process => level.order() >= Order::Session,
            With::RealTime => level.order() >= Order::RealTime,
        };
        let view = level.view();
        match self {
            Self::DuplicateElements
            | Self::IncompatibleOrder
            | Self::GarbageRead
            | Self::FutureRead
            | Self::DirtyUpdate
            | Self::AbortedRead
            | Self::IntermediateRead => true,
            Self::Internal => view != View::Committed,
            Self::G0(with) | Self::G1c(with) => with_fits(with),
            Self::WrongTotal | Self::LostUpdate => matches!(view, View::All | View::Snapshot | View::Parallel),
            Self::GSingle(with) => matches!(view, View::All | View::Snapshot | View::Parallel) && with_fits(with),
            Self::GNonadjacent(with) => matches!(view, View::All | View::Snapshot) && with_fits(with),
            Self::WriteSkew => view == View::All,
            Self::G2Item(with) => view == View::All && with_fits(with),
            Self::NoOrder => false,
        }
    }
}

impl fmt::Display for Anomaly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
