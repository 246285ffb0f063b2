//! What travels between nodes, what they wait for, what they announce, and what clients ask.

use serde::{Deserialize, Serialize};
use sim_core::{Kinds, NodeId};

use crate::acceptor::Proposal;
use crate::ballot::Ballot;

/// What is proposed and chosen.
pub type Value = u32;

/// The messages of the Synod.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Kinds)]
pub enum SynodMessage {
    /// Phase 1a: promise to accept nothing below this ballot, and tell what you have accepted.
    Prepare {
        /// The ballot.
        ballot: Ballot,
    },
    /// Phase 1b.
    Promise {
        /// The ballot.
        ballot: Ballot,
        /// What the acceptor has accepted last, if anything.
        accepted: Option<Proposal<Value>>,
    },
    /// Phase 2a: accept this.
    Accept(Proposal<Value>),
    /// Phase 2b, to every learner and to the proposer.
    Accepted(Proposal<Value>),
    /// A `Prepare` or an `Accept` comes too late: the acceptor has promised a higher ballot.
    Refused {
        /// The ballot of what is refused.
        ballot: Ballot,
        /// What the acceptor has promised.
        promised: Ballot,
    },
    /// This was chosen: from a learner to all proposers.
    Chosen {
        /// What was chosen.
        value: Value,
    },
}

/// What a node waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum SynodTimer {
    /// The proposer has waited long enough for its ballot: it tries the next.
    Retry,
}

/// What a node announces.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Kinds)]
pub enum SynodEvent {
    /// It begins phase 1 of a ballot.
    Prepared {
        /// Which.
        ballot: Ballot,
    },
    /// It has the promises of a quorum, and proposes.
    Proposed {
        /// In which ballot.
        ballot: Ballot,
        /// What.
        value: Value,
    },
    /// Its ballot is in vain: an acceptor has promised a higher one.
    Outbid {
        /// Its ballot.
        ballot: Ballot,
        /// Who has told it so.
        by: NodeId,
    },
    /// It has learned what was chosen.
    Learned {
        /// What.
        value: Value,
    },
}

/// What a client asks: have this chosen, unless something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Kinds)]
pub enum SynodOp {
    /// Proposes a value.
    Propose {
        /// Which.
        value: Value,
    },
}

/// What it is told: what was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Decision {
    /// The value, its own or another's.
    pub value: Value,
}
