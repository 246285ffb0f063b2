//! What travels between nodes, what they wait for, and announce.

use serde::Serialize;
use sim_core::{Kinds, NodeId, RequestId};

use super::configuration::Configuration;
use super::state::{Entry, State, Totals};

/// Names a round in which a replica asks all others, for answers to be told from those to older rounds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Round {
    /// How often the replica has booted since it was promoted.
    pub boot: u64,
    /// The round's number since then.
    pub number: u64,
}

/// The messages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Kinds)]
pub enum Message {
    /// From a replica to the others: take this in, and tell what you have then.
    Replicate {
        /// The number of the configuration.
        number: u64,
        /// The round.
        round: Round,
        /// What the replica knows.
        state: State,
    },
    /// I have that, durably, and all of this.
    Stored {
        /// The number of the configuration.
        number: u64,
        /// The round.
        round: Round,
        /// What the replica knows.
        state: State,
    },
    /// To the replica that alone may count a change.
    Forward {
        /// The request.
        request: RequestId,
        /// By how much the counter is to be changed.
        amount: i32,
        /// The entry.
        entry: Entry,
    },
    /// From a node to the keeper, again and again: I am up.
    Beat {
        /// The latest open configuration that the node knows.
        number: u64,
        /// Drawn at its boot by a node that has no replica's state on its disk.
        nonce: Option<u64>,
    },
    /// From the keeper: this configuration is open.
    Open {
        /// The configuration.
        configuration: Configuration,
    },
    /// From the keeper, to a node without state: you need none, you are no replica.
    Spare {
        /// What the node drew at its boot.
        nonce: u64,
    },
    /// To the keeper: I am to be this replica, and have nothing on my disk.
    Lost {
        /// The incarnation that is gone.
        entry: Entry,
    },
    /// From the keeper: acknowledge nothing any more under this number, and tell what you have.
    Seal {
        /// The number of the configuration.
        number: u64,
    },
    /// That is done, durably.
    Sealed {
        /// The number of the configuration.
        number: u64,
        /// As whom.
        entry: Entry,
        /// What the replica knows.
        state: State,
    },
    /// From the keeper: you are a replica of this configuration, which is not open yet.
    Install {
        /// The configuration.
        configuration: Configuration,
        /// What the replica knows from now on.
        state: State,
        /// What the node drew at its boot, if it has no state.
        nonce: Option<u64>,
    },
    /// That is done, durably.
    Installed {
        /// The number of the configuration.
        number: u64,
    },
    /// What an operator asks of any node, on its way to the keeper: make these nodes replicas.
    Promote {
        /// The nodes.
        nodes: Vec<NodeId>,
    },
    /// The same: these are to be replicas no longer.
    Demote {
        /// The nodes.
        nodes: Vec<NodeId>,
    },
}

/// What a node waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Timer {
    /// To tell the keeper that it is up.
    Beat,
    /// As a replica, to tell the others what they may lack.
    Retransmit,
    /// As the keeper, to look who is suspected, and to go on with a change of the replicas.
    Check,
}

/// What a node announces.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Kinds)]
pub enum Event {
    /// It counts a change, and tells nobody before that is durable.
    Counted {
        /// The request.
        request: RequestId,
        /// In which entry.
        entry: Entry,
        /// Under which configuration.
        number: u64,
        /// By how much the counter was changed.
        amount: i32,
        /// What the entry has come to.
        totals: Totals,
    },
    /// It boots, and finds this on its disk.
    Recovered {
        /// In its own entry.
        entry: Entry,
        /// Under which configuration.
        number: u64,
        /// What it has come to.
        totals: Totals,
    },
    /// A change is acknowledged.
    Acknowledged {
        /// The request.
        request: RequestId,
        /// Under which configuration.
        number: u64,
    },
    /// It begins to carry a read out.
    Began {
        /// The request.
        request: RequestId,
    },
    /// A read is complete.
    Read {
        /// The request.
        request: RequestId,
        /// Under which configuration.
        number: u64,
        /// What it returns the value of.
        state: State,
    },
    /// A client is told to name another entry.
    Rebound {
        /// The request.
        request: RequestId,
        /// The entry.
        entry: Entry,
    },
    /// It has sealed a configuration, durably.
    Sealed {
        /// The number of the configuration.
        number: u64,
    },
    /// As the keeper it has merged the states of enough replicas, for a new configuration.
    Gathered {
        /// The number of the configuration that they are of.
        number: u64,
        /// What it comes to.
        state: State,
    },
    /// It is to be a replica of a new configuration, and has its state, durably.
    Installed {
        /// The number of the configuration.
        number: u64,
    },
    /// As the keeper it has opened a configuration.
    Opened {
        /// The configuration.
        configuration: Configuration,
    },
    /// It is a replica of a configuration that is open, and was none of the one before, or not under this incarnation.
    Promoted {
        /// Its incarnation.
        entry: Entry,
    },
    /// It is a replica of a configuration that is open, as it was of the one before; or it has booted since.
    Retained {
        /// Its incarnation.
        entry: Entry,
    },
    /// It is no replica any more.
    Demoted {
        /// What it was.
        entry: Entry,
    },
    /// It boots and finds nothing on its disk, or nothing that it can trust.
    Blank,
    /// As the keeper it suspects a replica to be down.
    Suspected {
        /// The replica.
        entry: Entry,
    },
    /// As the keeper it has heard that a replica has lost its disk.
    DiskLost {
        /// The replica.
        entry: Entry,
    },
    /// As the keeper it does not do what an operator has asked for.
    Refused {
        /// Of which node.
        node: NodeId,
    },
}
