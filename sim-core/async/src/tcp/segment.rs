//! What streams say over the network.

use serde::Serialize;
use sim_core::NodeId;

/// A piece of a stream on its way: a message between nodes, which is lost, doubled, delayed and overtaken as any other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Segment {
    pub(super) connection: Connection,
    /// Whether the end that opened the connection sends it.
    pub(super) by_opener: bool,
    /// The boot of the end that was asked; 0 if the opener does not know it yet. After a crash that end may be asked
    /// once more, by a segment that comes late: what belongs to the one must not be taken for the other's.
    pub(super) boot: u64,
    pub(super) content: Content,
}

/// Names a connection: nobody else has the number, not even the same node after its next boot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) struct Connection {
    pub(super) opener: NodeId,
    pub(super) number: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) enum Content {
    /// Opens the connection.
    Syn { port: u16 },
    /// It is open.
    SynAck,
    /// Bytes from this place in the stream on.
    Data { at: u64, bytes: Vec<u8> },
    /// Everything before `next` has arrived, and what comes before `limit` finds room.
    Ack { next: u64, limit: u64 },
    /// The stream ends at this place.
    Fin { at: u64 },
    /// There is no such connection.
    Reset,
}

impl Segment {
    /// The bytes that it bears, if any: where the user's own [kinds](crate::Program::kind) of messages come from, if a
    /// message is never longer than a segment and is written at once.
    pub fn bytes(&self) -> Option<&[u8]> {
        match &self.content {
            Content::Data { bytes, .. } => Some(bytes),
            _ => None,
        }
    }

    /// What it is: `Syn`, `SynAck`, `Data`, `Ack`, `Fin`, `Reset`.
    pub const fn kind(&self) -> &'static str {
        match self.content {
            Content::Syn { .. } => "Syn",
            Content::SynAck => "SynAck",
            Content::Data { .. } => "Data",
            Content::Ack { .. } => "Ack",
            Content::Fin { .. } => "Fin",
            Content::Reset => "Reset",
        }
    }
}
