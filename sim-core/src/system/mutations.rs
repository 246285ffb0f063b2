//! What Byzantine nodes of a protocol could send.

use std::fmt;

use crate::byzantine::Traitor;
use crate::protocol::Protocol;

/// What a Byzantine node could send instead of what it should: small structured changes, always in the same
/// order.
pub struct Mutations<P: Protocol> {
    /// Instead of a message: another view, another value, an earlier vote, a certificate that is stale
    /// or lacks a signature.
    pub messages: MutateMessage<P::Message>,
    /// Instead of a reply to a client.
    pub replies: fn(&P::Reply) -> Vec<P::Reply>,
}

/// What a traitor could send instead of a message.
pub type MutateMessage<M> = fn(&M, &Traitor<'_, M>) -> Vec<M>;

impl<P: Protocol> Mutations<P> {
    /// No mutations.
    pub const NONE: Self = Self { messages: |_, _| Vec::new(), replies: |_| Vec::new() };

    /// Mutations of messages, and none of replies.
    pub const fn of(messages: MutateMessage<P::Message>) -> Self {
        Self { messages, ..Self::NONE }
    }
}

impl<P: Protocol> Clone for Mutations<P> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P: Protocol> Copy for Mutations<P> {}

impl<P: Protocol> fmt::Debug for Mutations<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mutations").finish_non_exhaustive()
    }
}
