//! What travels between nodes, what they wait for, and what they announce.

use serde::Serialize;
use sim_core::{Kinds, NodeId};

use super::configuration::Configuration;
use super::log::{Entry, LogPosition};
use super::operator::Refusal;
use parts::kv::Piece;

/// The messages of Raft. Each carries the term of its sender, except for the two that speak of a
/// term that does not exist yet: a pre-vote request, and its reply when it is granted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Kinds)]
pub enum Message {
    /// Would you vote for me in this term, the one after mine?
    PreVote(VoteRequest),
    /// Yes, in that term; or no, and this is my term.
    PreVoteReply(VoteReply),
    /// Vote for me in this term.
    RequestVote(VoteRequest),
    /// Whether the vote is granted.
    RequestVoteReply(VoteReply),
    /// New entries, or none: then it is a heartbeat.
    AppendEntries(AppendEntries),
    /// What came of it, or of a `ReplaceSuffix`.
    AppendEntriesReply(AppendEntriesReply),
    /// A chunk of the state of the leader, for a follower that needs entries the leader has forgotten.
    InstallSnapshot(Box<InstallSnapshot>),
    /// How much of it the follower has.
    InstallSnapshotReply(InstallSnapshotReply),
    /// Begin an election at once: the leader hands over to you.
    TimeoutNow(TimeoutNow),
    /// All entries that the leader has behind one, to replace those of the follower.
    ReplaceSuffix(AppendEntries),
}

/// Asks for a vote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VoteRequest {
    /// The term in which the candidate wants to lead.
    pub term: u64,
    /// The last entry of the candidate's log.
    pub last: LogPosition,
    /// Whether the leader itself has asked for this election, so that nobody need protect it
    /// (thesis 4.2.3).
    pub by_transfer: bool,
}

/// Answers a [`VoteRequest`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VoteReply {
    /// The voter's term; for a pre-vote that is granted, the term for which it is.
    pub term: u64,
    /// Whether the candidate has the vote.
    pub granted: bool,
}

/// Replicates entries. In a [`Message::ReplaceSuffix`] they are all that the leader has behind
/// `previous`, otherwise some of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AppendEntries {
    /// The leader's term.
    pub term: u64,
    /// The entry before `entries`.
    pub previous: LogPosition,
    /// What to append behind it.
    pub entries: Vec<Entry>,
    /// How far the leader's log is committed.
    pub commit_index: u64,
    /// The round of heartbeats that this belongs to, to be returned.
    pub round: u64,
}

/// Answers an [`AppendEntries`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AppendEntriesReply {
    /// The follower's term.
    pub term: u64,
    /// The round that the request belonged to.
    pub round: u64,
    /// What came of it.
    pub outcome: AppendOutcome,
}

/// What came of an [`AppendEntries`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum AppendOutcome {
    /// The follower's log matches the leader's as far as this index, durably.
    Matched {
        /// The last index that matches.
        index: u64,
    },
    /// The entry before the new ones is missing or different.
    Conflict {
        /// The first index that the follower needs, as far as it can tell.
        index: u64,
        /// The term of the follower's entry there, if it has one.
        term: Option<u64>,
    },
    /// The request was of a term that is over: it tells nothing about the current one.
    StaleTerm,
}

/// A chunk of a snapshot, which brings a follower's state up to the leader's (Figure 13).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct InstallSnapshot {
    /// The leader's term.
    pub term: u64,
    /// The last entry that the snapshot includes: with the term, that names it.
    pub last: LogPosition,
    /// The members as of that entry.
    pub configuration: Configuration,
    /// How many pieces of the snapshot come before these.
    pub offset: u64,
    /// Pieces of the state, in order.
    pub data: Vec<Piece>,
    /// Whether these are the last ones.
    pub done: bool,
}

/// Answers an [`InstallSnapshot`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct InstallSnapshotReply {
    /// The follower's term.
    pub term: u64,
    /// What came of it.
    pub outcome: InstallOutcome,
}

/// What came of an [`InstallSnapshot`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum InstallOutcome {
    /// The follower's state includes everything up to this index, durably.
    Installed {
        /// The last entry of the snapshot.
        index: u64,
    },
    /// The follower waits for more.
    Received {
        /// The last entry of the snapshot.
        last: LogPosition,
        /// How many pieces of it, from the first one on, the follower has.
        pieces: u64,
    },
    /// The request was of a term that is over.
    StaleTerm,
}

/// Hands over the leadership (thesis 3.10).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TimeoutNow {
    /// The leader's term.
    pub term: u64,
}

impl Message {
    /// The term that it carries.
    pub const fn term(&self) -> u64 {
        match self {
            Self::PreVote(m) | Self::RequestVote(m) => m.term,
            Self::PreVoteReply(m) | Self::RequestVoteReply(m) => m.term,
            Self::AppendEntries(m) | Self::ReplaceSuffix(m) => m.term,
            Self::AppendEntriesReply(m) => m.term,
            Self::InstallSnapshot(m) => m.term,
            Self::InstallSnapshotReply(m) => m.term,
            Self::TimeoutNow(m) => m.term,
        }
    }

    /// Whether its term does not exist yet, so that nobody must move on to it.
    pub(crate) const fn is_of_a_future_term(&self) -> bool {
        matches!(self, Self::PreVote(_) | Self::PreVoteReply(VoteReply { granted: true, .. }))
    }
}

/// What a node waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Timer {
    /// No leader was heard from for an election timeout.
    Election,
    /// The leader's next heartbeat is due.
    Heartbeat,
    /// The leader's next look at how many followers it has heard from is due.
    CheckQuorum,
    /// The leader has waited long enough for new members to catch up.
    CatchUp,
    /// The leader has waited long enough for another to take over.
    Transfer,
}

/// What a node announces.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Kinds)]
pub enum Event {
    /// It gave its vote, to itself or another.
    Voted {
        /// In which term.
        term: u64,
        /// To whom.
        candidate: NodeId,
    },
    /// It won an election.
    BecameLeader {
        /// In which term.
        term: u64,
    },
    /// It leads no longer.
    SteppedDown {
        /// The term in which it led.
        term: u64,
    },
    /// It leads, and has found the log committed up to here.
    Committed {
        /// The last committed index.
        index: u64,
    },
    /// It took a snapshot of its own state and forgot the entries that led to it.
    TookSnapshot {
        /// The last entry in it.
        index: u64,
    },
    /// It took over the state of the leader.
    InstalledSnapshot {
        /// The last entry in it.
        index: u64,
    },
    /// It has the last chunk of a snapshot that came in several, and takes it over.
    AssembledSnapshot {
        /// The last entry in it.
        index: u64,
    },
    /// It leads, and has learned that a follower has taken over the snapshot that it was sent.
    SnapshotAcknowledged {
        /// The follower.
        by: NodeId,
        /// The last entry in it.
        index: u64,
    },
    /// It does not do what an operator asked of it.
    Refused {
        /// What was asked, as in `add_server n3`.
        action: String,
        /// Why not.
        why: Refusal,
    },
    /// It leads, and has put a new configuration into its log, by which it goes from now on.
    ConfigurationAppended {
        /// The index of the entry.
        index: u64,
        /// The members.
        configuration: Configuration,
    },
    /// It leads, and has found the latest configuration committed: the change is made, or, if the
    /// configuration is joint, half made.
    ConfigurationCommitted {
        /// The index of the entry.
        index: u64,
        /// The members.
        configuration: Configuration,
    },
    /// It leads, takes no more requests, and gets another ready to take over.
    TransferBegan {
        /// The next leader.
        to: NodeId,
    },
    /// It leads on, because the other has not taken over in time.
    TransferGivenUp {
        /// Who was to lead.
        to: NodeId,
    },
    /// It was elected because the leader before it handed over.
    LeadershipTransferred {
        /// The term in which it leads.
        term: u64,
    },
}
