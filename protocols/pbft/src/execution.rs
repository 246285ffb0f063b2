//! Execution of what is committed, in its order, and checkpoints of what comes of it (OSDI 4.2, 4.3).

use std::rc::Rc;

use sim_core::{Context, RequestId, Signed};

use super::certificate::{Checkpoint, CheckpointCertificate, Proposal};
use super::flaws::PbftFlaw;
use super::message::{Event, Message};
use super::node::Pbft;
use super::request::{Batch, Digest, Reply, Request};
use super::storage::Record;
use parts::kv::{KvOp, KvReply};
use parts::machine;

/// A request that was executed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// At which place in the order.
    pub sequence: u64,
    /// Which request.
    pub request: RequestId,
    /// What it asked for.
    pub op: KvOp,
    /// What came of it.
    pub result: KvReply,
}

/// Execution.
impl Pbft {
    /// Executes what is committed behind what was executed, as far as it goes without a gap.
    pub(super) fn execute_ready(&mut self, ctx: &mut Context<'_, Self>) {
        while let Some((proposal, batch)) = self.next_to_execute() {
            self.execute(proposal, &batch, ctx);
        }
        self.propose(ctx);
    }

    fn next_to_execute(&self) -> Option<(Proposal, Rc<Batch>)> {
        let mut behind = self.slots.behind(self.executed);
        let (sequence, slot) = if self.has(PbftFlaw::ExecutesOutOfOrder) {
            behind.find(|(_, slot)| slot.committed.is_some())?
        } else {
            behind.next()?
        };
        let certificate = slot.committed.as_ref()?;
        let is_next = sequence == self.executed + 1 || self.has(PbftFlaw::ExecutesOutOfOrder);
        let batch = self.slots.batch(certificate.proposal.digest)?;
        is_next.then(|| (certificate.proposal, Rc::clone(batch)))
    }

    fn execute(&mut self, proposal: Proposal, batch: &Batch, ctx: &mut Context<'_, Self>) {
        let Proposal { view, sequence, digest } = proposal;
        self.executed = sequence;
        ctx.emit(Event::Executed { sequence, digest });
        for request in &batch.0 {
            self.execute_request(sequence, request, ctx);
        }
        // Something was executed in this view: its primary does its work.
        if view == self.view && digest != Digest::NULL {
            self.timeout = self.config.view_change_timeout;
        }
        if sequence.is_multiple_of(self.config.checkpoint_interval) {
            self.take_checkpoint(sequence, ctx);
        }
    }

    fn execute_request(&mut self, sequence: u64, request: &Request, ctx: &mut Context<'_, Self>) {
        let (id, op) = (request.id(), *request.op());
        let outcome = self.machine.apply(id, &op, !self.has(PbftFlaw::ExecutesTwice));
        if let machine::Applied::Now(result) = &outcome {
            self.acts.applied.push(Applied { sequence, request: id, op, result: result.clone() });
        }
        if let Some(result) = outcome.reply() {
            ctx.reply(id, self.reply_with(result));
        }
        self.stop_waiting(id);
    }

    /// The reply to a request that was ordered.
    pub(super) const fn reply_with(&self, result: KvReply) -> Reply {
        Reply { view: self.view, read_only: false, result }
    }
}

/// Checkpoints.
impl Pbft {
    fn take_checkpoint(&mut self, sequence: u64, ctx: &mut Context<'_, Self>) {
        let state = Rc::new(self.machine.clone());
        let checkpoint = Checkpoint { sequence, digest: Digest::of(&*state) };
        ctx.emit(Event::TookCheckpoint { sequence, digest: checkpoint.digest });
        if self.states.insert(sequence, Rc::clone(&state)).is_none() {
            self.journal.append(Record::State { sequence, state }, ctx);
            self.journal.make_durable(ctx);
        }
        let signed = ctx.sign(checkpoint);
        ctx.broadcast(Message::Checkpoint(signed.clone()));
        self.count_checkpoint(checkpoint, signed, ctx);
        // It may have got there by itself, before another has sent it the state.
        if let Some(wanted) = self.wanted.clone().filter(|wanted| wanted.sequence() == sequence) {
            self.learn_stable(&wanted, ctx);
        }
    }

    pub(super) fn on_checkpoint(&mut self, signed: Signed<Checkpoint>, ctx: &mut Context<'_, Self>) {
        let Some(&checkpoint) = signed.verify() else { return };
        if self.slots.is_open(checkpoint.sequence) {
            self.count_checkpoint(checkpoint, signed, ctx);
        }
    }

    fn count_checkpoint(&mut self, checkpoint: Checkpoint, signed: Signed<Checkpoint>, ctx: &mut Context<'_, Self>) {
        let votes = self.checkpoints.entry(checkpoint.sequence).or_default();
        votes.add(signed);
        let needed = if self.config.flaws.has(PbftFlaw::NoCheckpointProof) { 1 } else { self.committee.quorum() };
        if let Some(proof) = votes.matching(needed, |other| *other == checkpoint) {
            self.learn_stable(&Rc::new(CheckpointCertificate { checkpoint, proof }), ctx);
        }
    }

    pub(super) fn on_stable(&mut self, certificate: &Rc<CheckpointCertificate>, ctx: &mut Context<'_, Self>) {
        if self.is_proven(certificate) {
            self.learn_stable(certificate, ctx);
        }
    }

    /// Whether a checkpoint is stable, as the certificate says.
    pub(super) fn is_proven(&self, certificate: &CheckpointCertificate) -> bool {
        !self.diligence().verifies_checkpoints || certificate.is_valid(&self.committee)
    }

    /// A checkpoint is stable. If the replica's own state was the same, what led to it can be
    /// forgotten; if it is not there yet, it asks for the state.
    pub(super) fn learn_stable(&mut self, certificate: &Rc<CheckpointCertificate>, ctx: &mut Context<'_, Self>) {
        let Checkpoint { sequence, digest } = certificate.checkpoint;
        if sequence <= self.stable.sequence() {
            return;
        }
        if self.states.get(&sequence).is_some_and(|state| Digest::of(&**state) == digest) {
            self.make_stable(certificate, ctx);
        } else if sequence > self.executed {
            if self.has(PbftFlaw::StableWithoutState) {
                self.make_stable(certificate, ctx);
            }
            self.want_state(certificate, ctx);
        }
    }

    /// Moves the watermarks to a checkpoint of which it has the state.
    pub(super) fn make_stable(&mut self, certificate: &Rc<CheckpointCertificate>, ctx: &mut Context<'_, Self>) {
        let sequence = certificate.sequence();
        self.stable = Rc::clone(certificate);
        self.states = self.states.split_off(&sequence);
        self.checkpoints = self.checkpoints.split_off(&(sequence + 1));
        self.wanted = self.wanted.take().filter(|wanted| wanted.sequence() > sequence);
        self.slots.move_to(sequence);
        self.compact(ctx);
        ctx.emit(Event::StableCheckpoint { sequence });
        self.adopt_proposals(ctx);
        self.propose(ctx);
    }
}
