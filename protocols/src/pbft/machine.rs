//! The replicated service: the key-value map, and what its clients were last told.

use serde::Serialize;
use sim_core::RequestId;

use super::request::{Digest, Request};
use crate::kv::{KvReply, KvState};
use crate::sessions::{Seen, Sessions};

/// What batches are executed on, and checkpoints are taken of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Machine {
    /// The map.
    pub map: KvState,
    /// The latest operation of each client, with its result.
    pub sessions: Sessions<KvReply>,
}

impl Machine {
    /// Executes a request, unless it or a later one of the same client was executed before. The
    /// result, if it was executed now.
    pub(crate) fn execute(&mut self, request: &Request) -> Option<KvReply> {
        let is_new = matches!(self.sessions.look_up(request.id()), Seen::Never);
        is_new.then(|| self.execute_anew(request))
    }

    /// Executes a request, whatever was executed before.
    pub(crate) fn execute_anew(&mut self, request: &Request) -> KvReply {
        let result = self.map.apply(request.op());
        self.sessions.record(request.id(), result.clone());
        result
    }

    /// What is known of a request.
    pub(crate) fn look_up(&self, request: RequestId) -> Seen<'_, KvReply> {
        self.sessions.look_up(request)
    }

    /// What checkpoints are compared by.
    pub(crate) fn digest(&self) -> Digest {
        Digest::of(self)
    }
}
