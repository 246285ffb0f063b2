//! The kinds of operations, without what they are about.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A kind of operation: an [`Action`](super::Action) without its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verb {
    /// Reads of the whole object.
    Read,
    /// Writes of a register or a key.
    Write,
    /// Compare-and-swaps.
    Cas,
    /// Additions to the end of a key's text or of a log.
    Append,
    /// Reads of one entry of a log.
    ReadAt,
    /// Additions to a counter.
    Add,
    /// Insertions into a set.
    Insert,
    /// Removals from a set.
    Remove,
    /// Questions whether an element is in a set.
    Contains,
    /// Additions to the end of a queue.
    Enqueue,
    /// Removals from the front of a queue.
    Dequeue,
    /// Additions to the top of a stack.
    Push,
    /// Removals from the top of a stack.
    Pop,
    /// Acquisitions of a lock.
    Acquire,
    /// Releases of a lock.
    Release,
    /// Transfers between two accounts of a bank.
    Transfer,
    /// Transactions over several registers.
    Transact,
}
