//! What travels between nodes, what they wait for, write down, and announce.

use serde::Serialize;
use sim_core::{Kinds, NodeId};

/// Tells one broadcast from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct BroadcastId {
    /// Who broadcasts.
    pub origin: NodeId,
    /// Which of its broadcasts it is, counted from 0.
    pub sequence: u32,
}

/// What is broadcast.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Content {
    /// In which broadcast.
    pub id: BroadcastId,
    /// What is said in it.
    pub payload: u64,
}

/// The three kinds of statements about a broadcast.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Phase {
    /// "This is what I broadcast": the paper's *initial*.
    Send,
    /// "This is what I was sent."
    Echo,
    /// "This is what will be delivered."
    Ready,
}

/// The messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Kinds)]
pub enum Message {
    /// A statement of the origin.
    Send(Content),
    /// A statement of anybody.
    Echo(Content),
    /// A statement of anybody.
    Ready(Content),
    /// The receiver need not make this statement again.
    Ack(Phase, Content),
}

impl Message {
    /// The statement about `content` that belongs to `phase`.
    pub const fn stating(phase: Phase, content: Content) -> Self {
        match phase {
            Phase::Send => Self::Send(content),
            Phase::Echo => Self::Echo(content),
            Phase::Ready => Self::Ready(content),
        }
    }
}

/// What a node waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Timer {
    /// It is time for a broadcast.
    Broadcast,
    /// It is time to repeat what was not acknowledged.
    Resend,
}

/// What a node writes down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Record {
    /// It broadcasts this.
    Broadcast(Content),
    /// It was told this.
    Heard {
        /// By whom.
        from: NodeId,
        /// Which kind of statement.
        phase: Phase,
        /// About what.
        content: Content,
    },
}

/// What a node announces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Kinds)]
pub enum Event {
    /// It begins a broadcast.
    Broadcast(Content),
    /// It is ready without having heard enough echoes.
    Amplified(Content),
    /// It delivers this.
    Delivered(Content),
}
