//! Safety: which proposals a replica votes for, and what it makes of their certificates
//! (Algorithm 4).

use std::rc::Rc;

use sim_core::{Context, NodeId, Signed};

use super::block::{Block, BlockHash};
use super::certificate::{Certificate, Vote};
use super::flaws::HotStuffFlaw;
use super::message::{Event, Message};
use super::node::{HotStuff, VotedFor};
use super::storage::Record;

impl HotStuff {
    /// A leader proposes. Its certificate counts at once; its block when the replica is in that view
    /// and has the block before it.
    pub(super) fn on_proposal(&mut self, from: NodeId, block: Rc<Block>, ctx: &mut Context<'_, Self>) {
        if !self.is_well_formed(from, &block) {
            return;
        }
        self.learn(block.justify(), from, ctx);
        if block.view() >= self.view {
            let is_newer = self.proposals.get(&from).is_none_or(|other| other.view() < block.view());
            if is_newer {
                self.proposals.insert(from, block);
            }
        } else if block.hash() == self.promises.high.block {
            self.on_blocks(&[block], ctx);
        }
    }

    /// What any replica can tell of a proposal by itself.
    fn is_well_formed(&self, from: NodeId, block: &Block) -> bool {
        let justify = block.justify();
        block.view() > justify.view
            && block.view() < u64::MAX
            && from == self.leader(block.view())
            && block.parent() == justify.block
            && block.commands().len() <= self.config.batch as usize
            && self.is_genuine(justify)
            && self.are_of_clients(block)
    }

    /// Votes for the proposal of the current view, if it is here and so is the block before it.
    pub(super) fn consider_proposal(&mut self, ctx: &mut Context<'_, Self>) {
        let leader = self.leader(self.view);
        let is_ripe = |block: &Rc<Block>| block.view() == self.view && self.tree.has(block.parent());
        if !self.proposals.get(&leader).is_some_and(is_ripe) {
            return;
        }
        if let Some(block) = self.proposals.remove(&leader)
            && self.is_safe(&block)
            && self.accept(&block, ctx)
        {
            self.vote(&block, ctx);
        }
    }

    /// The paper's safeNode: it is of a later view than the last vote, and extends the block on which
    /// the replica is locked, or has a newer certificate than that.
    pub(super) fn is_safe(&self, block: &Block) -> bool {
        let lock = &self.promises.lock;
        let is_later = block.view() > self.promises.voted || self.has(HotStuffFlaw::VoteTwice);
        let is_live = block.justify().view > lock.view || self.has(HotStuffFlaw::StaleJustify);
        is_later && (is_live || self.extends_lock(block.parent()))
    }

    /// Whether a block behind `parent` extends the locked one. What is executed extends it.
    fn extends_lock(&self, parent: BlockHash) -> bool {
        let (lock, executed) = (&self.promises.lock, self.tree.executed());
        if lock.view > executed.view() {
            self.tree.extends(parent, lock.block, lock.view)
        } else {
            self.tree.extends(parent, executed.hash(), executed.view())
        }
    }

    /// Takes a block into the tree to vote for it, durably with the promise not to vote for another.
    pub(super) fn accept(&mut self, block: &Rc<Block>, ctx: &mut Context<'_, Self>) -> bool {
        let Some(parent) = self.tree.get(block.parent()).cloned() else { return false };
        if !self.tree.has(block.hash()) {
            if !self.tree.insert(Rc::clone(block)) {
                return false;
            }
            self.journal.append(Record::Block(Rc::clone(block)), ctx);
        }
        // Its parent may have come after its certificate, which then could not count yet.
        self.update(block.justify(), ctx);
        self.promises.voted = self.promises.voted.max(block.view());
        self.make_durable(ctx);
        ctx.emit(Event::Voted { view: block.view(), block: block.hash() });
        self.voted_now.push(VotedFor { block: Rc::clone(block), parent });
        true
    }

    /// Votes for a block that it has accepted, to the leader of the next view.
    pub(super) fn vote(&mut self, block: &Block, ctx: &mut Context<'_, Self>) {
        let vote = ctx.sign(Vote { view: block.view(), block: block.hash() });
        let next = self.leader(block.view() + 1);
        if next == self.me {
            self.on_vote(next, vote, ctx);
        } else {
            ctx.send(next, Message::Vote(vote));
        }
    }

    /// The leader of the next view collects votes; a quorum of them makes a certificate.
    pub(super) fn on_vote(&mut self, from: NodeId, signed: Signed<Vote>, ctx: &mut Context<'_, Self>) {
        let Some(&Vote { view, block }) = signed.verify() else { return };
        let is_due = view > self.promises.high.view && view.saturating_add(1) >= self.view;
        if signed.signer() != from || !is_due || self.leader(view.saturating_add(1)) != self.me {
            return;
        }
        if let Some(certificate) = self.ballots.cast(signed, &self.electorate) {
            ctx.emit(Event::Certified { view, block });
            self.learn(&Rc::new(certificate), from, ctx);
        }
    }

    /// Takes a certificate that is genuine into account: whoever sent it has the block.
    pub(super) fn learn(&mut self, certificate: &Rc<Certificate>, from: NodeId, ctx: &mut Context<'_, Self>) {
        if certificate.view > self.promises.high.view || self.has(HotStuffFlaw::LastCertificateWins) {
            self.promises.high = Rc::clone(certificate);
            self.failures = 0;
        }
        if certificate.view >= self.view {
            self.enter(certificate.view + 1, ctx);
        }
        if self.tree.has(certificate.block) {
            self.update(certificate, ctx);
        } else if certificate.view == self.promises.high.view {
            self.fetch(from, ctx);
        }
    }

    /// The paper's update, for a certificate of a block that is here: two certified blocks in a row
    /// lock the first, three of successive views commit it.
    pub(super) fn update(&mut self, certificate: &Rc<Certificate>, ctx: &mut Context<'_, Self>) {
        let Some(third) = self.tree.get(certificate.block).cloned() else { return };
        if self.has(HotStuffFlaw::LocksEarly) && certificate.view > self.promises.lock.view {
            self.promises.lock = Rc::clone(certificate);
        }
        if third.justify().view > self.promises.lock.view && !self.has(HotStuffFlaw::LockNotUpdated) {
            self.promises.lock = Rc::clone(third.justify());
        }
        let Some(second) = self.tree.get(third.parent()).cloned() else { return };
        let in_a_row = |parent: &Block, child: &Block| parent.view() + 1 == child.view();
        if !in_a_row(&second, &third) {
            return;
        }
        if self.has(HotStuffFlaw::TwoChainCommit) {
            return self.commit(&second, ctx);
        }
        if let Some(first) = self.tree.get(second.parent()).cloned()
            && in_a_row(&first, &second)
        {
            self.commit(&first, ctx);
        }
    }

    /// Executes a block and all before it that are not executed yet, and answers their clients.
    fn commit(&mut self, block: &Block, ctx: &mut Context<'_, Self>) {
        if block.height() <= self.tree.executed().height() {
            return;
        }
        self.execute_up_to(block.hash(), Some(ctx));
        if self.tree.root_height() < self.checkpoint.block.height() {
            self.compact(ctx);
        } else {
            self.journal.append(Record::Committed(self.tree.executed().hash()), ctx);
        }
    }
}
