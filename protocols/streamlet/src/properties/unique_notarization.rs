//! Unique Notarization.

use std::collections::BTreeMap;

use sim_core::{Breach, NodeId, Property, Step, World};

use crate::message::{BlockHash, Event};
use crate::node::Streamlet;

/// "For each epoch e, there can be at most one notarized block with epoch number e in honest view."
#[derive(Debug, Default)]
pub struct UniqueNotarization {
    /// Which block was notarized, by epoch, and who saw it first.
    notarized: BTreeMap<u64, (NodeId, BlockHash)>,
}

impl Property<Streamlet> for UniqueNotarization {
    fn after_step(&mut self, world: &World<'_, Streamlet>, step: &Step<'_, Streamlet>) -> Result<(), Breach> {
        for event in step.events {
            if let Event::Notarized { epoch, block } = event {
                let me = world.identity(step.process);
                let (first, other) = *self.notarized.entry(*epoch).or_insert((me, *block));
                if other != *block {
                    let what = format!("in epoch {epoch} {other} is notarized on {first}, and {block} on {me}");
                    return Err(Breach::new([first, me], what));
                }
            }
        }
        Ok(())
    }
}
