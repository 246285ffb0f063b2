//! What travels between nodes, what they wait for, and announce.

use std::fmt;

use parts::kv::WriteId;
use serde::Serialize;
use sim_core::{Kinds, NodeId, RequestId};

/// Orders the writes to a register: by their numbers, and by their writers where these are equal.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Tag {
    /// Higher than any that its writer knew of; 0 before the first write.
    pub number: u64,
    /// The node that carries the write out.
    pub writer: NodeId,
}

impl Tag {
    /// That of a register to which nothing was written.
    pub const INITIAL: Self = Self { number: 0, writer: NodeId::node(0) };
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.number, self.writer)
    }
}

/// A value and its tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Tagged {
    /// Where it stands among all that were written to the register.
    pub tag: Tag,
    /// The write that made it; nothing before the first.
    pub write: Option<WriteId>,
}

impl Tagged {
    /// What a register holds to which nothing was written.
    pub const INITIAL: Self = Self { tag: Tag::INITIAL, write: None };
}

/// Names a phase of an operation, for replies to be told from those to older ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Phase {
    /// The client whose operation it is.
    pub client: NodeId,
    /// How often the coordinator has booted.
    pub boot: u64,
    /// The phase's number since then.
    pub number: u64,
}

/// The messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Kinds)]
pub enum Message {
    /// What is your copy?
    Query {
        /// The phase.
        phase: Phase,
        /// Of which register.
        key: u32,
    },
    /// My copy.
    QueryReply {
        /// The phase in which it was asked for.
        phase: Phase,
        /// The copy.
        latest: Tagged,
    },
    /// Keep this, unless your copy is newer.
    Store {
        /// The phase.
        phase: Phase,
        /// Of which register.
        key: u32,
        /// The copy.
        latest: Tagged,
    },
    /// I have that or something newer.
    StoreReply {
        /// The phase in which it was to be stored.
        phase: Phase,
    },
}

/// What a node waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Timer {
    /// To ask those again that have not answered in the operation of this client.
    Retransmit(NodeId),
}

/// What a node announces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Kinds)]
pub enum Event {
    /// It begins to carry an operation out.
    Began {
        /// The operation.
        request: RequestId,
        /// On which register.
        key: u32,
    },
    /// It has given a tag to a write, durably.
    Tagged {
        /// On which register.
        key: u32,
        /// The write and its tag.
        latest: Tagged,
    },
    /// It goes on with a write to which it has given this tag before.
    Resumed {
        /// On which register.
        key: u32,
        /// The write and its tag.
        latest: Tagged,
    },
    /// A write is complete.
    Wrote {
        /// The operation.
        request: RequestId,
        /// On which register.
        key: u32,
        /// Its tag.
        tag: Tag,
    },
    /// A read is complete.
    Read {
        /// The operation.
        request: RequestId,
        /// On which register.
        key: u32,
        /// What it returns.
        latest: Tagged,
    },
}
