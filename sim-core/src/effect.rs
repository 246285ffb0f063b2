//! What a handler asked for, waiting to be carried out.

use serde::Serialize;
use sim_core::Kinds;

use crate::disk::Write;
use crate::process::{NodeId, RequestId};
use crate::protocol::{Protocol, SyncToken, WriteToken};
use crate::time::Duration;

/// One effect of a handler.
#[derive(Debug)]
pub(crate) enum Effect<P: Protocol> {
    Send {
        to: NodeId,
        message: P::Message,
    },
    SetTimer {
        timer: P::Timer,
        after: Duration,
    },
    CancelTimer {
        timer: P::Timer,
    },
    Write(Write<P::Record>),
    /// A write whose node goes on where the disk is full.
    TryWrite {
        write: Write<P::Record>,
        token: WriteToken,
    },
    Sync,
    SyncThen {
        token: SyncToken,
    },
    Answer {
        request: RequestId,
        answer: Answer<P::Reply>,
    },
    Emit {
        event: P::Event,
    },
    Log {
        line: String,
    },
    Halt {
        reason: &'static str,
    },
}

impl<P: Protocol> Effect<P> {
    /// Whether it is a write that leaves more records than `room`.
    pub(crate) fn makes_longer(&self, room: usize) -> bool {
        match self {
            Self::Write(write) | Self::TryWrite { write, .. } => write.makes_longer(room),
            _ => false,
        }
    }

    /// Whether anybody can tell after a crash of the node that it was carried out: others, or the node from
    /// its disk. (A crash clears its timers. A sync shows when it ends.)
    pub(crate) const fn outlives_a_crash(&self) -> bool {
        matches!(
            self,
            Self::Send { .. } | Self::Write(_) | Self::TryWrite { .. } | Self::Answer { .. } | Self::Emit { .. }
        )
    }

    /// Whether it is a line of the trace, which the run knows nothing of.
    pub(crate) const fn is_log(&self) -> bool {
        matches!(self, Self::Log { .. })
    }
}

/// What a node says to a client's request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Kinds)]
pub enum Answer<R> {
    /// The operation's reply.
    Reply(R),
    /// Without effect here: ask this node, or, if nothing is named, another.
    Redirect(Option<NodeId>),
    /// Without effect, now and later.
    Reject,
}
