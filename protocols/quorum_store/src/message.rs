//! What travels between nodes, what they wait for, and announce.

use parts::clocks::Dot;
use parts::placement::Ring;
use serde::Serialize;
use sim_core::{Kinds, NodeId, RequestId};

use super::rings::{Change, Refusal};
use super::version::Version;

/// Names a phase of an operation, for replies to be told from those to older ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Phase {
    /// The client whose operation it is.
    pub client: NodeId,
    /// How often the coordinator has booted.
    pub boot: u64,
    /// The phase's number since then.
    pub number: u64,
    /// The version of the coordinator's ring, where rings are agreed; else 0.
    pub ring: u64,
}

/// The messages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Kinds)]
pub enum Message {
    /// What do you have?
    Fetch {
        /// The phase.
        phase: Phase,
        /// Of which key.
        key: u32,
        /// The replica that is asked, or that the receiver stands in for.
        replica: NodeId,
    },
    /// This.
    Fetched {
        /// The phase in which it was asked for.
        phase: Phase,
        /// The replica that was asked.
        replica: NodeId,
        /// What the sender has, or keeps for the replica.
        versions: Vec<Version>,
    },
    /// Keep this.
    Store {
        /// The phase.
        phase: Phase,
        /// Of which key.
        key: u32,
        /// The replica that is to have it: the receiver, or the one that it stands in for.
        replica: NodeId,
        /// The versions.
        versions: Vec<Version>,
    },
    /// You are the primary: keep this first, and then have these replicas keep it.
    Write {
        /// The phase.
        phase: Phase,
        /// Of which key.
        key: u32,
        /// Those that the sender has not heard of yet.
        replicas: Vec<NodeId>,
        /// The versions.
        versions: Vec<Version>,
    },
    /// I am the primary and have this: keep it, and tell the coordinator.
    Written {
        /// Who waits for the replicas.
        coordinator: NodeId,
        /// The phase of the coordinator.
        phase: Phase,
        /// Of which key.
        key: u32,
        /// The versions.
        versions: Vec<Version>,
    },
    /// I will not forget it.
    Stored {
        /// The phase in which it was to be stored.
        phase: Phase,
        /// The replica that is to have it.
        replica: NodeId,
    },
    /// You lack this.
    Repair {
        /// Of which key.
        key: u32,
        /// The versions.
        versions: Vec<Version>,
    },
    /// This I have kept for you.
    Handoff {
        /// Of which key.
        key: u32,
        /// The versions.
        versions: Vec<Version>,
    },
    /// I will not forget it: you may.
    HandedOff {
        /// Of which key.
        key: u32,
        /// The versions.
        dots: Vec<Dot>,
    },
    /// What of it do you have, too?
    Compare {
        /// Of the keys that have these replicas.
        replicas: Vec<NodeId>,
        /// A part of the sender's Merkle tree.
        exchange: parts::merkle::Exchange<u32>,
    },
    /// Of the keys in which we differ I have this.
    Exchange {
        /// By key, all versions.
        cells: Vec<(u32, Vec<Version>)>,
        /// Whether the receiver is to send back what the sender lacks.
        wants: bool,
    },
    /// Put this change of ranges in order with all others.
    Propose(Change),
    /// What changes of the ring come after so many?
    AskChanges {
        /// How many the sender knows.
        known: u64,
    },
    /// All changes of the ring that I know of.
    Changes(Vec<Change>),
    /// My ring.
    Ring(Ring),
    /// What do you have of the keys that a ring gave me?
    AskCopies {
        /// Which ring.
        version: u64,
        /// Only of keys after this one.
        after: Option<u32>,
    },
    /// This.
    Copies {
        /// Which ring gave the keys.
        version: u64,
        /// After which key they begin.
        after: Option<u32>,
        /// By key in ascending order, all versions.
        copies: Vec<(u32, Vec<Version>)>,
        /// Whether that is all.
        is_all: bool,
    },
    /// One ring master to another.
    Raft(raft::Message),
}

impl Message {
    /// The kinds of all but the last, which wraps messages of Raft: those are of Raft's kinds.
    pub(super) const OWN_KINDS: &'static [&'static str] = Self::KINDS.split_at(Self::KINDS.len() - 1).0;
}

/// What a node waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Timer {
    /// To ask those again that have not answered in the operation of this client.
    Retransmit(NodeId),
    /// To offer its hints.
    Handoff,
    /// To compare what it has with another.
    AntiEntropy,
    /// To tell another its ring, or to ask for changes and copies.
    Ring,
    /// A ring master waits for something of Raft.
    Raft(raft::Timer),
}

/// What a coordinator was answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Answered {
    /// The replica that was asked.
    pub replica: NodeId,
    /// Who has answered: the replica, or who stands in for it.
    pub from: NodeId,
    /// The versions that it has.
    pub dots: Vec<Dot>,
}

/// What a node announces.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Kinds)]
pub enum Event {
    /// It begins to carry an operation out.
    Began {
        /// The operation.
        request: RequestId,
        /// On which key.
        key: u32,
        /// The replicas that it asks.
        asked: Vec<NodeId>,
    },
    /// It has made a version of a write, durably.
    Made {
        /// The write.
        request: RequestId,
        /// To which key.
        key: u32,
        /// The version.
        version: Version,
        /// What the session had seen that asked for it.
        seen: super::operations::Seen,
    },
    /// It goes on with a write of which it has made a version before.
    Resumed {
        /// The write.
        request: RequestId,
        /// To which key.
        key: u32,
        /// The version.
        version: Version,
    },
    /// As a replica it was given this version.
    Took {
        /// Of which key.
        key: u32,
        /// The version.
        dot: Dot,
    },
    /// For a replica that did not answer it keeps this version.
    Hinted {
        /// The replica.
        replica: NodeId,
        /// Of which key.
        key: u32,
        /// The version.
        dot: Dot,
    },
    /// It has given a replica what it had kept for it.
    HandedOff {
        /// The replica.
        replica: NodeId,
        /// Of which key.
        key: u32,
    },
    /// It has found a replica behind in a read, and brings it up to date.
    Repaired {
        /// The replica.
        replica: NodeId,
        /// In which key.
        key: u32,
    },
    /// It has compared what it has with another, and they differ.
    Differs {
        /// The other.
        with: NodeId,
    },
    /// It has forgotten that a key was deleted.
    Collected {
        /// The key.
        key: u32,
        /// The tombstones.
        dots: Vec<Dot>,
    },
    /// Its ring has changed.
    RingChanged {
        /// Which ring it is now, where rings are agreed; else 0.
        version: u64,
        /// Who has joined, or is a member in another way.
        joined: Vec<NodeId>,
        /// Who has left, or was a member in another way.
        left: Vec<NodeId>,
    },
    /// A range has been split, by its ring.
    Split {
        /// Where the second of the two begins.
        at: u32,
    },
    /// Two ranges have been merged, by its ring.
    Merged {
        /// Where the second of the two began.
        at: u32,
    },
    /// A range has another primary, by its ring.
    Moved {
        /// A key of the range.
        within: u32,
        /// The primary.
        to: NodeId,
    },
    /// It is no replica of a key any more, and keeps what it had for others.
    Given {
        /// The key.
        key: u32,
    },
    /// It knows all that was acknowledged of the keys that a ring has given it, and answers for them from now on.
    TookOver {
        /// Which ring.
        version: u64,
    },
    /// It does not do what an operator asked for.
    Refused {
        /// What that was.
        action: String,
        /// Why not.
        why: Refusal,
    },
    /// A write is complete.
    Wrote {
        /// The operation.
        request: RequestId,
        /// To which key.
        key: u32,
        /// Its version.
        dot: Dot,
    },
    /// A read is complete.
    Read {
        /// The operation.
        request: RequestId,
        /// Of which key.
        key: u32,
        /// What it was answered.
        answers: Vec<Answered>,
        /// What it returns.
        dots: Vec<Dot>,
    },
}

impl Event {
    /// What a node announces of a change of ranges.
    pub(super) const fn of_ranges(change: Change) -> Option<Self> {
        match change {
            Change::Split(at) => Some(Self::Split { at }),
            Change::Merge(at) => Some(Self::Merged { at }),
            Change::Move(within, to) => Some(Self::Moved { within, to }),
            Change::Join(_) | Change::Leave(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// No message would be of the kind of what wraps those of Raft: a fault that is aimed at it would never strike.
    #[test]
    fn raft_is_no_kind_of_a_message() {
        assert_eq!(Message::KINDS.last(), Some(&"Raft"));
        assert!(!Message::OWN_KINDS.contains(&"Raft") && Message::OWN_KINDS.contains(&"Copies"));
    }
}
