//! Safe Votes.

use std::collections::BTreeMap;

use sim_core::{Breach, ProcessId, Property, Step, World};

use super::SAFE_VOTES;
use crate::hotstuff::block::BlockHash;
use crate::hotstuff::message::Event;
use crate::hotstuff::node::HotStuff;

/// A replica that voted for a block was locked from then on as Algorithm 4 says, and votes only for
/// what safeNode allows under that lock (Algorithm 1), whatever it believes its lock to be.
#[derive(Debug, Default)]
pub struct SafeVotes {
    /// View and block of the lock of each process, by its votes.
    locks: BTreeMap<ProcessId, (u64, BlockHash)>,
}

impl Property<HotStuff> for SafeVotes {
    fn name(&self) -> &str {
        SAFE_VOTES
    }

    fn after_step(&mut self, world: &World<'_, HotStuff>, step: &Step<'_, HotStuff>) -> Result<(), Breach> {
        let Some(node) = world.node(step.process) else { return Ok(()) };
        for event in step.events {
            if let Event::Voted { view, block } = event {
                let (lock_view, locked) = self.locks.get(&step.process).copied().unwrap_or((0, BlockHash::NOTHING));
                let Some(parent) = node.tree().get(*block).and_then(|block| node.tree().get(block.parent())) else {
                    continue;
                };
                // What is executed may be beyond the lock, and extends it.
                let executed = node.tree().executed();
                let extends = if lock_view > executed.view() {
                    node.tree().extends(parent.hash(), locked, lock_view)
                } else {
                    node.tree().extends(parent.hash(), executed.hash(), executed.view())
                };
                if parent.view() <= lock_view && !extends {
                    let me = world.identity(step.process);
                    let what = format!(
                        "{me} was locked on {locked} of view {lock_view} and voted for {block} of view {view}, which \
                         conflicts with it and has a certificate of view {}",
                        parent.view()
                    );
                    return Err(Breach::new([me], what));
                }
                if parent.justify().view > lock_view {
                    self.locks.insert(step.process, (parent.justify().view, parent.justify().block));
                }
            }
        }
        Ok(())
    }
}
