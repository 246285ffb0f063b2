//! What Byzantine nodes of a protocol could send.

use std::fmt;

use crate::byzantine::Traitor;
use crate::protocol::Protocol;

/// The alternatives to a message of `P`, for whoever is about to send it.
type Alternatives<P> =
    fn(&<P as Protocol>::Message, &Traitor<'_, <P as Protocol>::Message>) -> Vec<<P as Protocol>::Message>;

/// What a Byzantine node could send instead of what it should: small structured departures from it,
/// in an order that is always the same.
pub struct Mutations<P: Protocol> {
    /// Instead of a message: another view, another value, an earlier vote, a certificate that is stale
    /// or lacks a signature.
    pub messages: Alternatives<P>,
    /// Instead of a reply to a client.
    pub replies: fn(&P::Reply) -> Vec<P::Reply>,
}

impl<P: Protocol> Mutations<P> {
    /// There are none.
    pub const NONE: Self = Self { messages: |_, _| Vec::new(), replies: |_| Vec::new() };

    /// Those of messages; replies have none.
    pub const fn of(messages: Alternatives<P>) -> Self {
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
