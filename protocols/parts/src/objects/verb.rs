//! The kinds of operations, for the mix of a workload.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::consistency::models::ModelKind;

/// A kind of operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verb {
    /// Reads of the whole object.
    Read,
    /// Writes of a register or a key.
    Write,
    /// Compare-and-swaps: half of them expect what is there at the start, half a recent value of the same client.
    Cas,
    /// Additions to the end of a key's text or of a log.
    Append,
    /// Reads of one entry of a log.
    ReadAt,
    /// Additions to a counter.
    Add,
    /// Insertions into a set.
    Insert,
    /// Removals from a set, of what was inserted lately or is about to be.
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
    /// Transfers between two accounts of a bank.
    Transfer,
}

impl Verb {
    /// The operations of an object that can be asked for at will, and how often each is if nobody says otherwise.
    /// There are none of a lock: its clients acquire and release it in turn.
    pub(super) const fn usual(object: ModelKind) -> &'static [(Self, u32)] {
        match object {
            ModelKind::Register => &[(Self::Read, 1), (Self::Write, 1)],
            ModelKind::CasRegister => &[(Self::Read, 4), (Self::Write, 2), (Self::Cas, 3)],
            ModelKind::Kv => &[(Self::Read, 4), (Self::Write, 1), (Self::Append, 3), (Self::Cas, 1)],
            ModelKind::Counter => &[(Self::Read, 1), (Self::Add, 2)],
            ModelKind::Set => &[(Self::Read, 1), (Self::Insert, 3), (Self::Remove, 2), (Self::Contains, 2)],
            ModelKind::Queue => &[(Self::Enqueue, 4), (Self::Dequeue, 3)],
            ModelKind::Stack => &[(Self::Push, 4), (Self::Pop, 3)],
            ModelKind::Log => &[(Self::Append, 3), (Self::Read, 1), (Self::ReadAt, 2)],
            ModelKind::Bank => &[(Self::Read, 1), (Self::Transfer, 3)],
            ModelKind::Lock => &[],
        }
    }
}
