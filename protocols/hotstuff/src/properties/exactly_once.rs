//! Exactly Once.

use std::collections::BTreeMap;

use sim_core::{Breach, Property, RequestId, Step, World};

use crate::node::HotStuff;

/// An operation takes effect in one block, however often its client asks and leaders propose it.
#[derive(Debug, Default)]
pub struct ExactlyOnce {
    /// The height at which each operation took effect, and its place in the block.
    effects: BTreeMap<RequestId, (u64, usize)>,
}

impl Property<HotStuff> for ExactlyOnce {
    fn after_step(&mut self, world: &World<'_, HotStuff>, step: &Step<'_, HotStuff>) -> Result<(), Breach> {
        let Some(node) = world.node(step.process) else { return Ok(()) };
        for executed in node.executed_now() {
            let height = executed.block.height();
            for (place, command) in executed.block.commands().iter().enumerate() {
                let (request, _) = *command.content();
                let here = (height, place);
                if executed.took_effect[place] && *self.effects.entry(request).or_insert(here) != here {
                    let me = world.identity(step.process);
                    let first = self.effects[&request].0;
                    let what = format!("{request} took effect at height {first} and on {me} at height {height}");
                    return Err(Breach::new([me], what));
                }
            }
        }
        Ok(())
    }
}
