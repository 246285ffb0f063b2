//! The replicated state machine: the key-value map, and what its clients were last told.

use std::rc::Rc;

use serde::Serialize;
use sim_core::RequestId;

use super::block::Block;
use crate::kv::{KvOp, KvReply, KvState};
use crate::sessions::{Seen, Sessions};

/// What blocks are applied to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Machine {
    /// The map.
    pub map: KvState,
    /// The latest operation of each client.
    pub sessions: Sessions<KvReply>,
}

/// The state after a block, which makes the block and those before it superfluous.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Checkpoint {
    /// The last block in it.
    pub block: Rc<Block>,
    /// The state after it.
    pub machine: Machine,
}

/// What became of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Applied {
    /// What the client is told; nothing if it has moved on since.
    pub(super) reply: Option<KvReply>,
    /// Whether it took effect, and not already earlier.
    pub(super) took_effect: bool,
}

impl Machine {
    /// Carries out an operation, unless that was done before and `deduplicates`.
    pub(super) fn apply(&mut self, request: RequestId, op: &KvOp, deduplicates: bool) -> Applied {
        match self.sessions.look_up(request) {
            Seen::Latest(reply) if deduplicates => Applied { reply: Some(reply.clone()), took_effect: false },
            Seen::Stale if deduplicates => Applied { reply: None, took_effect: false },
            _ => {
                let reply = self.map.apply(op);
                self.sessions.record(request, reply.clone());
                Applied { reply: Some(reply), took_effect: true }
            }
        }
    }
}

impl Checkpoint {
    /// The state in which every replica begins.
    pub(super) fn genesis() -> Self {
        Self { block: Rc::new(Block::genesis()), machine: Machine::default() }
    }
}
