//! Consistency.

use sim_core::{Breach, NodeId, Property, Step, StepKind, World};

use crate::message::{BlockHash, Event};
use crate::node::Streamlet;

/// "If two honest nodes have finalized chains, then one is a prefix of the other, or they are the same."
#[derive(Debug, Default)]
pub struct Consistency {
    /// Which block was final first at each length, from 1 on, and where.
    finalized: Vec<(NodeId, BlockHash)>,
}

impl Consistency {
    fn check(&mut self, me: NodeId, length: u64, block: BlockHash) -> Result<(), Breach> {
        match self.finalized.get(length as usize - 1) {
            Some((_, other)) if *other == block => Ok(()),
            Some((first, other)) => {
                let what = format!("block {length} is {other} on {first}, and {block} on {me}, and both are final");
                Err(Breach::new([*first, me], what))
            }
            // Blocks become final in ascending order.
            None => {
                self.finalized.push((me, block));
                Ok(())
            }
        }
    }
}

impl Property<Streamlet> for Consistency {
    fn after_step(&mut self, world: &World<'_, Streamlet>, step: &Step<'_, Streamlet>) -> Result<(), Breach> {
        let me = world.identity(step.process);
        for event in step.events {
            if let Event::Finalized { length, block } = event {
                self.check(me, *length, *block)?;
            }
        }
        // What a node has found on its disk it does not announce again.
        if let (StepKind::Boot, Some(node)) = (step.kind, world.node(step.process)) {
            for (length, block) in (1..).zip(node.finalized()) {
                self.check(me, length, *block)?;
            }
        }
        Ok(())
    }
}
