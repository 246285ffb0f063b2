//! A key-value map to replicate: small enough to read at a glance, sharp enough to show every
//! mistake of the protocol below it.
//!
//! Every write bears the name of its writer ([`WriteId`]), so no two writes of a run are alike,
//! and the value of a key is the *list* of writes that made it: an operation that is lost, applied
//! twice or applied out of order leaves a trace that any later read shows.

mod model;
mod pieces;
mod workload;

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use sim_core::{Kinds, OperationKind};

use crate::machine::StateMachine;

pub use model::KvModel;
pub use pieces::{Machine, Piece};
pub(crate) use workload::recent;
pub use workload::{KvMix, KvWorkload};

/// Names one write: the client that asked for it and which of its operations it was.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct WriteId {
    /// The client's number.
    pub client: u32,
    /// The operation's number among those of the client.
    pub index: u32,
}

impl fmt::Debug for WriteId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "c{}#{}", self.client, self.index)
    }
}

/// What a client asks of the map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Kinds)]
pub enum KvOp {
    /// Reads the value.
    Get {
        /// Of which key.
        key: u32,
    },
    /// Makes `write` the whole value.
    Put {
        /// Of which key.
        key: u32,
        /// The new value.
        write: WriteId,
    },
    /// Adds `write` to the end of the value.
    Append {
        /// Of which key.
        key: u32,
        /// What is added.
        write: WriteId,
    },
    /// Empties the value.
    Delete {
        /// Of which key.
        key: u32,
    },
    /// Makes `write` the whole value if the last write in it is `expected`.
    Cas {
        /// Of which key.
        key: u32,
        /// The last write of the value; nothing, if it must be empty.
        expected: Option<WriteId>,
        /// The new value.
        write: WriteId,
    },
    /// Reads the value, as it was at this point of the session that asks or later. Clients that keep
    /// a session index ask so; their histories say `Get`.
    GetSince {
        /// Of which key.
        key: u32,
        /// The last entry of the log of which the session has seen something.
        index: u64,
    },
}

/// What the map answers. A key that is absent has the empty value.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum KvReply {
    /// To a get: the value.
    Value(Vec<WriteId>),
    /// To a put, append or delete.
    Done,
    /// To a compare-and-swap that succeeded.
    Swapped,
    /// To a compare-and-swap that did not: the value that it found.
    Mismatch(Vec<WriteId>),
    /// One of the above, for a client that keeps a session index; its history has what is inside.
    At {
        /// The last entry of the log that had been applied.
        index: u64,
        /// The answer itself.
        reply: Box<KvReply>,
    },
}

impl KvOp {
    /// The key that it reads or writes.
    pub const fn key(&self) -> u32 {
        match *self {
            Self::Get { key }
            | Self::Put { key, .. }
            | Self::Append { key, .. }
            | Self::Delete { key }
            | Self::Cas { key, .. }
            | Self::GetSince { key, .. } => key,
        }
    }

    /// Whether it is a read or a write, for who looks for progress.
    pub const fn kind(&self) -> OperationKind {
        if self.is_read() { OperationKind::Read } else { OperationKind::Write }
    }

    /// Whether it cannot change anything, whatever it finds.
    pub const fn is_read(&self) -> bool {
        matches!(self, Self::Get { .. } | Self::GetSince { .. })
    }
}

/// The map.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct KvState {
    /// The values that are not empty.
    values: BTreeMap<u32, Vec<WriteId>>,
}

impl KvState {
    /// The keys whose value is not empty, in ascending order, with their values.
    pub fn values(&self) -> impl Iterator<Item = (u32, &[WriteId])> {
        self.values.iter().map(|(key, value)| (*key, value.as_slice()))
    }

    /// Makes this the value of the key.
    pub fn set(&mut self, key: u32, value: Vec<WriteId>) {
        if value.is_empty() {
            self.values.remove(&key);
        } else {
            self.values.insert(key, value);
        }
    }

    /// What a get of `key` is answered.
    pub fn read(&self, key: u32) -> KvReply {
        KvReply::Value(self.get(key).to_vec())
    }

    /// The value of `key`.
    pub fn get(&self, key: u32) -> &[WriteId] {
        self.values.get(&key).map_or(&[], Vec::as_slice)
    }

    fn put(&mut self, key: u32, write: WriteId, reply: KvReply) -> KvReply {
        let value = self.values.entry(key).or_default();
        value.clear();
        value.push(write);
        reply
    }
}

impl StateMachine for KvState {
    type Op = KvOp;
    type Reply = KvReply;

    fn apply(&mut self, op: &KvOp) -> KvReply {
        match *op {
            KvOp::Get { key } | KvOp::GetSince { key, .. } => self.read(key),
            KvOp::Put { key, write } => self.put(key, write, KvReply::Done),
            KvOp::Append { key, write } => {
                self.values.entry(key).or_default().push(write);
                KvReply::Done
            }
            KvOp::Delete { key } => {
                self.values.remove(&key);
                KvReply::Done
            }
            KvOp::Cas { key, expected, write } if self.get(key).last().copied() == expected => {
                self.put(key, write, KvReply::Swapped)
            }
            KvOp::Cas { key, .. } => KvReply::Mismatch(self.get(key).to_vec()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: u32 = 7;

    fn write(index: u32) -> WriteId {
        WriteId { client: 0, index }
    }

    fn check(ops: &[KvOp], reply: KvReply, value: &[WriteId]) {
        let mut state = KvState::default();
        let last = ops.iter().map(|op| state.apply(op)).last();
        assert_eq!(last, Some(reply), "{ops:?}");
        assert_eq!(state.get(KEY), value, "{ops:?}");
    }

    #[test]
    fn a_value_is_the_list_of_writes_that_made_it() {
        let [a, b] = [write(1), write(2)];
        let put = KvOp::Put { key: KEY, write: a };
        let append = KvOp::Append { key: KEY, write: b };
        let (get, delete) = (KvOp::Get { key: KEY }, KvOp::Delete { key: KEY });
        check(&[put], KvReply::Done, &[a]);
        check(&[append], KvReply::Done, &[b]);
        check(&[put, append, get], KvReply::Value(vec![a, b]), &[a, b]);
        check(&[append, put, get], KvReply::Value(vec![a]), &[a]);
        check(&[put, delete, get], KvReply::Value(vec![]), &[]);
    }

    #[test]
    fn a_compare_and_swap_looks_at_the_last_write() {
        let [a, b, c] = [write(1), write(2), write(3)];
        let put = KvOp::Put { key: KEY, write: a };
        let append = KvOp::Append { key: KEY, write: b };
        let cas = |expected| KvOp::Cas { key: KEY, expected, write: c };
        check(&[cas(None)], KvReply::Swapped, &[c]);
        check(&[put, append, cas(Some(b))], KvReply::Swapped, &[c]);
        check(&[put, append, cas(Some(a))], KvReply::Mismatch(vec![a, b]), &[a, b]);
        check(&[put, cas(None)], KvReply::Mismatch(vec![a]), &[a]);
        check(&[cas(Some(a))], KvReply::Mismatch(vec![]), &[]);
    }
}
