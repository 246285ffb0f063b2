//! Linearizable reads that write nothing to the log (8; thesis 6.4).
//!
//! A leader may have been deposed without knowing it, so it asks a majority first. The paper's
//! leader waits until an entry of its term is committed before it notes how far a read must see;
//! here the read waits for that entry as for any other, which comes to the same and lets the round
//! of heartbeats go on meanwhile.

use sim_core::{Context, RequestId};

use super::config::Reads;
use super::flaws::RaftFlaw;
use super::leadership::PendingRead;
use super::node::{Raft, Role};
use parts::kv::KvOp;

impl Raft {
    /// Answers once the state includes all that was committed when the read arrived, and it is
    /// certain that nobody else led then.
    pub(super) fn read(&mut self, request: RequestId, op: KvOp, ctx: &mut Context<'_, Self>) {
        if self.has(RaftFlaw::LocalRead) {
            return self.answer_read(request, &op, ctx);
        }
        let trusts_anyway = self.has(RaftFlaw::LeaseReadSkew);
        let Role::Leader(leadership) = &mut self.role else {
            return;
        };
        let index = self.commit_index.max(leadership.no_op_index);
        let is_sure = ctx.now() < leadership.lease_until || trusts_anyway;
        let round = if is_sure { 0 } else { leadership.round + 1 };
        leadership.reads.push_back(PendingRead { request, op, index, round });
        if !is_sure {
            self.begin_round(ctx);
        }
        self.serve_reads(ctx);
    }

    /// Begins a round of heartbeats: whoever acknowledges it had not heard of a later leader by
    /// then.
    pub(super) fn begin_round(&mut self, ctx: &mut Context<'_, Self>) {
        let is_leased = self.config.reads == Reads::Lease;
        let Role::Leader(leadership) = &mut self.role else {
            return;
        };
        leadership.round += 1;
        if is_leased {
            leadership.unconfirmed_rounds.push_back((leadership.round, ctx.now()));
        }
        self.replicate(ctx);
    }

    pub(super) fn on_round_acknowledged(&mut self, ctx: &mut Context<'_, Self>) {
        self.extend_lease();
        self.serve_reads(ctx);
    }

    /// A lease runs from when its round *began*: the followers heard of it later, and vote for
    /// nobody for an election timeout from then.
    fn extend_lease(&mut self) {
        let Role::Leader(leadership) = &mut self.role else {
            return;
        };
        if leadership.unconfirmed_rounds.is_empty() || leadership.has_handed_over {
            return;
        }
        let confirmed = leadership.confirmed_round(self.log.configuration());
        while let Some((_, began)) = leadership.unconfirmed_rounds.pop_front_if(|(round, _)| *round <= confirmed) {
            leadership.lease_until = began.saturating_add(self.config.lease());
        }
    }

    /// Answers the reads that have waited long enough, in the order in which they came.
    pub(super) fn serve_reads(&mut self, ctx: &mut Context<'_, Self>) {
        let Role::Leader(leadership) = &mut self.role else {
            return;
        };
        if leadership.reads.is_empty() {
            return;
        }
        let confirmed = leadership.confirmed_round(self.log.configuration());
        let applied = self.last_applied;
        let is_ready = |read: &mut PendingRead| read.round <= confirmed && read.index <= applied;
        let ready = std::iter::from_fn(|| leadership.reads.pop_front_if(is_ready)).collect::<Vec<_>>();
        for read in ready {
            self.answer_read(read.request, &read.op, ctx);
        }
    }

    /// Answers from what is applied.
    pub(super) fn answer_read(&self, request: RequestId, op: &KvOp, ctx: &mut Context<'_, Self>) {
        if let Some(reply) = self.machine.state.answer(op) {
            ctx.reply(request, self.with_index(reply));
        }
    }
}
