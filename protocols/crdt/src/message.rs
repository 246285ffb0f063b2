//! What replicas tell each other, write down, wait for and announce.

use parts::clocks::{Dot, VectorClock};
use serde::Serialize;
use sim_core::{Kinds, RequestId};

use super::store::Store;
use super::types::{Effect, Kind, Stamp, Update};

/// The messages.
#[derive(Clone, Debug, PartialEq, Serialize, Kinds)]
pub enum Message {
    /// State-based: all that the sender has.
    State(Store),
    /// Delta-based: what has been added to the sender's state in a *delta-interval* of it.
    Interval {
        /// Its deltas, merged with each other.
        deltas: Store,
        /// The number at which the interval ends.
        end: u64,
    },
    /// Delta-based: all up to this number has arrived.
    Acknowledge(u64),
    /// Operation-based: an update was made.
    Operation(Operation),
    /// Operation-based: all these updates the sender has.
    Have(VectorClock),
    /// Operation-based: what the receiver lacks.
    Lacking(Vec<Operation>),
}

/// An update in its operation-based form.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Operation {
    /// Its name, and its time.
    pub stamp: Stamp,
    /// What it does everywhere.
    pub effect: Effect,
    /// What must be done before it: all that its origin had done.
    pub after: VectorClock,
}

/// What a replica writes to its disk.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum Record {
    /// It has this, and nothing else.
    State {
        /// All that it has.
        store: Store,
        /// The updates that it was asked for.
        made: Vec<Request>,
        /// The number of its next delta.
        next: u64,
    },
    /// It has merged this.
    Delta {
        /// What.
        delta: Store,
        /// The update that it is, if it was made here.
        made: Option<Request>,
    },
    /// It has done this.
    Operation(Performed),
}

/// An operation that was done.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Performed {
    /// The operation.
    pub operation: Operation,
    /// The update that it is, if it was made here.
    pub made: Option<Request>,
}

/// An update that a client has asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Request {
    /// By which request.
    pub request: RequestId,
    /// Its name, and its time.
    pub stamp: Stamp,
    /// The object.
    pub object: Kind,
    /// What it is.
    pub update: Update,
}

/// What a replica waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Timer {
    /// It is time to tell others what it has.
    Gossip,
}

/// What a replica announces.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Kinds)]
pub enum Event {
    /// It has made an update, which all are to have.
    Made(Request),
    /// It has an update now, its own ones too.
    Applied(Dot),
    /// It has booted, and still has this update of another.
    Recovered(Dot),
    /// It has booted, and still has this update, which it had made itself.
    RecoveredOwn(Request),
    /// It has answered a read of this object.
    Read(Kind),
}
