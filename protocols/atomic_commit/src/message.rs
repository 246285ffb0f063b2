//! What travels between nodes, what they wait for, and announce.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;
use sim_core::{Kinds, NodeId, RequestId};

use super::bank::{Ledger, Posting};

/// Names a transaction: one attempt to carry out what a client asked for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Txn {
    /// The node that coordinates it.
    pub coordinator: NodeId,
    /// How often that node had booted when it began.
    pub boot: u64,
    /// Its number since then.
    pub number: u64,
}

impl fmt::Debug for Txn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.coordinator, self.boot, self.number)
    }
}

/// How old a transaction is, for who waits for whom: the lower, the older. One that is begun again keeps its age, so
/// that it becomes the oldest in the end.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Age {
    /// Higher than that of all transactions that its coordinator had heard of.
    pub number: u64,
    /// Its coordinator, which tells apart those of equal numbers.
    pub coordinator: NodeId,
}

impl fmt::Debug for Age {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.number, self.coordinator)
    }
}

/// A ballot of Paxos Commit about the votes on a transaction.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Ballot {
    /// 0 is the ballot in which participants themselves ask for their votes to be accepted.
    pub round: u64,
    /// Who leads it.
    pub leader: NodeId,
    /// How often that node had booted.
    pub boot: u64,
}

impl Ballot {
    /// That of the participants, which the coordinator leads.
    pub(super) const fn first(txn: Txn) -> Self {
        Self { round: 0, leader: txn.coordinator, boot: txn.boot }
    }
}

impl fmt::Debug for Ballot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.round, self.leader, self.boot)
    }
}

/// What participants vote for, in Paxos Commit.
pub type Votes = BTreeMap<NodeId, Decision>;

/// What an acceptor has accepted of each participant, and in which ballot.
pub type AcceptedVotes = BTreeMap<NodeId, (Ballot, Decision)>;

/// How a transaction ends, and what a participant votes for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Decision {
    /// All of it takes effect.
    Commit,
    /// None of it does.
    Abort,
}

/// What a participant says to a prepare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Vote {
    /// It will do whatever is decided, and remembers that on its disk.
    Yes,
    /// The transaction cannot commit.
    No,
    /// It has only read, and does not need to know what is decided.
    ReadOnly,
}

/// What a participant of three-phase commit that is in doubt knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Stand {
    /// Whether it has been told that all have voted yes.
    pub is_pre_committed: bool,
    /// Whether it has been up all the time since it voted. Otherwise others may have gone on without it.
    pub is_steady: bool,
}

/// The messages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Kinds)]
pub enum Message {
    /// Lock these accounts for reading, and tell what is in them.
    Read {
        /// The transaction.
        txn: Txn,
        /// How old it is.
        age: Age,
        /// The accounts.
        accounts: Vec<u32>,
    },
    /// They are locked, and this is in them.
    ReadOk {
        /// The transaction.
        txn: Txn,
        /// How often the participant has booted: at the next boot it has let go of the locks.
        boot: u64,
        /// The accounts with their ledgers.
        ledgers: Vec<(u32, Ledger)>,
    },
    /// Lock these accounts for writing, and keep what is to be posted to them.
    Write {
        /// The transaction.
        txn: Txn,
        /// How old it is.
        age: Age,
        /// The boot in which the participant locked what was read.
        boot: u64,
        /// What is to be posted to which accounts.
        postings: Vec<(u32, Posting)>,
    },
    /// They are locked.
    WriteOk {
        /// The transaction.
        txn: Txn,
    },
    /// An older transaction has the lock, or waits for it: this one dies, or has.
    Die {
        /// The transaction.
        txn: Txn,
        /// The age of the other, if that was the reason.
        older: Option<Age>,
    },
    /// Can it commit?
    Prepare {
        /// The transaction.
        txn: Txn,
        /// The boot in which the participant locked what was read.
        boot: u64,
        /// Those whose votes are logged: whom to ask if the coordinator does not answer.
        participants: BTreeSet<NodeId>,
    },
    /// A vote.
    Vote {
        /// The transaction.
        txn: Txn,
        /// Which.
        vote: Vote,
    },
    /// In three-phase commit: all have voted yes.
    PreCommit {
        /// The transaction.
        txn: Txn,
    },
    /// The participant will not forget that all have.
    PreCommitted {
        /// The transaction.
        txn: Txn,
    },
    /// In three-phase commit, to who asks what was decided: I do not know either.
    InDoubt {
        /// The transaction.
        txn: Txn,
        /// What it does know.
        stand: Stand,
    },
    /// What was decided.
    Decide {
        /// The transaction.
        txn: Txn,
        /// What.
        decision: Decision,
    },
    /// The participant will not forget that it has committed.
    Ack {
        /// The transaction.
        txn: Txn,
    },
    /// What was decided? Asked by a participant that has voted yes and has not heard of a decision.
    Inquire {
        /// The transaction.
        txn: Txn,
    },
    /// In Paxos Commit, to an acceptor: promise to accept nothing in an earlier ballot, and tell what you have accepted
    /// (phase 1a).
    Collect {
        /// The transaction.
        txn: Txn,
        /// The ballot.
        ballot: Ballot,
    },
    /// The acceptor promises (phase 1b).
    Promise {
        /// The transaction.
        txn: Txn,
        /// The ballot.
        ballot: Ballot,
        /// What it has accepted.
        accepted: AcceptedVotes,
    },
    /// In Paxos Commit, to an acceptor: accept these votes (phase 2a). A participant asks for its own in the first ballot.
    Accept {
        /// The transaction.
        txn: Txn,
        /// The ballot.
        ballot: Ballot,
        /// The votes.
        votes: Votes,
    },
    /// The acceptor has accepted them (phase 2b), which is told to the leader of the ballot.
    Accepted {
        /// The transaction.
        txn: Txn,
        /// The ballot.
        ballot: Ballot,
        /// The votes.
        votes: Votes,
    },
    /// The acceptor has promised not to, in a later ballot.
    Outbid {
        /// The transaction.
        txn: Txn,
        /// That ballot.
        ballot: Ballot,
    },
}

/// What a node waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Timer {
    /// As a coordinator, to ask those again that have not answered.
    Retransmit(Txn),
    /// As a coordinator, to begin a transaction of this client again that has died.
    Restart(NodeId),
    /// As a coordinator, to give up the transaction of this client.
    Deadline(NodeId),
    /// As a participant, to hear of a transaction.
    Silence(Txn),
    /// As a participant of three-phase commit, to hear where the others stand.
    Poll(Txn),
    /// As a coordinator of three-phase commit that has restarted, to hear how a transaction has ended.
    Undecided(Txn),
    /// In Paxos Commit, to lead another ballot, if the one that it leads does not end.
    Ballot(Txn),
}

/// What a node announces.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Kinds)]
pub enum Event {
    /// As a coordinator it begins to carry out what a client asked for.
    Began {
        /// The transaction.
        txn: Txn,
        /// What the client asked for.
        request: RequestId,
    },
    /// As a coordinator it has all locks, and asks for votes.
    Executed {
        /// The transaction.
        txn: Txn,
    },
    /// As a participant it votes yes, or has booted and finds that it has.
    VotedYes {
        /// The transaction.
        txn: Txn,
    },
    /// As a participant of three-phase commit it has been told that all have voted yes.
    PreCommitted {
        /// The transaction.
        txn: Txn,
    },
    /// In Paxos Commit it leads a ballot, to find out what was decided.
    LedBallot {
        /// The transaction.
        txn: Txn,
        /// The ballot.
        ballot: Ballot,
    },
    /// As an acceptor it has accepted votes.
    Accepted {
        /// The transaction.
        txn: Txn,
        /// The ballot.
        ballot: Ballot,
        /// The votes.
        votes: Votes,
    },
    /// In three-phase commit or Paxos Commit it decides in place of the coordinator.
    Led {
        /// The transaction.
        txn: Txn,
        /// What it decides.
        decision: Decision,
        /// Those whose votes are logged.
        participants: BTreeSet<NodeId>,
    },
    /// As a coordinator it has decided, or has booted and finds that it has.
    Decided {
        /// The transaction.
        txn: Txn,
        /// What the client asked for.
        request: RequestId,
        /// What was decided.
        decision: Decision,
        /// Whose votes it counted as yes, beside those that had only read.
        participants: BTreeSet<NodeId>,
    },
    /// As a participant it commits: this is posted.
    Committed {
        /// The transaction.
        txn: Txn,
        /// What is posted to which accounts.
        postings: Vec<(u32, Posting)>,
    },
    /// As a participant that has voted yes it aborts.
    Aborted {
        /// The transaction.
        txn: Txn,
    },
    /// As a participant that has not voted it has let go of a transaction: it was told to, or has heard nothing.
    GaveUp {
        /// The transaction.
        txn: Txn,
    },
    /// As a participant it has not heard of a decision, and asks.
    Inquired {
        /// The transaction.
        txn: Txn,
    },
    /// As a participant it has died: an older transaction has the lock, or waits for it.
    Died {
        /// The transaction.
        txn: Txn,
    },
    /// As a coordinator it knows that all participants have committed.
    Completed {
        /// The transaction.
        txn: Txn,
    },
    /// It has booted, and is in doubt about this many transactions.
    Recovered {
        /// How many.
        in_doubt: usize,
    },
}
