//! Agreement.

use std::collections::BTreeMap;

use sim_core::{Breach, NodeId, Property, Step, World};

use crate::block::BlockHash;
use crate::message::Event;
use crate::node::HotStuff;

/// "If w and b are conflicting nodes, then they cannot be both committed, each by a correct replica"
/// (Theorem 2): what is committed at a height is the same everywhere, and so is all before it.
#[derive(Debug, Default)]
pub struct Agreement {
    /// What is committed, by height, and who committed it first.
    committed: BTreeMap<u64, (BlockHash, NodeId)>,
}

impl Property<HotStuff> for Agreement {
    fn after_step(&mut self, world: &World<'_, HotStuff>, step: &Step<'_, HotStuff>) -> Result<(), Breach> {
        let Some(node) = world.node(step.process) else { return Ok(()) };
        let me = world.identity(step.process);
        for executed in node.executed_now() {
            self.compare(executed.block.height(), executed.block.hash(), me)?;
        }
        for event in step.events {
            match event {
                Event::Committed { height, block } => self.compare(*height, *block, me)?,
                Event::InstalledState { height } => self.compare(*height, node.tree().executed().hash(), me)?,
                _ => {}
            }
        }
        Ok(())
    }
}

impl Agreement {
    fn compare(&mut self, height: u64, block: BlockHash, me: NodeId) -> Result<(), Breach> {
        let (first, by) = *self.committed.entry(height).or_insert((block, me));
        if first == block {
            return Ok(());
        }
        Err(Breach::new([by, me], format!("at height {height} {by} committed {first} and {me} {block}")))
    }
}
