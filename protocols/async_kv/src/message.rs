//! What travels between servers, what they write, and what they announce.

use parts::kv::KvOp;
use serde::Serialize;
use sim_core::{Kinds, NodeId, RequestId};

/// An entry of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// The term of the leader that made it.
    pub term: u64,
    /// What it says.
    pub command: Command,
}

/// What an entry of the log says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Command {
    /// Nothing: with it a leader begins its term.
    NoOp,
    /// What a client asks for.
    Client {
        /// Which of its requests.
        request: RequestId,
        /// The operation.
        op: KvOp,
    },
}

/// A place in a log: how long it is up to there, and the term of the entry there. Of two logs the one with the later
/// end is the newer one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Position {
    /// The term of the entry; 0 before the first.
    pub term: u64,
    /// The index of the entry, from 1 on; 0 before the first.
    pub index: u64,
}

/// What servers say to one another. Each message has the term of its sender.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Kinds)]
pub enum Message {
    /// A candidate asks for a vote.
    RequestVote {
        /// Its term.
        term: u64,
        /// Where its log ends.
        last: Position,
    },
    /// The answer.
    Vote {
        /// The term of the vote.
        term: u64,
        /// Whether it is given.
        granted: bool,
    },
    /// A leader sends entries, or none, so that it is heard.
    Append {
        /// Its term.
        term: u64,
        /// Where the entries go: behind this one.
        previous: Position,
        /// The entries.
        entries: Vec<Entry>,
        /// Up to where the log is committed.
        commit: u64,
    },
    /// The answer.
    Appended {
        /// The term in which the server answers.
        term: u64,
        /// What became of the entries.
        outcome: Outcome,
    },
}

/// What became of entries that a leader has sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Outcome {
    /// The log is that of the leader up to this index, and durable up to there.
    Matches(u64),
    /// The entry before them is not there. Up to this index it could be.
    Lacks(u64),
    /// The term of the leader is over.
    Late,
}

impl Message {
    /// The term of its sender.
    pub const fn term(&self) -> u64 {
        match self {
            Self::RequestVote { term, .. }
            | Self::Vote { term, .. }
            | Self::Append { term, .. }
            | Self::Appended { term, .. } => *term,
        }
    }
}

/// What a server writes to its disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Record {
    /// It is in this term, and has voted for this candidate.
    Term {
        /// The term.
        term: u64,
        /// The candidate, if it has voted.
        voted_for: Option<NodeId>,
    },
    /// Its log ends with this entry: what was there, and behind it, is gone.
    Entry {
        /// Where the entry before it is.
        previous: Position,
        /// The entry.
        entry: Entry,
    },
}

/// What a server announces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Kinds)]
pub enum Event {
    /// It has voted, and will not forget it.
    Voted {
        /// In which term.
        term: u64,
        /// For whom.
        candidate: NodeId,
    },
    /// It leads.
    BecameLeader {
        /// In which term.
        term: u64,
    },
    /// It leads no more.
    SteppedDown {
        /// The term in which it led.
        term: u64,
    },
    /// It has replaced entries of its log by those of a leader.
    Replaced {
        /// From which index on.
        from: u64,
    },
    /// It has applied an entry of the log.
    Applied {
        /// Its index.
        index: u64,
    },
}
