//! What travels between replicas, what they wait for, and what they announce.

use serde::Serialize;
use sim_core::Kinds;

use super::crashes::CrashVector;
use super::log::{Entry, Log, Part};

/// A message, with what its sender knows of crashes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Message {
    /// The sender's crash vector.
    pub crashes: CrashVector,
    /// What it says.
    pub body: Body,
}

/// The messages of Viewstamped Replication Revisited under the names of the paper, and those that read crash vectors.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Kinds)]
pub enum Body {
    /// The primary has given an op-number to a request (4.1).
    Prepare {
        /// The view.
        view: u64,
        /// The op-number.
        op_number: u64,
        /// The request.
        entry: Entry,
        /// All up to here is committed.
        commit_number: u64,
    },
    /// The sender's log has all of the view up to here.
    PrepareOk {
        /// The view.
        view: u64,
        /// Up to where.
        op_number: u64,
    },
    /// The primary is there.
    Commit {
        /// The view.
        view: u64,
        /// All up to here is committed.
        commit_number: u64,
    },
    /// The sender takes part in no view below this one any more (4.2).
    StartViewChange {
        /// The view that is to start.
        view: u64,
    },
    /// What the sender has, for the primary of the view that is to start.
    DoViewChange {
        /// The view that is to start.
        view: u64,
        /// What it has.
        report: Box<Report>,
    },
    /// The view starts with this log.
    StartView {
        /// The view.
        view: u64,
        /// The log.
        log: Box<Log>,
        /// All up to here is committed.
        commit_number: u64,
    },
    /// What do you know of crashes? The sender has lost all that it knew.
    ReadVector {
        /// To be returned.
        nonce: u64,
    },
    /// What the sender knows of crashes is in the message.
    Vector {
        /// As it was asked.
        nonce: u64,
    },
    /// What is the state? The sender has lost all that it knew (4.3).
    Recovery {
        /// To be returned.
        nonce: u64,
        /// The view that the sender has on its disk: it recovers to no lower one. 0 without a disk.
        view: u64,
    },
    /// An answer to that.
    RecoveryResponse {
        /// As it was asked.
        nonce: u64,
        /// The sender's view.
        view: u64,
        /// From the primary of that view only.
        state: Option<Box<State>>,
    },
    /// What follows in the log behind this? (5.2)
    GetState {
        /// The view.
        view: u64,
        /// The sender's op-number or, where it has not taken part in the view so far, its commit-number.
        op_number: u64,
    },
    /// An answer to that.
    NewState {
        /// The view.
        view: u64,
        /// What follows in the log.
        part: Part,
        /// All up to here is committed.
        commit_number: u64,
    },
}

/// What a replica has, in a `DoViewChange`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The last view in which its status was normal.
    pub last_normal: u64,
    /// Its log.
    pub log: Log,
    /// All up to here is committed, as far as it knows.
    pub commit_number: u64,
}

/// What a primary has, in a `RecoveryResponse`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct State {
    /// Its log.
    pub log: Log,
    /// All up to here is committed.
    pub commit_number: u64,
}

/// What a replica waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Timer {
    /// The primary was not heard from for a while, or nothing has come of a view change: it begins one.
    ViewChange,
    /// The primary's next `Commit` is due.
    Heartbeat,
    /// What others have not answered is to be sent again, in a view change or a recovery.
    Retransmit,
}

/// What a replica announces.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Kinds)]
pub enum Event {
    /// It has stopped to take part in lower views.
    BeganViewChange {
        /// The view that is to start.
        view: u64,
    },
    /// Enough others have stopped to take part in lower views, and it says what it has.
    Reported {
        /// The view that is to start.
        view: u64,
    },
    /// It is the primary of a view from now on.
    StartedView {
        /// The view.
        view: u64,
        /// The op-number of the last request in the log with which it starts.
        op_number: u64,
    },
    /// It takes part in a view that its primary has started.
    JoinedView {
        /// The view.
        view: u64,
        /// Up to where its log goes.
        op_number: u64,
    },
    /// It is the primary no longer.
    SteppedDown {
        /// Of which view it was.
        view: u64,
    },
    /// It has appended a request to its log.
    Logged {
        /// The view.
        view: u64,
        /// The op-number.
        op_number: u64,
    },
    /// It is the primary, and enough others have all up to here in their logs.
    Committed {
        /// The op-number.
        op_number: u64,
    },
    /// It lacks something, and asks for it.
    AskedForState {
        /// The view.
        view: u64,
    },
    /// It was sent what it lacked.
    CaughtUp {
        /// The view.
        view: u64,
        /// Up to where its log goes.
        op_number: u64,
    },
    /// From now on its state stands for the log up to here.
    TookCheckpoint {
        /// The op-number.
        op_number: u64,
    },
    /// It has taken over the state of another.
    InstalledState {
        /// The op-number of the last request in it.
        op_number: u64,
    },
    /// It has lost all that it knew, and takes part in nothing.
    Recovering,
    /// It has its crash number.
    Numbered {
        /// The number.
        number: u64,
    },
    /// It has all that it could have lost, and takes part again.
    Recovered {
        /// In which view.
        view: u64,
        /// Up to where its log goes.
        op_number: u64,
    },
    /// It had an answer of a replica that has crashed since, and waits for another.
    DroppedAnswers {
        /// Of which replica.
        of: String,
    },
    /// Somebody knows of a higher crash number of its own, from a recovery that has not come to its end: it recovers
    /// anew, above that.
    Overtaken {
        /// The number.
        number: u64,
    },
}
