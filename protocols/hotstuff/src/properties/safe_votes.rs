//! Safe Votes.

use std::collections::BTreeMap;

use sim_core::{Breach, ProcessId, Property, Step, World};

use super::ancestry::Ancestry;
use crate::block::{Block, BlockHash};
use crate::node::HotStuff;

/// A replica that voted for a block was locked from then on as Algorithm 4 says, and votes only for
/// what safeNode allows under that lock (Algorithm 1), whatever it believes its lock to be, and
/// whatever it has forgotten of the blocks.
#[derive(Debug)]
pub struct SafeVotes {
    genesis: BlockHash,
    /// View and block of the lock of each process, by its votes.
    locks: BTreeMap<ProcessId, (u64, BlockHash)>,
    ancestry: Ancestry,
}

impl Default for SafeVotes {
    fn default() -> Self {
        Self { genesis: Block::genesis().hash(), locks: BTreeMap::new(), ancestry: Ancestry::default() }
    }
}

impl Property<HotStuff> for SafeVotes {
    fn after_step(&mut self, world: &World<'_, HotStuff>, step: &Step<'_, HotStuff>) -> Result<(), Breach> {
        let Some(node) = world.node(step.process) else { return Ok(()) };
        for voted in node.voted_now() {
            self.ancestry.learn(voted, node.tree());
            let lock = self.locks.entry(step.process).or_insert((0, self.genesis));
            let (lock_view, locked) = *lock;
            let (block, parent) = (&voted.block, &voted.parent);
            if parent.view() <= lock_view && !self.ancestry.extends(parent.hash(), locked, lock_view) {
                let me = world.identity(step.process);
                let what = format!(
                    "{me} was locked on {locked} of view {lock_view} and voted for {} of view {}, which conflicts with \
                     it and has a certificate of view {}",
                    block.hash(),
                    block.view(),
                    parent.view()
                );
                return Err(Breach::new([me], what));
            }
            if parent.justify().view > lock_view {
                *lock = (parent.justify().view, parent.justify().block);
            }
        }
        Ok(())
    }
}
