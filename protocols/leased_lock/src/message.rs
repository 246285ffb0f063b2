//! What travels between nodes, what they write down, wait for, and announce.

use std::fmt;

use serde::Serialize;
use sim_core::{Kinds, NodeId, RequestId, Time};

use super::tree::SessionId;

/// Names one attempt of a holder at a critical section, and no other ever: the *value* of the lock's key, by which the
/// lock is renewed and released.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct SectionId {
    /// Whose it is.
    pub holder: NodeId,
    /// The number of the holder's boot.
    pub boot: u64,
    /// Its number since that boot.
    pub number: u64,
}

impl fmt::Display for SectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}.{}.{}", self.holder, self.boot, self.number))
    }
}

/// What a section does with an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Access {
    /// It reads.
    Read,
    /// It writes what it has read and an amount.
    Write {
        /// What the account is to have.
        value: i64,
        /// By how much that is more.
        amount: u32,
    },
}

/// The messages.
#[derive(Clone, Debug, Serialize, Kinds)]
pub enum Message {
    /// Set the key of this lock if there is none: `SET lock section NX PX ttl`.
    Set {
        /// The lock.
        lock: u32,
        /// The value.
        section: SectionId,
    },
    /// What came of it.
    SetReply {
        /// The value.
        section: SectionId,
        /// Whether it was set.
        is_granted: bool,
        /// The highest token of this lock that the instance knows; where it numbers grants itself, the token.
        token: u64,
    },
    /// This is the token under which the lock is granted.
    Raise {
        /// The lock.
        lock: u32,
        /// The value.
        section: SectionId,
        /// The token.
        token: u64,
    },
    /// What came of it.
    RaiseReply {
        /// The value.
        section: SectionId,
        /// Whether the key has that value still, and the instance will name no lower token again.
        is_raised: bool,
    },
    /// Let the key live for the whole time again, if it has this value.
    Extend {
        /// The lock.
        lock: u32,
        /// The value.
        section: SectionId,
        /// Which renewal of the section this is.
        round: u64,
    },
    /// What came of it.
    ExtendReply {
        /// The value.
        section: SectionId,
        /// Which renewal of the section this is.
        round: u64,
        /// Whether the key has that value.
        is_extended: bool,
    },
    /// Delete the key, if it has this value.
    Delete {
        /// The lock.
        lock: u32,
        /// The value.
        section: SectionId,
    },
    /// A section asks the storage for an account.
    Access {
        /// The account.
        account: u32,
        /// Who asks.
        section: SectionId,
        /// The client's request that it is about.
        request: RequestId,
        /// The section's token, if there are any.
        token: Option<u64>,
        /// What is to be done.
        access: Access,
    },
    /// What came of it.
    AccessReply {
        /// Who asked.
        section: SectionId,
        /// What is the matter.
        outcome: Outcome,
    },
    /// On the log: a session is alive.
    Beat {
        /// Which.
        session: SessionId,
        /// How often it was.
        beat: u64,
        /// The sections whose nodes are to go.
        left: Vec<u64>,
    },
    /// What came of it.
    BeatReply {
        /// Which session.
        session: SessionId,
        /// How often it was alive.
        beat: u64,
        /// Whether it is still.
        is_alive: bool,
        /// Those of the nodes that have gone.
        gone: Vec<u64>,
        /// The sections whose watches have fired, each with the node that has gone.
        fired: Vec<(u64, u64)>,
        /// Tells the server, since its boot, from all others.
        server: u64,
    },
    /// Another server leads.
    NotLeader {
        /// Who, if that is known.
        leader: Option<NodeId>,
    },
    /// A section wants to stand in line, or to know where it is.
    Enter {
        /// For which lock.
        lock: u32,
        /// Who.
        section: SectionId,
    },
    /// Where it is.
    Place {
        /// Who.
        section: SectionId,
        /// The sequence number of its node.
        node: u64,
        /// That of the node before, if there is one.
        before: Option<u64>,
    },
    /// A section wants to hear when a node goes.
    Watch {
        /// Who.
        section: SectionId,
        /// The sequence number of the node.
        node: u64,
    },
    /// What came of it.
    WatchReply {
        /// Who.
        section: SectionId,
        /// The sequence number of the node.
        node: u64,
        /// Whether it is there, and watched.
        is_there: bool,
        /// Tells the server, since its boot, from all others.
        server: u64,
    },
    /// The node that a section watches has gone.
    Fired {
        /// Who watches it.
        section: SectionId,
        /// The sequence number of the node.
        node: u64,
    },
    /// On the log: one of Raft's.
    Raft(Box<raft::Message>),
}

impl Message {
    /// The kinds of all but the last, which wraps messages of Raft: those are of Raft's kinds.
    pub const OWN_KINDS: &'static [&'static str] = Self::KINDS.split_at(Self::KINDS.len() - 1).0;
}

/// What the storage says to a section.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Outcome {
    /// Another one has come with a higher token.
    TooLow,
    /// The account has this, and the client's request was not carried out yet.
    Value(i64),
    /// The client's request is carried out, by this section or an earlier one, and after that the account had this.
    Done(i64),
}

/// What is on a disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Record {
    /// A holder's: it has booted so often.
    Boot(u64),
    /// An instance's: who has the key of a lock.
    Key {
        /// The lock.
        lock: u32,
        /// The value, if there is one.
        section: Option<SectionId>,
    },
    /// An instance's or the storage's: the highest token of a lock, or of its account.
    Token {
        /// The lock.
        lock: u32,
        /// The token.
        token: u64,
    },
    /// The storage's: a request is carried out.
    Carried {
        /// The account.
        account: u32,
        /// The request.
        request: RequestId,
        /// What the account has.
        value: i64,
        /// What of this the request has added.
        amount: u32,
    },
    /// One of Raft's.
    Raft(Box<raft::Record>),
}

/// What a node waits for: a holder in the section of this number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Timer {
    /// Grants have not come in time.
    Acquire(u64),
    /// It is time to try again.
    Again(u64),
    /// It is time to renew the lock.
    Renew(u64),
    /// The lease ends.
    Deadline(u64),
    /// What was decided leaves the node.
    Send(u64),
    /// The work is done.
    Work(u64),
    /// The storage has not answered.
    Retry(u64),
    /// A holder says that its session is alive.
    Beat,
    /// A server looks for sessions that are not.
    Expire,
    /// A server waits for something of Raft.
    Raft(raft::Timer),
}

/// What a node announces.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Kinds)]
pub enum Event {
    /// A holder has a lock.
    Acquired {
        /// The lock.
        lock: u32,
        /// The section that has it.
        section: SectionId,
        /// Its token, if there are any.
        token: Option<u64>,
        /// Until when, by the holder's monotonic clock.
        until: Time,
    },
    /// A holder has renewed a lock.
    Renewed {
        /// The lock.
        lock: u32,
        /// The section that has it.
        section: SectionId,
        /// Until when, by the holder's monotonic clock.
        until: Time,
    },
    /// A guard tells its holder that the lock was not renewed in time, or is somebody else's.
    RenewalFailed {
        /// The lock.
        lock: u32,
        /// The section that had it.
        section: SectionId,
    },
    /// A holder, having looked whether it has the lock, decides to ask the storage for something.
    Decided {
        /// The lock.
        lock: u32,
        /// The section that is to have it.
        section: SectionId,
    },
    /// A holder is done with a lock.
    Left {
        /// The lock.
        lock: u32,
        /// The section that had it.
        section: SectionId,
    },
    /// An instance has set the key of a lock.
    Granted {
        /// The lock.
        lock: u32,
        /// To whom.
        section: SectionId,
    },
    /// An instance has extended the life of a key.
    Extended {
        /// The lock.
        lock: u32,
        /// The value of the key.
        of: SectionId,
        /// Who has asked for that.
        by: SectionId,
    },
    /// An instance has deleted a key because somebody asked for it.
    Deleted {
        /// The lock.
        lock: u32,
        /// The value of the key.
        of: SectionId,
        /// Who has asked for that.
        by: SectionId,
    },
    /// A key has expired.
    Expired {
        /// The lock.
        lock: u32,
        /// The value of the key.
        of: SectionId,
    },
    /// An instance boots without keys, and grants nothing until those that it may have had have expired.
    Waits,
    /// The storage has served a section.
    Served {
        /// The account.
        account: u32,
        /// Whom.
        section: SectionId,
        /// Its token, if there are any.
        token: Option<u64>,
        /// The request that is carried out, with the amount, if it is now.
        carried: Option<(RequestId, u32)>,
        /// What the account has.
        value: i64,
    },
    /// The storage has turned a section away.
    Fenced {
        /// The account.
        account: u32,
        /// Whom.
        section: SectionId,
        /// With this token.
        token: u64,
        /// The highest that it has seen.
        highest: u64,
    },
    /// The storage boots.
    Recovered {
        /// The highest token of each account.
        tokens: Vec<(u32, u64)>,
        /// The requests that it knows, in the order in which they were carried out.
        carried: Vec<(u32, RequestId, u32)>,
        /// What the accounts have.
        values: Vec<(u32, i64)>,
    },
    /// A server has learned that a node stands in line for a lock.
    NodeCreated {
        /// Its sequence number.
        node: u64,
        /// The lock.
        lock: u32,
        /// Whose it is.
        section: SectionId,
    },
    /// A server has learned that a node has gone.
    NodeDeleted(u64),
    /// A server has learned that a session has ended.
    SessionEnded {
        /// Which.
        session: SessionId,
        /// The nodes that it has left.
        left: Vec<u64>,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    /// No message would be of the kind of what wraps those of Raft: a fault that is aimed at it would never strike.
    #[test]
    fn what_wraps_messages_of_raft_is_no_kind_of_its_own() {
        assert_eq!(Message::KINDS.last(), Some(&"Raft"));
        assert!(!Message::OWN_KINDS.contains(&"Raft") && Message::OWN_KINDS.contains(&"Fired"));
    }
}
