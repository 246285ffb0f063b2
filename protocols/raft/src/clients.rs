//! Clients: how they find the leader, and how each of their operations takes effect once (8;
//! thesis 6).

use sim_core::{Context, RequestId, SessionMemory};

use super::config::Reads;
use super::flaws::RaftFlaw;
use super::leadership::InLog;
use super::log::Command;
use super::node::{Raft, Role};
use parts::kv::{KvOp, KvReply};
use parts::machine::{Applied, Seen};

impl Raft {
    pub(super) fn on_client_request(&mut self, request: RequestId, op: KvOp, ctx: &mut Context<'_, Self>) {
        if self.reads_anywhere(&op) {
            self.read_here(request, op, ctx);
        } else if !self.is_leader() {
            ctx.redirect(request, self.leader);
        } else if let Some(heir) = self.hands_over_to() {
            ctx.redirect(request, Some(heir));
        } else if op.is_read() && self.config.reads != Reads::Log {
            self.read(request, op, ctx);
        } else {
            self.propose(request, op, ctx);
        }
    }

    /// Puts the operation into the log, unless it has been there: a client that hears nothing asks
    /// again.
    fn propose(&mut self, request: RequestId, op: KvOp, ctx: &mut Context<'_, Self>) {
        match self.seen(request) {
            Seen::Latest(reply) => ctx.reply(request, self.with_latest_index(reply.clone())),
            Seen::Stale => {}
            Seen::Never => self.propose_new(request, op, ctx),
        }
    }

    fn propose_new(&mut self, request: RequestId, op: KvOp, ctx: &mut Context<'_, Self>) {
        if !self.is_in_log(request) {
            self.read_early(request, &op);
            self.append_as_leader(Command::Client { request, op }, ctx);
            self.replicate(ctx);
        }
    }

    /// A flaw: only what a transaction writes goes through the log.
    fn read_early(&mut self, request: RequestId, op: &KvOp) {
        if !self.has(RaftFlaw::TransactionReadsEarly) || !op.is_transaction() {
            return;
        }
        let reply = self.machine.state.answer(op).map(|reply| self.with_index(reply));
        if let Role::Leader(leadership) = &mut self.role
            && let Some(known) = leadership.in_log.get_mut(&request.client)
        {
            known.read_early = reply;
        }
    }

    /// Whether the request, or a later one of the same client, waits in the log. If it does not,
    /// it will.
    fn is_in_log(&mut self, request: RequestId) -> bool {
        let Role::Leader(leadership) = &mut self.role else {
            return false;
        };
        match leadership.in_log.get_mut(&request.client) {
            Some(known) if known.request >= request => {
                known.asked_here |= known.request == request;
                true
            }
            _ => {
                leadership.in_log.insert(request.client, InLog { request, asked_here: true, read_early: None });
                false
            }
        }
    }

    /// A new leader looks up which requests its predecessors left in the log for it to commit.
    pub(super) fn note_requests_in_log(&mut self) {
        let Role::Leader(leadership) = &mut self.role else {
            return;
        };
        for index in self.last_applied + 1..=self.log.last_index() {
            if let Some(&Command::Client { request, .. }) = self.log.entry(index).map(|entry| &entry.command) {
                let newest = leadership.in_log.get(&request.client).is_none_or(|known| known.request < request);
                if newest {
                    leadership.in_log.insert(request.client, InLog { request, asked_here: false, read_early: None });
                }
            }
        }
    }

    /// Applies a committed operation, unless it was applied before.
    pub(super) fn apply(&mut self, request: RequestId, op: &KvOp, ctx: &mut Context<'_, Self>) {
        let once = !self.has(RaftFlaw::KvNoDedup);
        match self.machine.apply(request, op, once) {
            Applied::Now(reply) => self.answer(request, self.with_index(reply), ctx),
            Applied::Before(reply) => self.answer(request, self.with_latest_index(reply), ctx),
            Applied::Stale => {}
        }
    }

    /// Answers the client if it waits for this node, which only a leader lets it do.
    fn answer(&mut self, request: RequestId, reply: KvReply, ctx: &mut Context<'_, Self>) {
        let Role::Leader(leadership) = &mut self.role else {
            return;
        };
        if leadership.in_log.get(&request.client).is_some_and(|known| known.request == request)
            && let Some(known) = leadership.in_log.remove(&request.client)
            && known.asked_here
        {
            ctx.reply(request, known.read_early.unwrap_or(reply));
        }
    }

    /// What the state machine knows of the request.
    fn seen(&self, request: RequestId) -> Seen<'_, KvReply> {
        if self.has(RaftFlaw::KvNoDedup) { Seen::Never } else { self.machine.sessions.look_up(request) }
    }
}

/// A client that asks the node beside it first, whoever leads.
#[derive(Debug)]
pub(super) struct Residence(usize);

impl Residence {
    /// Client number `client` lives beside the node of that number.
    pub(super) const fn of_client(client: u32) -> Self {
        Self(client as usize)
    }
}

impl SessionMemory<Raft> for Residence {
    fn begins_at(&mut self, _: &KvOp, nodes: usize) -> Option<usize> {
        Some(self.0 % nodes)
    }

    fn request(&self, op: &KvOp) -> KvOp {
        *op
    }

    fn reply(&mut self, _: &KvOp, reply: KvReply) -> KvReply {
        reply
    }
}
