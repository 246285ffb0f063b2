//! Which server a client of CRAQ asks.

use parts::kv::{KvOp, KvReply};
use sim_core::SessionMemory;

use super::node::ChainServer;

/// Reads go to one server after the other, so that all of the chain shares them; writes to whoever answered last, and
/// from there to the head.
#[derive(Debug)]
pub(super) struct Apportioned {
    next: usize,
}

impl Apportioned {
    /// Client number `client` begins at the node of that number.
    pub(super) const fn new(client: u32) -> Self {
        Self { next: client as usize }
    }
}

impl SessionMemory<ChainServer> for Apportioned {
    fn begins_at(&mut self, op: &KvOp, nodes: usize) -> Option<usize> {
        op.is_read().then(|| {
            self.next += 1;
            // The first node is the master.
            1 + self.next % (nodes - 1).max(1)
        })
    }

    fn request(&self, op: &KvOp) -> KvOp {
        *op
    }

    fn reply(&mut self, _: &KvOp, reply: KvReply) -> KvReply {
        reply
    }
}
