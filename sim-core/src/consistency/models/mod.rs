//! Models of the usual objects over one simple form of operations.
//!
//! A reader of foreign histories makes [`Op`]s and [`Reply`]s, without knowing which [`ModelKind`]
//! they will be held against; [`ModelKind::check_fit`] tells whether they make sense together.
//!
//! The objects themselves, to be replicated by a protocol, and workloads of such operations are in
//! the crate `faultbed-parts`, in its module `objects`.

mod bank;
mod check;
mod counter;
mod datum;
#[cfg(test)]
mod decide_tests;
mod elements;
mod grown;
mod inserted;
mod key_value;
mod kind;
mod lineage;
mod lock;
mod log;
mod multi_register;
mod persistent;
mod queue;
mod register;
mod set;
mod stack;
#[cfg(test)]
mod tests;
mod verb;

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use bank::Bank;
pub use counter::Counter;
pub use datum::Datum;
pub use grown::Grown;
pub use key_value::{KeyValue, Stored};
pub use kind::{ModelKind, ModelKindError, Unfit};
pub use lock::{Holder, Lock};
pub use log::Log;
pub use multi_register::{MultiRegister, RegisterStep};
pub use persistent::{Chain, Tree};
pub use queue::{Fifo, Queue};
pub use register::Register;
pub use set::{Set, SetKey};
pub use stack::Stack;
pub use verb::Verb;

/// What a client asked.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Op {
    /// Of which object; [`Datum::Nil`] if there is but one. Objects of different keys are
    /// independent of one another.
    pub key: Datum,
    /// What is to be done to it.
    pub action: Action,
}

/// What is to be done to an object.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Action {
    /// Tell the value: of a register, a key, a counter; all elements of a set, all entries of a log,
    /// all balances of a bank.
    Read,
    /// Make this the value.
    Write(Datum),
    /// Make the second the value if the first is.
    Cas(Box<(Datum, Datum)>),
    /// Add to the end of a key's text or list, or as an entry of a log.
    Append(Datum),
    /// Tell the entry of a log at this index, from 0.
    ReadAt(i64),
    /// Add to a counter.
    Add(i64),
    /// Put an element into a set.
    Insert(Datum),
    /// Take an element out of a set.
    Remove(Datum),
    /// Tell whether an element is in a set.
    Contains(Datum),
    /// Put an element at the end of a queue.
    Enqueue(Datum),
    /// Take the element at the front of a queue.
    Dequeue,
    /// Put an element on top of a stack.
    Push(Datum),
    /// Take the element on top of a stack.
    Pop,
    /// Take a lock for its holder ([`Datum::Nil`] if holders have no names).
    Acquire(Datum),
    /// Give a lock back, which its holder alone may do.
    Release(Datum),
    /// Move money between two accounts of a bank, which are numbered from 0.
    Transfer {
        /// The account that pays.
        from: u32,
        /// The account that is paid.
        to: u32,
        /// How much.
        amount: u32,
    },
    /// Read and write several registers at once.
    Transact(Arc<[RegisterStep]>),
}

/// What a client was told.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Reply {
    /// It is done; no more is said.
    Done,
    /// The value read, the elements of a set in any order, the balances of a bank in the order of
    /// its accounts, the element taken; to an addition, the sum; to an entry of a log, its index; to a
    /// transaction, a list with what each of its steps read or wrote.
    Value(Datum),
    /// Whether it had an effect: the value was swapped, the element was not in the set before, or
    /// was in it, the lock was granted, the money was moved. To a question, whether it is so.
    Flag(bool),
    /// There was nothing to take, or no such entry.
    Empty,
}

impl Op {
    /// To the object of this key.
    pub fn new(key: impl Into<Datum>, action: Action) -> Self {
        Self { key: key.into(), action }
    }

    /// To the only object.
    pub const fn on_the_only(action: Action) -> Self {
        Self { key: Datum::Nil, action }
    }
}

impl Action {
    /// [`Action::Cas`] from one value to another.
    pub fn cas(expected: impl Into<Datum>, new: impl Into<Datum>) -> Self {
        Self::Cas(Box::new((expected.into(), new.into())))
    }

    const fn name(&self) -> &'static str {
        match self {
            Self::Read | Self::ReadAt(_) => "read",
            Self::Write(_) => "write",
            Self::Cas(_) => "cas",
            Self::Append(_) => "append",
            Self::Add(_) => "add",
            Self::Insert(_) => "insert",
            Self::Remove(_) => "remove",
            Self::Contains(_) => "contains",
            Self::Enqueue(_) => "enqueue",
            Self::Dequeue => "dequeue",
            Self::Push(_) => "push",
            Self::Pop => "pop",
            Self::Acquire(_) => "acquire",
            Self::Release(_) => "release",
            Self::Transfer { .. } => "transfer",
            Self::Transact(_) => "txn",
        }
    }
}

/// As in `write "x" 5`, or `write 5` where there is but one object.
impl fmt::Debug for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.action.name())?;
        if self.key != Datum::Nil {
            write!(f, " {:?}", self.key)?;
        }
        self.action.write_arguments(f)
    }
}

impl fmt::Debug for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        self.write_arguments(f)
    }
}

impl Action {
    fn write_arguments(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read | Self::Dequeue | Self::Pop | Self::Acquire(Datum::Nil) | Self::Release(Datum::Nil) => Ok(()),
            Self::ReadAt(number) => write!(f, " at {number}"),
            Self::Add(number) => write!(f, " {number}"),
            Self::Cas(values) => write!(f, " {:?} {:?}", values.0, values.1),
            Self::Transfer { from, to, amount } => write!(f, " {from} {to} {amount}"),
            Self::Transact(steps) => write!(f, " {steps:?}"),
            Self::Write(value)
            | Self::Append(value)
            | Self::Insert(value)
            | Self::Remove(value)
            | Self::Contains(value)
            | Self::Enqueue(value)
            | Self::Push(value)
            | Self::Acquire(value)
            | Self::Release(value) => write!(f, " {value:?}"),
        }
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done => f.write_str("done"),
            Self::Value(value) => write!(f, "{value:?}"),
            Self::Flag(flag) => f.write_str(if *flag { "yes" } else { "no" }),
            Self::Empty => f.write_str("empty"),
        }
    }
}

/// Whether the client may have been told `told`, if `actual` is what a perfect server says.
fn may_tell(told: Option<&Reply>, actual: &Reply) -> bool {
    told.is_none_or(|told| told == actual)
}

/// The same where the server may also say no more than that it is done.
fn may_tell_or_acknowledge(told: Option<&Reply>, actual: &Reply) -> bool {
    may_tell(told, actual) || told == Some(&Reply::Done)
}
