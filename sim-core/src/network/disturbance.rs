//! What a fault does to links while it lasts.

use super::Reach;
use crate::fault::{LinkTrouble, MessageFilter};
use crate::random::Probability;

/// What a fault does to links while it lasts.
#[derive(Clone, Debug)]
pub(crate) struct Disturbance {
    /// Which links.
    pub(super) links: Reach,
    /// What is wrong with them.
    pub(crate) trouble: LinkTrouble,
    /// Which messages suffer.
    messages: MessageFilter,
    /// How many of them there have been.
    pub(super) seen: u64,
}

impl Disturbance {
    /// Some messages on some links.
    pub(crate) fn of_some(links: Reach, trouble: LinkTrouble, messages: MessageFilter) -> Self {
        Self { links, trouble, messages, seen: 0 }
    }

    /// Whether it touches a message of this kind and round on this link.
    pub(super) fn touches(&self, link: (u32, u32), kind: &'static str, round: Option<u64>) -> bool {
        self.links.covers(link.0, link.1) && self.messages.touches(kind, round)
    }

    /// Whether no message gets through on its links.
    pub(super) fn loses_all(&self) -> bool {
        self.messages == MessageFilter::ALL && self.trouble.shuts()
    }

    /// Whether the last message that it has seen suffers, if that is not left to chance.
    pub(crate) fn strikes_last(&self) -> Option<bool> {
        let nth = &self.messages.nth;
        (!nth.is_empty()).then(|| nth.binary_search(&self.seen).is_ok())
    }

    /// How many messages suffer of those that it touches, where that is left to chance.
    pub(crate) const fn rate(&self) -> Probability {
        self.messages.rate
    }
}
