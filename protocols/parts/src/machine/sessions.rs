//! Duplicate suppression for replicated state machines: an operation that a client retries must
//! not take effect twice (Ongaro's thesis, 6.3).

use std::collections::BTreeMap;

use serde::Serialize;
use sim_core::{NodeId, RequestId};

/// The latest operation applied for each client, with its reply.
///
/// One row a client is enough: a client has one operation in flight, and its
/// `(session, sequence)` only ever grows, so everything older than the latest is stale.
/// The table is part of the replicated state, and so of every snapshot of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sessions<R> {
    latest: BTreeMap<NodeId, Latest<R>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Latest<R> {
    request: RequestId,
    reply: R,
}

/// What a table of sessions knows of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen<'a, R> {
    /// Not applied so far.
    Never,
    /// It is the client's latest; this was its reply.
    Latest(&'a R),
    /// The client has moved on since: whatever it was, nobody waits for the answer.
    Stale,
}

impl<R> Sessions<R> {
    /// The latest request of each client that was applied, and its reply.
    pub fn latest(&self) -> impl Iterator<Item = (RequestId, &R)> {
        self.latest.values().map(|latest| (latest.request, &latest.reply))
    }

    /// What is known of `request`.
    pub fn look_up(&self, request: RequestId) -> Seen<'_, R> {
        match self.latest.get(&request.client) {
            Some(latest) if latest.request == request => Seen::Latest(&latest.reply),
            Some(latest) if latest.request > request => Seen::Stale,
            _ => Seen::Never,
        }
    }

    /// Remembers that `request` was applied, instead of the client's operation before it.
    pub fn record(&mut self, request: RequestId, reply: R) {
        self.latest.insert(request.client, Latest { request, reply });
    }
}

impl<R> Default for Sessions<R> {
    fn default() -> Self {
        Self { latest: BTreeMap::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(client: u32, session: u32, sequence: u32) -> RequestId {
        RequestId { client: NodeId::client(client), session, sequence }
    }

    #[test]
    fn only_the_latest_of_a_client_is_known() {
        let mut sessions = Sessions::default();
        assert_eq!(sessions.look_up(request(0, 0, 0)), Seen::<char>::Never);
        sessions.record(request(0, 0, 3), 'a');
        sessions.record(request(0, 1, 0), 'b');
        assert_eq!(sessions.look_up(request(0, 1, 0)), Seen::Latest(&'b'));
        assert_eq!(sessions.look_up(request(0, 0, 3)), Seen::Stale);
        assert_eq!(sessions.look_up(request(0, 0, 4)), Seen::Stale, "of a session given up");
        assert_eq!(sessions.look_up(request(0, 1, 1)), Seen::Never);
        assert_eq!(sessions.look_up(request(1, 0, 0)), Seen::Never, "another client");
    }
}
