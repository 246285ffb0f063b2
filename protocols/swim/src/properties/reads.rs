//! What properties read of a node, and the protocol itself does not.

use sim_core::NodeId;

use crate::gossip::Gossip;
use crate::message::{Event, Message, Update};
use crate::node::Swim;
use crate::view::{Entry, View};

impl Swim {
    /// Its metadata.
    pub const fn metadata(&self) -> u32 {
        self.own.metadata
    }

    /// What it knows of the others.
    pub const fn view(&self) -> &View {
        &self.view
    }

    /// What it has to tell of others.
    pub const fn gossip(&self) -> &Gossip {
        &self.gossip
    }

    /// How many periods have begun since it booted.
    pub const fn periods(&self) -> u64 {
        self.periods
    }

    /// How unwell it takes itself for: 0 is well.
    pub const fn unwell(&self) -> u32 {
        self.unwell
    }
}

impl Gossip {
    /// How often that was told of which most was told, of what is still told.
    pub(super) fn most_sent(&self) -> u32 {
        self.queue.last().map_or(0, |(sent, _)| *sent)
    }

    /// Of whom it tells something, and how often it has.
    pub(super) fn told(&self) -> impl Iterator<Item = (NodeId, u32)> {
        self.sent.iter().map(|(member, times)| (*member, *times))
    }

    /// Whether it tells something of a member.
    pub(super) fn tells(&self, member: NodeId) -> bool {
        self.sent.contains_key(&member)
    }
}

impl View {
    /// What is known and differs from what all knew at first.
    pub fn changed(&self) -> impl Iterator<Item = (NodeId, Entry)> {
        self.changed.iter().map(|(node, entry)| (*node, *entry))
    }
}

impl Message {
    /// The updates that it carries.
    pub(super) fn updates(&self) -> &[Update] {
        match self {
            Self::Ping { updates, .. }
            | Self::Ack { updates, .. }
            | Self::PingReq { updates, .. }
            | Self::Sync { updates, .. } => updates,
            Self::Nack { .. } => &[],
        }
    }
}

impl Event {
    /// Whether its node begins here, or ends: what it knew and what was asked of it before is over.
    pub(super) fn begins_or_ends(&self) -> bool {
        matches!(self, Self::Published { is_fresh: true, .. } | Self::Gone)
    }
}
