//! What nodes send, write down, wait for and announce.

use parts::epoch_log::{Entry, Position};
use serde::Serialize;
use sim_core::{Duration, Kinds, NodeId, RequestId, Time};

use super::view::{Status, View};

/// A message between nodes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Kinds)]
pub enum Message {
    /// To the view service, again and again: I am up.
    Beat {
        /// The latest view that the node knows.
        number: u64,
        /// Whether it is the primary of that view, has booted since it first knew of it, and so may not go on in it.
        resumes: bool,
        /// How long the last answer of the view service took.
        latency: Duration,
        /// By the node's clock.
        sent: Time,
    },
    /// From the view service, in answer to that.
    Alive {
        /// The latest view.
        number: u64,
        /// Whether the node, as its primary, has a lease that begins at `sent`.
        is_granted: bool,
        /// What the beat said.
        sent: Time,
    },
    /// From the view service: this is the view now.
    NewView {
        /// The view.
        view: View,
    },
    /// From the view service: take part in no view before this one any more, and tell how far you are.
    Seal {
        /// The number of the next view.
        number: u64,
    },
    /// That is done, durably.
    Sealed {
        /// The number of the next view.
        number: u64,
        /// How far the log has come.
        position: Position,
    },
    /// To the view service, from the primary: this secondary has what it needs, and takes part in acknowledging.
    CaughtUp {
        /// The number of the view.
        number: u64,
        /// The secondary.
        node: NodeId,
    },
    /// To the view service, from the primary: this secondary does not answer.
    Unreachable {
        /// The number of the view.
        number: u64,
        /// The secondary.
        node: NodeId,
    },
    /// What an operator asks of any node, on its way to the view service.
    FailOver,
    /// From the primary: a part of the log. It may be empty, and is answered all the same.
    Ship {
        /// The number of the view.
        number: u64,
        /// How many entries come before these.
        after: u64,
        /// The entries.
        entries: Vec<Entry>,
        /// How many entries are acknowledged, or may be.
        commit: u64,
    },
    /// To the primary: so much I have, durably.
    Stored {
        /// The number of the view.
        number: u64,
        /// How many entries.
        end: u64,
    },
    /// To the primary, from a secondary that does not know yet where its log and that of the primary part: where does
    /// this epoch end?
    AskEpoch {
        /// The number of the view.
        number: u64,
        /// How far the log has come.
        position: Position,
    },
    /// The last epoch up to that of which the primary has entries, and where it ends.
    EpochEnd {
        /// The number of the view.
        number: u64,
        /// What was asked.
        asked: Position,
        /// The answer.
        end: Position,
    },
    /// From the primary, for a read: is this still the latest view that you know?
    Confirm {
        /// The number of the view.
        number: u64,
        /// Which question it is.
        round: u64,
    },
    /// It is.
    Confirmed {
        /// The number of the view.
        number: u64,
        /// Which question was asked.
        round: u64,
    },
    /// Of the log that the nodes of the view service have in common.
    Raft(Box<raft::Message>),
}

impl Message {
    /// The kinds of all but the last, which wraps messages of Raft: those are of Raft's kinds.
    pub const OWN_KINDS: &'static [&'static str] = Self::KINDS.split_at(Self::KINDS.len() - 1).0;
}

/// What a node writes to its disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Record {
    /// A replica takes part in no view before this one any more.
    Promised(u64),
    /// An entry of its log.
    Entry {
        /// The offset.
        offset: u64,
        /// The entry.
        entry: Entry,
        /// How many entries it knew to be acknowledged, or to be allowed to be, when it wrote that.
        commit: u64,
    },
    /// It has removed all entries but so many.
    Truncated(u64),
    /// The view service gives this number to no view but the one that it is about to make.
    Number(u64),
    /// The view service makes this view.
    View(View),
    /// Of the log that the nodes of the view service have in common.
    Raft(Box<raft::Record>),
}

/// What a node waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Timer {
    /// As a replica, to tell the view service that it is up.
    Beat,
    /// As the primary, to ship.
    Ship,
    /// As the primary, at once: to look what can be answered after it has waited for its disk.
    Answer,
    /// As the view service, to look who is suspected.
    Check,
    /// Of the log that the nodes of the view service have in common.
    Raft(raft::Timer),
}

/// What a node announces.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Kinds)]
pub enum Event {
    /// As the view service it has made a view, durably.
    ViewMade {
        /// The view.
        view: View,
    },
    /// As the view service: what a node is from now on.
    Announced {
        /// The node.
        node: NodeId,
        /// What it is.
        status: Status,
    },
    /// As the view service it takes in a node, to replace a replica.
    TookIn {
        /// The node.
        node: NodeId,
        /// How many replicas there are in its zone.
        beside: usize,
        /// The nodes that it could have taken instead, each with the number of replicas in its zone.
        instead_of: Vec<(NodeId, usize)>,
    },
    /// As the view service it begins to look for another primary.
    FailoverBegan {
        /// The number of the next view.
        number: u64,
        /// The primary so far.
        primary: NodeId,
    },
    /// As the view service it has heard that an operator asks for another primary.
    FailoverAsked,
    /// As the view service it cannot do what an operator has asked for: there is nobody to promote.
    FailoverRefused,
    /// As the view service it chooses the next primary.
    Chose {
        /// The number of the next view.
        number: u64,
        /// Whom it chooses.
        primary: NodeId,
        /// The candidates, and how far each is.
        candidates: Vec<(NodeId, Position)>,
    },
    /// A replica takes part in no view before this one any more, durably.
    Sealed {
        /// The number of the next view.
        number: u64,
    },
    /// All secondaries of its view have its log: from now on it serves as the primary.
    Activated {
        /// The number of the view.
        number: u64,
        /// Where each epoch of its log ends.
        epochs: Vec<Position>,
    },
    /// It serves as the primary no longer.
    SteppedDown {
        /// The number of the view.
        number: u64,
    },
    /// As the primary it adds a write to its log.
    Appended {
        /// The number of the view.
        number: u64,
        /// The offset.
        offset: u64,
        /// The request.
        request: RequestId,
    },
    /// It acknowledges a write.
    Acknowledged {
        /// The number of the view.
        number: u64,
        /// The epoch and the offset of the entry.
        entry: Position,
        /// The request.
        request: RequestId,
    },
    /// It begins to carry out a read.
    ReadBegan {
        /// The request.
        request: RequestId,
    },
    /// It answers a read.
    Read {
        /// The number of the view.
        number: u64,
        /// How much of its log is in the answer.
        position: Position,
        /// The request.
        request: RequestId,
    },
    /// As the primary it has a secondary that has caught up, and counts it from now on.
    CaughtUp {
        /// The number of the view.
        number: u64,
        /// The secondary.
        node: NodeId,
    },
    /// As a secondary it has removed entries that the primary does not have.
    Truncated {
        /// How many entries it had.
        from: u64,
        /// How many are left.
        to: u64,
    },
    /// As a secondary it has a log now that begins as that of the primary.
    Matched {
        /// The number of the view.
        number: u64,
    },
    /// A replica boots, and finds this on its disk.
    Recovered {
        /// How far its log has come.
        position: Position,
    },
    /// As a node of the view service it comes to act for it, having been elected.
    TookOffice {
        /// The term of Raft in which it leads.
        term: u64,
        /// The latest view.
        view: View,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    /// No message would be of the kind of what wraps those of Raft: a fault that is aimed at it would never strike.
    #[test]
    fn what_wraps_messages_of_raft_is_no_kind_of_its_own() {
        assert_eq!(Message::KINDS.last(), Some(&"Raft"));
        assert!(!Message::OWN_KINDS.contains(&"Raft") && Message::OWN_KINDS.contains(&"Confirmed"));
    }
}
