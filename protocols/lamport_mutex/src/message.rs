//! What travels between processes, what they wait for, and announce.

use serde::Serialize;
use sim_core::{Kinds, NodeId};

use super::clock::LogicalTime;

/// A request for the resource. Requests are totally ordered: by their times, and by their processes
/// where these are equal (the relation ⇒ of the paper).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Request {
    /// When it was made.
    pub time: LogicalTime,
    /// By whom.
    pub process: NodeId,
}

/// The messages, each with the time at which it was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Kinds)]
pub enum Message {
    /// The sender requests the resource. Its time is that of the request.
    Request(LogicalTime),
    /// The sender has received a request.
    Acknowledge(LogicalTime),
    /// The sender releases the resource.
    Release(LogicalTime),
}

impl Message {
    /// When it was sent.
    pub const fn time(self) -> LogicalTime {
        match self {
            Self::Request(time) | Self::Acknowledge(time) | Self::Release(time) => time,
        }
    }
}

/// What a process waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Timer {
    /// It wants the resource.
    Ask,
    /// It no longer needs it.
    Release,
}

/// What a process announces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Kinds)]
pub enum Event {
    /// It requests the resource.
    Requested(Request),
    /// It has the resource.
    Granted(Request),
    /// It no longer has it.
    Released(Request),
}
