//! What nodes send, write down, wait for and announce.

use serde::Serialize;
use sim_core::{Kinds, NodeId, RequestId};

use super::service::{Command, Image, Receipt};

/// A message between nodes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Kinds)]
pub enum Message {
    /// Between active replicas: after so many commands, my state comes to this.
    Digests {
        /// Numbers of commands, and digests.
        at: Vec<(u64, u64)>,
    },
    /// From the leader: execute these after so many, and decide as I have decided. There may be none; it is
    /// acknowledged all the same.
    Notify {
        /// The epoch, which is the number of the leader.
        epoch: u32,
        /// How many commands come before these.
        after: u64,
        /// The commands.
        commands: Vec<Command>,
    },
    /// To the leader: so many commands I have executed.
    Noted {
        /// The epoch.
        epoch: u32,
        /// How many.
        executed: u64,
    },
    /// From the next leader: all before me have stopped. What have you executed?
    TakeOver {
        /// The epoch.
        epoch: u32,
        /// How many commands the next leader has executed; nothing if it has no copy.
        executed: Option<u64>,
    },
    /// To the next leader: so many. I take part in no epoch before this one any more.
    Report {
        /// The epoch.
        epoch: u32,
        /// How many; nothing if it has no copy.
        executed: Option<u64>,
        /// The copy, if that is more than the next leader has.
        copy: Option<Box<Image>>,
    },
    /// From the leader, to a spare or to one that lacks too much: this is the copy.
    State {
        /// The epoch.
        epoch: u32,
        /// The copy.
        copy: Box<Image>,
    },
    /// By another route: give that to this node.
    Relay {
        /// To whom.
        to: NodeId,
        /// What.
        message: Box<Message>,
    },
    /// By another route: this is from that node.
    Relayed {
        /// From whom.
        from: NodeId,
        /// What.
        message: Box<Message>,
    },
    /// Between active replicas: one of Raft's.
    Raft(Box<raft::Message>),
}

impl Message {
    /// The kinds of all but the last three, which wrap other messages: those are of the kinds of these.
    pub const OWN_KINDS: &'static [&'static str] = Self::KINDS.split_at(Self::KINDS.len() - 3).0;
}

/// What is on a disk: Raft's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Record(pub Box<raft::Record>);

/// What a node waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Timer {
    /// One of Raft's.
    Raft(raft::Timer),
    /// To tell the others what its state comes to.
    Compare,
    /// To say again what was not acknowledged.
    Resend,
}

/// What a node announces.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Kinds)]
pub enum Event {
    /// It leads from now on.
    Leads {
        /// The term of Raft, or the epoch.
        number: u64,
        /// How many commands it has executed.
        executed: u64,
    },
    /// It leads no longer.
    StepsDown {
        /// The term of Raft.
        number: u64,
    },
    /// It executes a command for the first time since it booted.
    Executed {
        /// Which one in the order.
        index: u64,
        /// The request.
        request: RequestId,
        /// The receipt, which shows what was decided.
        receipt: Option<Receipt>,
        /// What comes out, as a number.
        output: u64,
    },
    /// A command has come up once more, and is not executed again.
    Repeated {
        /// The request.
        request: RequestId,
    },
    /// It has computed something wrong. It does not know that.
    Erred,
    /// The states of two replicas differ, and this one is outvoted.
    Disagreement {
        /// After how many commands.
        index: u64,
        /// Who is outvoted.
        odd: NodeId,
    },
    /// It has executed everything anew because its state was outvoted.
    Repaired {
        /// How many commands it has executed.
        executed: u64,
    },
    /// As the leader it answers a client.
    Answered {
        /// The epoch.
        epoch: u32,
        /// The request.
        request: RequestId,
    },
    /// As the leader it takes in a spare.
    TookIn {
        /// The spare.
        node: NodeId,
    },
    /// It has taken over a copy.
    Copied {
        /// How many commands are executed in it.
        executed: u64,
    },
    /// All copies are gone.
    NothingLeft,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_wraps_others_is_of_no_kind_of_its_own() {
        assert_eq!(Message::KINDS.split_at(Message::OWN_KINDS.len()).1, ["Relay", "Relayed", "Raft"]);
    }
}
