//! What travels between nodes.

use foca::{Codec, Message, PostcardCodec};
use serde::Serialize;

use crate::identity::Identity;

/// A packet of foca, as it goes over the wire.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Packet {
    /// What it is first of all: its header says so.
    kind: &'static str,
    data: Vec<u8>,
}

/// What a packet can be.
pub(crate) const KINDS: &[&str] = &[
    "Ping",
    "Ack",
    "PingReq",
    "IndirectPing",
    "IndirectAck",
    "ForwardedAck",
    "Announce",
    "Feed",
    "Gossip",
    "Broadcast",
    "TurnUndead",
];

impl Packet {
    pub(crate) fn new(data: &[u8]) -> Self {
        let header: foca::Header<Identity> = PostcardCodec.decode_header(data).expect("the crate reads what it writes");
        let kind = match header.message {
            Message::Ping(_) => "Ping",
            Message::Ack(_) => "Ack",
            Message::PingReq { .. } => "PingReq",
            Message::IndirectPing { .. } => "IndirectPing",
            Message::IndirectAck { .. } => "IndirectAck",
            Message::ForwardedAck { .. } => "ForwardedAck",
            Message::Announce => "Announce",
            Message::Feed => "Feed",
            Message::Gossip => "Gossip",
            Message::Broadcast => "Broadcast",
            Message::TurnUndead => "TurnUndead",
        };
        Self { kind, data: data.to_vec() }
    }

    pub(crate) const fn kind(&self) -> &'static str {
        self.kind
    }

    pub(crate) fn data(&self) -> &[u8] {
        &self.data
    }
}
