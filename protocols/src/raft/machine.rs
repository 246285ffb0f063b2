//! The replicated state machine: the key-value map, and what its clients were last told.

use serde::Serialize;
use sim_core::RequestId;

use super::configuration::Configuration;
use super::log::LogPosition;
use crate::kv::{KvOp, KvReply, KvState};
use crate::sessions::{Seen, Sessions};

/// What the log is applied to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Machine {
    /// The map.
    pub map: KvState,
    /// The latest operation of each client.
    pub sessions: Sessions<KvReply>,
}

impl Machine {
    /// Applies an operation, unless it was applied before and operations are to take effect once. Gives
    /// its reply, if anybody can still wait for one.
    pub(crate) fn apply(&mut self, request: RequestId, op: &KvOp, once: bool) -> Option<KvReply> {
        let seen = if once { self.sessions.look_up(request) } else { Seen::Never };
        match seen {
            Seen::Never => {
                let reply = self.map.apply(op);
                self.sessions.record(request, reply.clone());
                Some(reply)
            }
            Seen::Latest(reply) => Some(reply.clone()),
            Seen::Stale => None,
        }
    }
}

/// The state after an entry of the log was applied, which makes the log up to there superfluous.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Snapshot {
    /// The last entry that it includes.
    pub last: LogPosition,
    /// The members as of that entry.
    pub configuration: Configuration,
    /// The state after it.
    pub machine: Machine,
}
