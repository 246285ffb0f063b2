//! What a replica has missed: it says how far it is, and others send what it lacks, down to the whole
//! state (OSDI 4.4, 4.6; TOCS 5.2, 5.3). There are no acknowledgements: nothing else is ever sent again.

use std::rc::Rc;

use sim_core::{Context, NodeId};

use super::certificate::{CheckpointCertificate, CommitCertificate};
use super::flaws::PbftFlaw;
use super::message::{Event, Message, Status, Timer};
use super::node::Pbft;
use super::request::{Batch, Digest};
use super::slots::Slot;
use parts::kv::Machine;

/// How many places a replica is helped with at a time.
const HELP: usize = 8;

/// Status messages.
impl Pbft {
    pub(super) fn on_status_due(&mut self, ctx: &mut Context<'_, Self>) {
        let is_stalled = self.reported == self.executed;
        self.reported = self.executed;
        let (stable, executed) = (self.stable.sequence(), self.executed);
        let status = Status { view: self.view, is_active: self.is_active, stable, executed, is_stalled };
        ctx.broadcast(Message::Status(status));
        if let Some(change) = &self.own_view_change {
            ctx.broadcast(Message::ViewChange(Rc::clone(change)));
        }
        for digest in self.slots.missing_batches(self.view) {
            ctx.broadcast(Message::FetchBatch { digest });
        }
        if self.wanted.is_some() {
            self.fetch_state(ctx);
        }
        ctx.set_timer(Timer::Status, self.config.status_interval);
    }

    pub(super) fn on_status(&mut self, from: NodeId, status: Status, ctx: &mut Context<'_, Self>) {
        self.help_into_view(from, status, ctx);
        self.help_to_checkpoint(from, status, ctx);
        self.help_to_execute(from, status, ctx);
    }

    fn help_into_view(&self, to: NodeId, status: Status, ctx: &mut Context<'_, Self>) {
        let is_behind = status.view < self.view || status.view == self.view && !status.is_active;
        if let Some(new_view) = self.new_view.as_ref().filter(|_| is_behind) {
            ctx.send(to, Message::NewView(Rc::clone(new_view)));
        }
    }

    fn help_to_checkpoint(&self, to: NodeId, status: Status, ctx: &mut Context<'_, Self>) {
        if status.stable < self.stable.sequence() {
            return ctx.send(to, Message::Stable(Rc::clone(&self.stable)));
        }
        let own = self.checkpoints.values().filter_map(|votes| votes.by(self.me));
        for checkpoint in own.filter(|checkpoint| checkpoint.content().sequence > status.stable) {
            ctx.send(to, Message::Checkpoint(checkpoint.clone()));
        }
    }

    /// Sends what is committed with its proof, and what it has said itself of the rest.
    fn help_to_execute(&self, to: NodeId, status: Status, ctx: &mut Context<'_, Self>) {
        for (_, slot) in self.slots.behind(status.executed).take(HELP) {
            let certificate = slot.committed.as_ref().filter(|_| !self.has(PbftFlaw::ReadOnlyFaultyLeader));
            if let Some(certificate) = certificate {
                if let Some(batch) = self.slots.batch(certificate.proposal.digest) {
                    ctx.send(to, Message::Committed(Rc::clone(certificate), Rc::clone(batch)));
                }
                continue;
            }
            if status.view != self.view || !status.is_active || !self.is_active || !status.is_stalled {
                continue;
            }
            if self.committee.primary(self.view) == self.me
                && let Some(pre_prepare) = slot.pre_prepare.as_ref().filter(|_| slot.is_accepted)
                && let Some(batch) = self.slots.batch(pre_prepare.content().0.digest)
            {
                ctx.send(to, Message::PrePrepare(pre_prepare.clone(), Rc::clone(batch)));
            }
            if let Some(prepare) = slot.prepares.by(self.me) {
                ctx.send(to, Message::Prepare(prepare.clone()));
            }
            if let Some(commit) = slot.commits.by(self.me) {
                ctx.send(to, Message::Commit(commit.clone()));
            }
        }
    }

    /// A batch that was committed without this replica, which takes it whatever its view is: a
    /// primary that leaves a replica out must not keep it from answering clients.
    pub(super) fn on_committed(
        &mut self,
        certificate: Rc<CommitCertificate>,
        batch: Rc<Batch>,
        ctx: &mut Context<'_, Self>,
    ) {
        let proposal = certificate.proposal;
        let is_new = self.slots.get(proposal.sequence).is_none_or(|slot| slot.committed.is_none());
        if self.slots.is_open(proposal.sequence)
            && is_new
            && batch.digest() == proposal.digest
            && certificate.is_valid(&self.committee)
        {
            self.keep_batch(proposal.digest, batch, ctx);
            self.note_committed(certificate, ctx);
            // It is not prepared here, and that it was executed must not be forgotten.
            self.journal.make_durable(ctx);
            self.execute_ready(ctx);
            self.advance(proposal.sequence, ctx);
        }
    }
}

/// Batches that a new view proposes again.
impl Pbft {
    pub(super) fn on_fetch_batch(&self, from: NodeId, digest: Digest, ctx: &mut Context<'_, Self>) {
        if let Some(batch) = self.slots.batch(digest) {
            ctx.send(from, Message::Batch(Rc::clone(batch)));
        }
    }

    pub(super) fn on_batch(&mut self, batch: Rc<Batch>, ctx: &mut Context<'_, Self>) {
        let digest = batch.digest();
        if !self.slots.missing_batches(self.view).contains(&digest) {
            return;
        }
        self.keep_batch(digest, batch, ctx);
        let names =
            |(_, slot): &(u64, &Slot)| slot.proposal_in(self.view).is_some_and(|proposal| proposal.digest == digest);
        let places: Vec<u64> = self.slots.iter().filter(names).map(|(sequence, _)| sequence).collect();
        for sequence in places {
            self.advance(sequence, ctx);
        }
        self.execute_ready(ctx);
    }
}

/// State transfer.
impl Pbft {
    pub(super) fn want_state(&mut self, certificate: &Rc<CheckpointCertificate>, ctx: &mut Context<'_, Self>) {
        if self.wanted.as_ref().is_none_or(|wanted| wanted.sequence() < certificate.sequence()) {
            self.wanted = Some(Rc::clone(certificate));
            self.fetch_state(ctx);
        }
    }

    /// Asks one replica at a time, each time the next: of those whose messages have proven the
    /// checkpoint one at least is correct and has its state. It may not know that it is stable, for not
    /// all of these messages need have reached it: it is told.
    fn fetch_state(&mut self, ctx: &mut Context<'_, Self>) {
        let Some(wanted) = &self.wanted else { return };
        let others: Vec<NodeId> =
            self.committee.replicas().iter().copied().filter(|replica| *replica != self.me).collect();
        if !others.is_empty() {
            let turn = self.fetches + self.me.index() as usize;
            let asked = others[turn % others.len()];
            ctx.send(asked, Message::Stable(Rc::clone(wanted)));
            ctx.send(asked, Message::FetchState { sequence: wanted.sequence() });
            self.fetches += 1;
        }
    }

    pub(super) fn on_fetch_state(&self, from: NodeId, sequence: u64, ctx: &mut Context<'_, Self>) {
        let state = self.states.get(&self.stable.sequence());
        if let Some(state) = state.filter(|_| self.stable.sequence() >= sequence) {
            ctx.send(from, Message::State(Rc::clone(&self.stable), Rc::clone(state)));
        }
    }

    pub(super) fn on_state(
        &mut self,
        certificate: Rc<CheckpointCertificate>,
        state: Rc<Machine>,
        ctx: &mut Context<'_, Self>,
    ) {
        let sequence = certificate.sequence();
        let is_right = self.is_proven(&certificate) && Digest::of(&*state) == certificate.checkpoint.digest;
        if sequence <= self.executed || !is_right {
            return;
        }
        self.machine = Machine::clone(&state);
        self.executed = sequence;
        self.states.insert(sequence, state);
        self.forget_executed();
        ctx.emit(Event::InstalledState { sequence, digest: certificate.checkpoint.digest });
        self.make_stable(&certificate, ctx);
        self.journal.make_durable(ctx);
        self.execute_ready(ctx);
    }
}
