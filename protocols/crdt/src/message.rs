//! What replicas tell each other, write down, wait for and announce.

use std::rc::Rc;

use parts::clocks::{Dot, VectorClock};
use serde::Serialize;
use sim_core::{Kinds, RequestId};

use super::node::{Members, Membership};
use super::store::Store;
use super::types::{Effect, Kind, Stamp, Update};

/// The messages.
#[derive(Clone, Debug, PartialEq, Serialize, Kinds)]
pub enum Message {
    /// All that the sender has: state-based, and otherwise where what the receiver lacks is not at hand.
    State(Store),
    /// Delta-based: what has been added to the sender's state in a *delta-interval* of it.
    Interval {
        /// How often the receiver has left and joined, for which the interval is.
        to: u64,
        /// Its deltas, merged with each other.
        deltas: Store,
        /// The number at which the interval ends.
        end: u64,
    },
    /// Delta-based: all has arrived.
    Acknowledge {
        /// How often the sender has left and joined.
        by: u64,
        /// Up to this number.
        end: u64,
    },
    /// Operation-based: an update was made.
    Operation(Rc<Operation>),
    /// Operation-based: the sender has updates.
    Have {
        /// How often it has left and joined.
        by: u64,
        /// All of these.
        has: VectorClock,
    },
    /// Operation-based: what the receiver lacks.
    Lacking(Vec<Rc<Operation>>),
    /// Who belongs to the group.
    Members(Members),
    /// The sender leaves.
    Handover {
        /// How often it has left and joined then.
        count: u64,
        /// Who belongs to the group.
        members: Members,
        /// All that it has.
        store: Store,
    },
    /// What the receiver has handed over is durable here. It has left and joined so often.
    TakenOver(u64),
    /// The sender wants to join. It has left and joined so often then.
    Join(u64),
    /// The receiver belongs to the group.
    Welcome {
        /// How often it has left and joined.
        count: u64,
        /// Who belongs to the group.
        members: Members,
        /// All that the sender has.
        store: Store,
    },
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
        /// The operations that others may lack.
        log: Vec<Rc<Operation>>,
        /// Who belongs to the group.
        membership: Membership,
    },
    /// Who belongs to the group now.
    Membership(Membership),
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
    pub operation: Rc<Operation>,
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
    /// It is about to leave, and hands over what it has.
    Leaving,
    /// It has left, and has nothing; or it finds that when it boots.
    Left,
    /// It is about to join, under a name that nobody has had, and waits for a state.
    Joining,
    /// It belongs to the group; or it finds when it boots that it does, and has not always done so.
    Joined,
}
