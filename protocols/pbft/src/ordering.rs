//! The normal case: the primary proposes, the backups prepare, all commit (OSDI 4.2).

use std::rc::Rc;

use sim_core::{Context, Signed};

use super::certificate::{Commit, CommitCertificate, PrePrepare, Prepare, PreparedCertificate, Proposal};
use super::flaws::PbftFlaw;
use super::message::Message;
use super::node::Pbft;
use super::request::{Batch, Digest, Request};
use super::storage::Record;

/// The primary's side.
impl Pbft {
    /// Proposes what waits, as far as there is room in the pipeline and between the watermarks.
    pub(super) fn propose(&mut self, ctx: &mut Context<'_, Self>) {
        while self.is_primary() && self.has_room() {
            let batch = self.next_batch();
            if batch.0.is_empty() {
                return;
            }
            self.propose_batch(batch, ctx);
        }
    }

    fn has_room(&self) -> bool {
        self.slots.is_open(self.next_sequence) && self.next_sequence <= self.executed + self.config.pipeline
    }

    /// Requests that wait and are not proposed yet, the oldest first.
    fn next_batch(&mut self) -> Batch {
        let most = self.config.max_batch as usize;
        let Self { waiting, proposed, .. } = self;
        let is_new =
            |request: &&Request| proposed.get(&request.id().client).is_none_or(|latest| *latest < request.id());
        let requests: Vec<Request> =
            waiting.iter().map(|waiting| &waiting.request).filter(is_new).take(most).cloned().collect();
        for request in &requests {
            proposed.insert(request.id().client, request.id());
        }
        Batch(requests)
    }

    fn propose_batch(&mut self, batch: Batch, ctx: &mut Context<'_, Self>) {
        let (batch, digest) = (Rc::new(batch.clone()), batch.digest());
        let sequence = self.next_sequence;
        self.next_sequence += 1;
        let pre_prepare = ctx.sign(PrePrepare(Proposal { view: self.view, sequence, digest }));
        self.keep_batch(digest, Rc::clone(&batch), ctx);
        let slot = self.slots.at(sequence);
        slot.pre_prepare = Some(pre_prepare.clone());
        slot.is_accepted = false;
        self.accept(sequence, ctx);
        self.make_promise_durable(ctx);
        ctx.broadcast(Message::PrePrepare(pre_prepare, batch));
        self.advance(sequence, ctx);
    }
}

/// Every replica's side.
impl Pbft {
    pub(super) fn on_pre_prepare(
        &mut self,
        pre_prepare: Signed<PrePrepare>,
        batch: Rc<Batch>,
        ctx: &mut Context<'_, Self>,
    ) {
        let Some(&PrePrepare(proposal)) = pre_prepare.verify() else { return };
        let is_in_view = proposal.view == self.view && pre_prepare.signer() == self.committee.primary(self.view);
        if !is_in_view || !self.admits(proposal.sequence) || !self.is_good_batch(&batch, proposal.digest) {
            return;
        }
        if !self.is_active {
            self.early.entry(proposal.sequence).or_insert((pre_prepare, batch));
            return;
        }
        if proposal.sequence <= self.inherited {
            return;
        }
        let known = self.slots.get(proposal.sequence).and_then(|slot| slot.proposal_in(self.view));
        if known.is_none() || self.has(PbftFlaw::AcceptsSecondProposal) && known != Some(proposal) {
            self.keep_batch(proposal.digest, batch, ctx);
            let slot = self.slots.at(proposal.sequence);
            slot.pre_prepare = Some(pre_prepare);
            slot.is_accepted = false;
            self.advance(proposal.sequence, ctx);
        }
    }

    /// Whether a batch has this digest, and clients have asked for all that is in it.
    fn is_good_batch(&self, batch: &Batch, digest: Digest) -> bool {
        let is_genuine = batch.is_genuine() || self.has(PbftFlaw::ForgedRequests);
        !batch.0.is_empty() && is_genuine && batch.digest() == digest
    }

    /// Whether a place lies between the watermarks (OSDI 4.2): otherwise a faulty primary could use
    /// up the whole space of sequence numbers with one message.
    pub(super) fn admits(&self, sequence: u64) -> bool {
        self.slots.is_open(sequence) || self.has(PbftFlaw::UncheckedWatermarks) && sequence > self.slots.low()
    }

    pub(super) fn on_prepare(&mut self, prepare: Signed<Prepare>, ctx: &mut Context<'_, Self>) {
        let Some(&Prepare(proposal)) = prepare.verify() else { return };
        let is_backup = prepare.signer() != self.committee.primary(proposal.view);
        if proposal.view == self.view && is_backup && self.admits(proposal.sequence) {
            self.slots.at(proposal.sequence).prepares.add(prepare);
            self.advance(proposal.sequence, ctx);
        }
    }

    pub(super) fn on_commit(&mut self, commit: Signed<Commit>, ctx: &mut Context<'_, Self>) {
        let Some(&Commit(proposal)) = commit.verify() else { return };
        if proposal.view == self.view && self.admits(proposal.sequence) {
            self.slots.at(proposal.sequence).commits.add(commit);
            self.advance(proposal.sequence, ctx);
        }
    }

    /// Does what can be done at a place, now that more is known of it.
    pub(super) fn advance(&mut self, sequence: u64, ctx: &mut Context<'_, Self>) {
        if self.is_active {
            self.accept(sequence, ctx);
            self.prepare(sequence, ctx);
            self.commit(sequence, ctx);
        }
    }

    /// Accepts the proposal, once its batch is here. A backup says so.
    fn accept(&mut self, sequence: u64, ctx: &mut Context<'_, Self>) {
        let Some(slot) = self.slots.get(sequence).filter(|slot| !slot.is_accepted) else { return };
        let Some(proposal) = slot.proposal_in(self.view) else { return };
        if self.slots.batch(proposal.digest).is_none() {
            return;
        }
        let slot = self.slots.at(sequence);
        slot.is_accepted = true;
        let record = slot.pre_prepare.clone().map(Record::Accepted);
        if let Some(record) = record {
            self.journal.append(record, ctx);
        }
        self.acts.accepted.push(proposal);
        if self.committee.primary(self.view) != self.me {
            self.make_promise_durable(ctx);
            let prepare = ctx.sign(Prepare(proposal));
            self.slots.at(sequence).prepares.add(prepare.clone());
            ctx.broadcast(Message::Prepare(prepare));
        }
    }

    /// What it has accepted it must not forget before it has told anybody.
    fn make_promise_durable(&mut self, ctx: &mut Context<'_, Self>) {
        if !self.has(PbftFlaw::UnsyncedPrepare) {
            self.journal.make_durable(ctx);
        }
    }

    /// Commits to the batch, once a quorum has accepted it.
    fn prepare(&mut self, sequence: u64, ctx: &mut Context<'_, Self>) {
        let Some(slot) = self.slots.get(sequence).filter(|slot| slot.is_accepted) else { return };
        let Some(proposal) = slot.proposal_in(self.view).filter(|_| !slot.is_prepared_in(self.view)) else { return };
        let others = self.committee.ordering_quorum() - 1;
        let (Some(pre_prepare), Some(prepares)) =
            (slot.pre_prepare.clone(), slot.prepares.matching(others, |prepare| prepare.0 == proposal))
        else {
            if self.has(PbftFlaw::CommitsBeforePrepared) {
                self.say_commit(proposal, ctx);
            }
            return;
        };
        let certificate = Rc::new(PreparedCertificate { pre_prepare, prepares });
        self.slots.at(sequence).prepared = Some(Rc::clone(&certificate));
        self.acts.prepared.push(proposal);
        self.journal.append(Record::Prepared(certificate), ctx);
        if !self.has(PbftFlaw::UnsyncedCommit) {
            self.journal.make_durable(ctx);
        }
        self.say_commit(proposal, ctx);
    }

    /// Tells the others, once, that no other batch can have this place in this view.
    fn say_commit(&mut self, proposal: Proposal, ctx: &mut Context<'_, Self>) {
        let commits = &mut self.slots.at(proposal.sequence).commits;
        if commits.by(self.me).is_none() {
            let commit = ctx.sign(Commit(proposal));
            commits.add(commit.clone());
            ctx.broadcast(Message::Commit(commit));
        }
    }

    /// Executes the batch, once a quorum has committed to it.
    fn commit(&mut self, sequence: u64, ctx: &mut Context<'_, Self>) {
        let Some(slot) = self.slots.get(sequence) else { return };
        if slot.committed.is_some() || !slot.is_prepared_in(self.view) {
            return;
        }
        let Some(proposal) = slot.proposal_in(self.view) else { return };
        let quorum = self.committee.ordering_quorum();
        if let Some(commits) = slot.commits.matching(quorum, |commit| commit.0 == proposal) {
            self.note_committed(Rc::new(CommitCertificate { proposal, commits }), ctx);
            self.execute_ready(ctx);
        }
    }

    pub(super) fn note_committed(&mut self, certificate: Rc<CommitCertificate>, ctx: &mut Context<'_, Self>) {
        self.slots.at(certificate.proposal.sequence).committed = Some(Rc::clone(&certificate));
        self.acts.committed.push(certificate.proposal);
        self.journal.append(Record::Committed(certificate), ctx);
    }

    /// Keeps a batch, and writes it if it is new.
    pub(super) fn keep_batch(&mut self, digest: Digest, batch: Rc<Batch>, ctx: &mut Context<'_, Self>) {
        if self.slots.keep_batch(digest, Rc::clone(&batch)) {
            self.journal.append(Record::Batch(batch), ctx);
        }
    }
}
