//! What nodes send, write down, wait for and announce.

use parts::epoch_log::{Entry, Position};
use parts::kv::KvOp;
use serde::Serialize;
use sim_core::{Kinds, NodeId, RequestId, Time};

use super::chain::Chain;

/// A message between nodes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Kinds)]
pub enum Message {
    /// To the master, again and again: I am up.
    Beat {
        /// The number of the latest configuration that the node knows.
        number: u64,
        /// Whether it is in that, has booted since it first knew of it, and so may not go on in it.
        has_booted: bool,
        /// By the node's clock.
        sent: Time,
    },
    /// From the master, in answer to that, if the node knows the latest configuration.
    Alive {
        /// The number of that.
        number: u64,
        /// Whether the node has a lease that begins at `sent`.
        is_granted: bool,
        /// What the beat said.
        sent: Time,
    },
    /// From the master: this is the chain now.
    NewChain {
        /// The configuration.
        chain: Chain,
    },
    /// To the master, from the tail: the server that joins has all that is committed, and nothing is committed without
    /// it.
    CaughtUp {
        /// The number of the configuration.
        number: u64,
        /// The server that joins.
        node: NodeId,
    },
    /// To the master: my successor does not answer.
    Unreachable {
        /// The number of the configuration.
        number: u64,
        /// The successor.
        node: NodeId,
    },
    /// To the predecessor, in a new configuration: this is the history that I have.
    Have {
        /// The number of the configuration.
        number: u64,
        /// Where each epoch of the history ends.
        epochs: Vec<Position>,
    },
    /// To the successor: updates. There may be none, and it is answered all the same.
    Update {
        /// The number of the configuration.
        number: u64,
        /// How much of what the successor had, as it has said in this configuration, is as what the sender has.
        shared: u64,
        /// How many updates come before these.
        after: u64,
        /// The updates.
        entries: Vec<Entry>,
        /// How many are committed, as far as the sender knows.
        committed: u64,
    },
    /// To the predecessor.
    Ack {
        /// The number of the configuration.
        number: u64,
        /// So many updates the sender has, durably.
        stored: u64,
        /// So many the tail has, as far as the sender knows.
        committed: u64,
    },
    /// To the tail, for a read of something that is not known to be committed: what is?
    AskVersion {
        /// The number of the configuration.
        number: u64,
        /// Which question it is.
        round: u64,
    },
    /// That.
    Version {
        /// The number of the configuration.
        number: u64,
        /// Which question was asked.
        round: u64,
        /// How many updates are committed.
        committed: u64,
    },
    /// For a read: is this still the latest configuration that you know?
    Confirm {
        /// The number of the configuration.
        number: u64,
        /// Which question it is.
        round: u64,
    },
    /// It is.
    Confirmed {
        /// The number of the configuration.
        number: u64,
        /// Which question was asked.
        round: u64,
    },
}

/// What a node writes to its disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Record {
    /// A server takes part in no configuration before this one any more.
    Promised(u64),
    /// An update of its history.
    Entry {
        /// The offset.
        offset: u64,
        /// The update.
        entry: Entry,
        /// How many it knew to be committed when it wrote that.
        committed: u64,
    },
    /// It has removed all updates but so many.
    Truncated(u64),
    /// The master makes this configuration.
    Chain(Chain),
}

/// What a node waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Timer {
    /// As a server, to tell the master that it is up.
    Beat,
    /// As a server, to send again what was not confirmed.
    Resend,
    /// As a server, at once: to look which reads can be answered after it has waited for its disk.
    Answer,
    /// As the master, to look who is suspected.
    Check,
}

/// What a node announces.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Kinds)]
pub enum Event {
    /// As the master it has made a configuration, durably.
    ChainMade {
        /// The configuration.
        chain: Chain,
    },
    /// It takes its place in the chain.
    TookPlace {
        /// The number of the configuration.
        number: u64,
        /// Its place, from 0, which is the head's.
        place: usize,
        /// Where each epoch of its history ends.
        epochs: Vec<Position>,
    },
    /// It begins to be given the history, to become the tail.
    Joins {
        /// The number of the configuration.
        number: u64,
    },
    /// It is the head now.
    BecameHead {
        /// The number of the configuration.
        number: u64,
    },
    /// It is the tail now.
    BecameTail {
        /// The number of the configuration.
        number: u64,
    },
    /// It has its place no longer.
    LeftPlace {
        /// The number of the configuration.
        number: u64,
    },
    /// As the head it orders an update.
    Ordered {
        /// The number of the configuration.
        number: u64,
        /// The offset.
        offset: u64,
        /// The request.
        request: RequestId,
    },
    /// What it has is known to begin as what its predecessor has.
    Linked {
        /// The number of the configuration.
        number: u64,
    },
    /// In a new configuration its successor has said what it has, and it sends the rest.
    Resent {
        /// The number of the configuration.
        number: u64,
        /// How many updates the successor has.
        from: u64,
        /// How many it has itself.
        to: u64,
    },
    /// It has removed updates that its predecessor does not have.
    Truncated {
        /// How many it had.
        from: u64,
        /// How many are left.
        to: u64,
    },
    /// As the tail it commits an update, and answers the client.
    Acknowledged {
        /// The number of the configuration.
        number: u64,
        /// The epoch and the offset of the update.
        entry: Position,
        /// The request.
        request: RequestId,
        /// The update.
        op: KvOp,
    },
    /// As the tail it gives the server that joins the right to become the tail: it commits nothing without it, and
    /// answers no read of what it has not committed.
    HandsOver {
        /// The number of the configuration.
        number: u64,
        /// The server that joins.
        to: NodeId,
    },
    /// It begins to carry out a read.
    ReadBegan {
        /// The request.
        request: RequestId,
    },
    /// It asks the tail what is committed, for a read of something of which it has versions that may not be.
    AskedVersion {
        /// The number of the configuration.
        number: u64,
    },
    /// It answers a strong read: with what is committed.
    Read {
        /// The number of the configuration.
        number: u64,
        /// How much of the history is in the answer.
        position: Position,
        /// The request.
        request: RequestId,
        /// What is read.
        op: KvOp,
    },
    /// It answers a weak read: with the newest version that it knows.
    WeakRead {
        /// The number of the configuration.
        number: u64,
        /// How much of the history is in the answer.
        position: Position,
        /// The request.
        request: RequestId,
        /// What was read.
        op: KvOp,
    },
    /// A server boots, and finds this on its disk.
    Recovered {
        /// How far its history has come.
        position: Position,
    },
}
