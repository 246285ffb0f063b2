//! How a replica comes by what it has missed: blocks that are certified, and, where the others have
//! forgotten them, the state that they led to. The paper leaves both open.
//!
//! A block is known by its hash, so it does not matter who sends it. A state is believed when f + 1
//! replicas send the same.

use std::rc::Rc;

use sim_core::{Context, NodeId};

use super::block::Block;
use super::checkpoint::Checkpoint;
use super::message::{Event, Fetch, Message, Timer};
use super::node::HotStuff;
use super::storage::Record;
use super::tree::BlockTree;

impl HotStuff {
    /// Asks `from` for the block of the highest certificate and all before it that are missing. If
    /// nothing comes of it, everybody is asked.
    pub(super) fn fetch(&mut self, from: NodeId, ctx: &mut Context<'_, Self>) {
        if from != self.me {
            ctx.send(from, self.question());
        }
        if !self.fetches {
            self.fetches = true;
            ctx.set_timer(Timer::Fetch, self.config.fetch_retry());
        }
    }

    pub(super) fn on_fetch_due(&mut self, ctx: &mut Context<'_, Self>) {
        self.fetches = !self.tree.has(self.promises.high.block);
        if self.fetches {
            ctx.broadcast(self.question());
            ctx.set_timer(Timer::Fetch, self.config.fetch_retry());
        }
    }

    fn question(&self) -> Message {
        Message::Fetch(Fetch { block: self.promises.high.block, above: self.tree.executed().height() })
    }

    /// Sends what it has of what was asked for.
    pub(super) fn on_fetch(&self, from: NodeId, fetch: Fetch, ctx: &mut Context<'_, Self>) {
        let base = self.checkpoint.block.height();
        if fetch.above < base {
            for checkpoint in [&self.checkpoint].into_iter().chain(&self.next_checkpoint) {
                ctx.send(from, Message::State(Rc::clone(checkpoint)));
            }
        }
        let branch = self.tree.branch(fetch.block, fetch.above.max(base)).unwrap_or_default();
        if !branch.is_empty() {
            ctx.send(from, Message::Blocks(branch));
        }
    }

    /// Takes over blocks that lead to the one of the highest certificate. A quorum has voted for the
    /// last, and so looked at all: there is nothing left to check but that they hang together.
    pub(super) fn on_blocks(&mut self, blocks: &[Rc<Block>], ctx: &mut Context<'_, Self>) {
        let high = Rc::clone(&self.promises.high);
        let hangs_together = blocks.windows(2).all(|pair| pair[1].parent() == pair[0].hash());
        let is_wanted = blocks.last().is_some_and(|last| last.hash() == high.block);
        let first = blocks.iter().position(|block| self.tree.has(block.parent()));
        let (Some(first), true, true) = (first, hangs_together, is_wanted) else { return };
        let mut count = 0;
        for block in &blocks[first..] {
            if self.tree.insert(Rc::clone(block)) {
                count += 1;
                self.journal.append(Record::Block(Rc::clone(block)), ctx);
                self.update(block.justify(), ctx);
            }
        }
        if count > 0 {
            self.update(&high, ctx);
            ctx.emit(Event::CaughtUp { blocks: count });
        }
    }

    /// Takes over a state once f + 1 replicas have sent the same: one of them is correct.
    pub(super) fn on_state(&mut self, from: NodeId, state: Rc<Checkpoint>, ctx: &mut Context<'_, Self>) {
        if !self.fetches || state.block.height() <= self.tree.executed().height() {
            return;
        }
        let is_old =
            |other: &Checkpoint| other.block.height().abs_diff(state.block.height()) != self.config.checkpoint_every;
        self.states.retain(|(node, other)| *node != from || !is_old(other));
        self.states.push((from, Rc::clone(&state)));
        if self.states.iter().filter(|(_, other)| *other == state).count() >= self.electorate.one_correct() {
            self.install(state, ctx);
        }
    }

    fn install(&mut self, state: Rc<Checkpoint>, ctx: &mut Context<'_, Self>) {
        self.states.clear();
        self.machine = state.machine.clone();
        self.tree = BlockTree::new(Rc::clone(&state.block));
        ctx.emit(Event::InstalledState { height: state.block.height() });
        self.checkpoint = state;
        self.next_checkpoint = None;
        self.rewrite(ctx);
        if !self.tree.has(self.promises.high.block) {
            ctx.broadcast(self.question());
        }
    }

    /// Keeps the state after a block that was just executed. The checkpoint before it stays, with the
    /// blocks between: of two replicas of which one has come a little further, both then have one that
    /// is the same, and a third can take it over.
    pub(super) fn take_checkpoint(&mut self, block: &Rc<Block>) {
        let taken = Rc::new(Checkpoint { block: Rc::clone(block), machine: self.machine.clone() });
        if let Some(before) = self.next_checkpoint.replace(taken) {
            self.checkpoint = before;
        }
    }

    /// Forgets the blocks that led to the checkpoint.
    pub(super) fn compact(&mut self, ctx: &mut Context<'_, Self>) {
        self.tree.forget_below(&self.checkpoint.block);
        self.rewrite(ctx);
        ctx.emit(Event::TookCheckpoint { height: self.checkpoint.block.height() });
    }
}
