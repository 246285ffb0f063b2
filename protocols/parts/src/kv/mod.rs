//! A key-value map to replicate: small enough to read at a glance, sharp enough to show every
//! mistake of the protocol below it.
//!
//! Every write bears the name of its writer ([`WriteId`]), so no two writes of a run are alike,
//! and the value of a key is the *list* of writes that made it: an operation that is lost, applied
//! twice or applied out of order leaves a trace that any later read shows.

mod levels;
mod model;
mod pieces;
mod states;
mod transactions;
mod view;
mod workload;

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use sim_core::{Kinds, OperationKind};

use crate::machine::StateMachine;

pub use levels::{KvLevels, ReadLevel};
pub use model::{KvModel, check_level, find_reads};
pub use pieces::{Machine, Piece};
pub use states::{Applied, SameStates};
pub use transactions::check_isolation;
pub use view::KvView;
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
    /// Reads the value as fresh as this level demands. Where the system does not tell levels apart, it is
    /// the same as `Get`.
    GetAt {
        /// Of which key.
        key: u32,
        /// The level.
        level: ReadLevel,
    },
    /// Reads two values at one moment.
    GetBoth {
        /// Of which keys.
        keys: [u32; 2],
    },
    /// A transaction: reads some values, and then adds `write` to the end of others.
    Transact {
        /// The keys that are read.
        reads: [u32; 2],
        /// The keys whose values are added to: two different ones.
        appends: [u32; 2],
        /// What is added.
        write: WriteId,
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
    /// The same to an operation that had been answered before.
    AtMost {
        /// A later entry of the log than the one with which the operation took effect, or that one.
        index: u64,
        /// The answer itself.
        reply: Box<KvReply>,
    },
    /// To a transaction and to a get of two keys: the values that it read, in the order in which it names
    /// their keys.
    Values(Vec<Vec<WriteId>>),
}

impl KvOp {
    /// The key that it reads or writes; of several, the first.
    pub const fn key(&self) -> u32 {
        match *self {
            Self::GetBoth { keys: [key, _] } | Self::Transact { reads: [key, _], .. } => key,
            Self::Get { key }
            | Self::Put { key, .. }
            | Self::Append { key, .. }
            | Self::Delete { key }
            | Self::Cas { key, .. }
            | Self::GetSince { key, .. }
            | Self::GetAt { key, .. } => key,
        }
    }

    /// Whether it is a read or a write, for who looks for progress.
    pub const fn kind(&self) -> OperationKind {
        if self.is_read() { OperationKind::Read } else { OperationKind::Write }
    }

    /// Whether it cannot change anything, whatever it finds.
    pub const fn is_read(&self) -> bool {
        matches!(self, Self::Get { .. } | Self::GetSince { .. } | Self::GetAt { .. } | Self::GetBoth { .. })
    }

    /// Whether it is about several keys at once.
    pub const fn is_transaction(&self) -> bool {
        matches!(self, Self::GetBoth { .. } | Self::Transact { .. })
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

    /// What an operation reads that is answered with values and nothing else: a get of any kind, and a
    /// transaction before it writes.
    pub fn answer(&self, op: &KvOp) -> Option<KvReply> {
        match *op {
            KvOp::Get { key } | KvOp::GetSince { key, .. } | KvOp::GetAt { key, .. } => Some(self.read(key)),
            KvOp::GetBoth { keys } | KvOp::Transact { reads: keys, .. } => Some(self.read_all(keys)),
            KvOp::Put { .. } | KvOp::Append { .. } | KvOp::Delete { .. } | KvOp::Cas { .. } => None,
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

    fn read_all(&self, keys: [u32; 2]) -> KvReply {
        KvReply::Values(keys.map(|key| self.get(key).to_vec()).into())
    }

    fn append(&mut self, key: u32, write: WriteId) {
        self.values.entry(key).or_default().push(write);
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
            KvOp::Get { key } | KvOp::GetSince { key, .. } | KvOp::GetAt { key, .. } => self.read(key),
            KvOp::GetBoth { keys } => self.read_all(keys),
            KvOp::Transact { reads, appends, write } => {
                let reply = self.read_all(reads);
                appends.into_iter().for_each(|key| self.append(key, write));
                reply
            }
            KvOp::Put { key, write } => self.put(key, write, KvReply::Done),
            KvOp::Append { key, write } => {
                self.append(key, write);
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
    fn a_transaction_reads_before_it_writes() {
        let [a, b] = [write(1), write(2)];
        let transact = |appends, write| KvOp::Transact { reads: [KEY, 8], appends, write };
        let values = |of: &[&[WriteId]]| KvReply::Values(of.iter().map(|value| value.to_vec()).collect());
        check(&[transact([KEY, 8], a)], values(&[&[], &[]]), &[a]);
        check(&[transact([KEY, 8], a), transact([9, KEY], b)], values(&[&[a], &[a]]), &[a, b]);
        check(&[transact([8, KEY], a), KvOp::GetBoth { keys: [8, 9] }], values(&[&[a], &[]]), &[a]);
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
