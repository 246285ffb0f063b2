//! Clients: how they find the leader, and how each of their operations takes effect once.

use parts::kv::{KvOp, KvReply};
use parts::machine::{Applied, Seen};
use sim_core::RequestId;

use super::flaws::PaxosFlaw;
use super::message::Command;
use super::node::{Ctx, Paxos};

impl Paxos {
    pub(super) fn on_client_request(&mut self, request: RequestId, op: KvOp, ctx: &mut Ctx<'_>) {
        if self.leadership().is_none() {
            return ctx.redirect(request, self.leader);
        }
        let is_leased =
            self.lease_until().is_some_and(|until| ctx.now() < until) && !self.has(PaxosFlaw::ProposesLeasedReads);
        if op.is_read() && (is_leased || self.has(PaxosFlaw::ReadsWithoutLease)) {
            if let Some(reply) = self.machine().state.answer(&op) {
                ctx.reply(request, reply);
            }
            return;
        }
        match self.seen(request) {
            Seen::Latest(reply) => ctx.reply(request, reply.clone()),
            Seen::Stale => {}
            Seen::Never => self.propose_new(request, op, ctx),
        }
    }

    /// Proposes the operation, unless it waits already: a client that hears nothing asks again.
    fn propose_new(&mut self, request: RequestId, op: KvOp, ctx: &mut Ctx<'_>) {
        let is_blind = matches!(op, KvOp::Put { .. } | KvOp::Append { .. } | KvOp::Delete { .. });
        let answers_early = is_blind && self.has(PaxosFlaw::AnswersBeforeChosen);
        let mixes = self.has(PaxosFlaw::MixesRequests);
        let Some(proposer) = &mut self.proposer else { return };
        if proposer.waiting.get(&request.client).is_some_and(|known| *known >= request) {
            return;
        }
        let mixed = if mixes { proposer.operation_of(request.client) } else { None };
        let op = mixed.unwrap_or(op);
        proposer.waiting.insert(request.client, request);
        if answers_early {
            ctx.reply(request, KvReply::Done);
        }
        self.enqueue(Command::Client { request, op });
    }

    /// Applies a chosen operation, unless it was applied before, and answers the client if it asked here.
    pub(super) fn apply(&mut self, request: RequestId, op: &KvOp, ctx: &mut Ctx<'_>) {
        let once = !self.has(PaxosFlaw::RepeatsOperations);
        let (Applied::Now(reply) | Applied::Before(reply)) = self.learner.machine.apply(request, op, once) else {
            return;
        };
        let Some(proposer) = self.proposer.as_mut().filter(|proposer| proposer.leads) else { return };
        if proposer.waiting.get(&request.client) == Some(&request)
            && !self.config.flaws.has(PaxosFlaw::AnswersRepeatsAlone)
        {
            proposer.waiting.remove(&request.client);
            ctx.reply(request, reply);
        }
    }

    /// Answers the clients whose requests the state that it has taken over has executed.
    pub(super) fn answer_executed(&mut self, ctx: &mut Ctx<'_>) {
        let Some(proposer) = &mut self.proposer else { return };
        let sessions = &self.learner.machine.sessions;
        proposer.waiting.retain(|_, request| match sessions.look_up(*request) {
            Seen::Latest(reply) => {
                ctx.reply(*request, reply.clone());
                false
            }
            Seen::Stale => false,
            Seen::Never => true,
        });
    }

    /// What the state machine knows of the request.
    fn seen(&self, request: RequestId) -> Seen<'_, KvReply> {
        if self.has(PaxosFlaw::RepeatsOperations) { Seen::Never } else { self.machine().sessions.look_up(request) }
    }
}
