//! Who is said to be wrong.

use std::collections::BTreeSet;

use sim_core::{Breach, NodeId, Property, Step, World};

use crate::message::Event;
use crate::node::ReplicatedService;

/// Only a replica that has computed something wrong is said to differ from the others.
#[derive(Debug, Default)]
pub struct OnlyTheFaultyAreAccused(BTreeSet<NodeId>);

impl Property<ReplicatedService> for OnlyTheFaultyAreAccused {
    fn after_step(
        &mut self,
        world: &World<'_, ReplicatedService>,
        step: &Step<'_, ReplicatedService>,
    ) -> Result<(), Breach> {
        for event in step.events {
            match event {
                Event::Erred => _ = self.0.insert(world.identity(step.process)),
                Event::Disagreement { index, odd } if !self.0.contains(odd) => {
                    let me = world.identity(step.process);
                    let what =
                        format!("{me} says that {odd} is wrong after command {index}, and it has computed right");
                    return Err(Breach::new([me, *odd], what));
                }
                _ => {}
            }
        }
        Ok(())
    }
}
