//! How a replica comes by what it has missed: blocks that are certified, and, where the others have
//! forgotten them, the state that they led to. The paper leaves both open.
//!
//! A block is known by its hash, so it does not matter who sends it. A state is believed when f + 1
//! replicas send the same.

use std::rc::Rc;

use sim_core::{Context, NodeId};

use super::block::Block;
use super::machine::Checkpoint;
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
            ctx.send(from, Message::State(Rc::clone(&self.checkpoint)));
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
                self.write(Record::Block(Rc::clone(block)), ctx);
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
        self.states.insert(from, Rc::clone(&state));
        if self.states.values().filter(|other| **other == state).count() > self.electorate.faulty {
            self.install(state, ctx);
        }
    }

    fn install(&mut self, state: Rc<Checkpoint>, ctx: &mut Context<'_, Self>) {
        self.states.clear();
        self.machine = state.machine.clone();
        self.tree = BlockTree::new(Rc::clone(&state.block));
        ctx.emit(Event::InstalledState { height: state.block.height() });
        self.compacted = state.block.height();
        self.checkpoint = state;
        self.write_anew(ctx);
        if !self.tree.has(self.promises.high.block) {
            ctx.broadcast(self.question());
        }
    }

    /// Forgets the blocks that led to a new checkpoint.
    pub(super) fn compact_if_due(&mut self, ctx: &mut Context<'_, Self>) {
        let height = self.checkpoint.block.height();
        if height > self.compacted {
            self.compacted = height;
            self.tree.forget_below(&self.checkpoint.block);
            self.write_anew(ctx);
            ctx.emit(Event::TookCheckpoint { height });
        }
    }
}
