//! What travels between nodes, what they wait for, and what they announce.

use std::fmt;

use parts::kv::KvOp;
use serde::Serialize;
use sim_core::{Kinds, RequestId, Value};

use super::acceptor::Proposal;
use super::ballot::Ballot;
use super::learner::Snapshot;
use super::members::Members;
use super::operator::Refusal;

/// What is chosen in an instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Command {
    /// Nothing: it fills a gap (Lamport 2001, 3).
    NoOp,
    /// The operation of a client.
    Client {
        /// Which request it is, for the suppression of duplicates.
        request: RequestId,
        /// What was asked.
        op: KvOp,
    },
    /// These are the acceptors of the instances that lie α or more behind this one.
    Members(Members),
}

impl Command {
    /// Whether it is about who the acceptors are.
    pub(crate) const fn changes_members(&self) -> bool {
        matches!(self, Self::Members(_))
    }
}

/// As in a trace.
impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Value::of(self).nested())
    }
}

/// The messages of Paxos. Those of a ballot bear its number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Kinds)]
pub enum Message {
    /// Phase 1a, of all instances from `first` on: promise to accept nothing below this ballot, and tell what you
    /// have accepted.
    Prepare {
        /// The ballot.
        ballot: Ballot,
        /// The first instance of which the proposer does not know what was chosen.
        first: u64,
    },
    /// Phase 1b.
    Promise {
        /// The ballot.
        ballot: Ballot,
        /// What the acceptor has accepted last in each instance from the first that it was asked for.
        accepted: Vec<(u64, Proposal<Command>)>,
    },
    /// Phase 2a: accept this.
    Accept {
        /// In which instance.
        instance: u64,
        /// The ballot and the command.
        proposal: Proposal<Command>,
    },
    /// Phase 2b, to the leader, which learns for all.
    Accepted {
        /// The ballot.
        ballot: Ballot,
        /// In which instance.
        instance: u64,
    },
    /// A `Prepare`, an `Accept` or a `Heartbeat` comes too late: the acceptor has promised a higher ballot.
    Refused {
        /// The ballot of what is refused.
        ballot: Ballot,
        /// What the acceptor has promised.
        promised: Ballot,
    },
    /// The leader is there.
    Heartbeat {
        /// Its ballot.
        ballot: Ballot,
        /// Which heartbeat this is, to be returned.
        round: u64,
        /// It knows what was chosen in all instances before this one.
        first_unchosen: u64,
    },
    /// A heartbeat was heard.
    HeartbeatReply {
        /// The leader's ballot.
        ballot: Ballot,
        /// Which heartbeat it was.
        round: u64,
        /// The sender knows what was chosen in all instances before this one.
        first_unchosen: u64,
    },
    /// What was chosen from this instance on?
    Learn {
        /// The first instance of which the learner does not know.
        first: u64,
    },
    /// These were chosen, in this instance and those that follow.
    Chosen {
        /// The instance of the first one.
        first: u64,
        /// What was chosen.
        commands: Vec<Command>,
        /// The sender knows what was chosen in all instances before this one.
        first_unchosen: u64,
    },
    /// The state, for a node that needs to know of instances that the sender has forgotten.
    Snapshot(Box<Snapshot>),
}

/// What a node waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Timer {
    /// No leader was heard from for a while, or nothing has come of the node's own ballot: it tries the next.
    Election,
    /// The leader's next heartbeat is due.
    Heartbeat,
    /// The leader's next look at how many acceptors it has heard from is due.
    CheckQuorum,
}

/// What a node announces.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Kinds)]
pub enum Event {
    /// It begins phase 1 of a ballot.
    Prepared {
        /// Which.
        ballot: Ballot,
        /// The first instance of which it does not know what was chosen.
        first: u64,
    },
    /// It has the promises of a quorum.
    BecameLeader {
        /// For this ballot.
        ballot: Ballot,
    },
    /// It leads no longer.
    SteppedDown {
        /// The ballot in which it led.
        ballot: Ballot,
    },
    /// It proposes what an acceptor has accepted in an earlier ballot.
    ProposedAgain {
        /// In which instance.
        instance: u64,
    },
    /// It proposes a no-op in an instance in which nobody has told it of anything accepted, before one in which
    /// somebody has.
    FilledGap {
        /// In which instance.
        instance: u64,
    },
    /// It leads, and a quorum has accepted what it proposed.
    Chose {
        /// In which instance.
        instance: u64,
    },
    /// It asks for what was chosen in instances of which it has not heard.
    AskedForMissing {
        /// The first of them.
        first: u64,
    },
    /// It forgot what was chosen and accepted up to here, for which its state stands.
    TookSnapshot {
        /// The last instance in it.
        instance: u64,
    },
    /// It took over the state of another.
    InstalledSnapshot {
        /// The last instance in it.
        instance: u64,
    },
    /// It leads, and proposes other acceptors.
    ProposedMembers {
        /// Who they are to be.
        members: Members,
    },
    /// It has learned that other acceptors were chosen.
    MembersChosen {
        /// The first instance of which they are the acceptors.
        from: u64,
        /// Who they are.
        members: Members,
    },
    /// It does not do what an operator asked of it.
    NotDone {
        /// What was asked, as in `add_acceptor n3`.
        action: String,
        /// Why not.
        why: Refusal,
    },
}
