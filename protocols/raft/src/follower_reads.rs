//! Reads from any node, as old as the session of the client allows (thesis 6.4, at the end).
//!
//! A client keeps the index of the last entry of which it has seen something, in the replies to its
//! writes or its reads, and sends it along; a node answers once it has applied that far. Put each
//! write at its index and each read behind the last write that its node had applied: this order keeps
//! the order of every session, so histories are sequential. They are not linearizable: a session may
//! read what another has long replaced.

use sim_core::{Context, RequestId, SessionMemory};

use super::config::Reads;
use super::flaws::RaftFlaw;
use super::node::Raft;
use parts::kv::{KvOp, KvReply};

/// A read that the node may not answer yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct WaitingRead {
    request: RequestId,
    op: KvOp,
    /// What must be applied first.
    index: u64,
}

/// The node's side.
impl Raft {
    /// Whether any node answers this. Gets of two keys bear no session index: the leader answers them.
    pub(super) fn reads_anywhere(&self, op: &KvOp) -> bool {
        match op {
            KvOp::GetSince { .. } => self.tells_index() || self.has(RaftFlaw::ReadsWithoutSessionIndex),
            KvOp::Get { .. } => self.has(RaftFlaw::ReadsWithoutSessionIndex),
            _ => false,
        }
    }

    const fn tells_index(&self) -> bool {
        matches!(self.config.reads, Reads::Follower | Reads::Chosen)
    }

    pub(super) fn read_here(&mut self, request: RequestId, op: KvOp, ctx: &mut Context<'_, Self>) {
        let index = match op {
            KvOp::GetSince { index, .. } if !self.has(RaftFlaw::ReadsWithoutSessionIndex) => index,
            _ => 0,
        };
        // A client waits for one operation at a time: the one before, if there is one, was given up.
        self.waiting_reads.insert(request.client, WaitingRead { request, op, index });
        self.serve_waiting_reads(ctx);
    }

    /// Answers the reads that this node has applied enough for.
    pub(super) fn serve_waiting_reads(&mut self, ctx: &mut Context<'_, Self>) {
        let applied = self.last_applied;
        for read in self.waiting_reads.values().filter(|read| read.index <= applied) {
            self.answer_read(read.request, &read.op, ctx);
        }
        self.waiting_reads.retain(|_, read| read.index > applied);
    }

    /// What a client is told: with the last entry applied, if it keeps a session index. Of what was just
    /// applied, that is its own.
    pub(super) fn with_index(&self, reply: KvReply) -> KvReply {
        match self.tells_index() {
            true => KvReply::At { index: self.last_applied, reply: Box::new(reply) },
            false => reply,
        }
    }

    /// What a client is told again of an operation that had been applied before.
    pub(super) fn with_latest_index(&self, reply: KvReply) -> KvReply {
        match self.tells_index() {
            true => KvReply::AtMost { index: self.last_applied, reply: Box::new(reply) },
            false => reply,
        }
    }
}

/// The client's side: how much of the log it has seen. It reads from one node after the other.
#[derive(Debug)]
pub(super) struct SessionIndex {
    seen: u64,
    /// The node that was asked to read last.
    reads_at: usize,
}

impl SessionIndex {
    /// Client number `client` begins at the node of that number.
    pub(super) const fn of_client(client: u32) -> Self {
        Self { seen: 0, reads_at: client as usize }
    }
}

impl SessionMemory<Raft> for SessionIndex {
    fn begins_at(&mut self, op: &KvOp, nodes: usize) -> Option<usize> {
        if !op.is_read() {
            return None;
        }
        self.reads_at = (self.reads_at + 1) % nodes;
        Some(self.reads_at)
    }

    fn request(&self, op: &KvOp) -> KvOp {
        match *op {
            KvOp::Get { key } | KvOp::GetAt { key, .. } => KvOp::GetSince { key, index: self.seen },
            op => op,
        }
    }

    fn reply(&mut self, _: &KvOp, reply: KvReply) -> KvReply {
        match reply {
            KvReply::At { index, reply } | KvReply::AtMost { index, reply } => {
                self.seen = self.seen.max(index);
                *reply
            }
            reply => reply,
        }
    }
}
