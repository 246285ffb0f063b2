//! View Never Decreases.

use parts::per_process::PerProcess;
use sim_core::{Breach, Property, Step, World};

use crate::node::Pbft;

/// A replica that has asked for a view takes part in no earlier one (OSDI 4.4), through crashes too:
/// what it helped to prepare there later, nobody would hear of.
#[derive(Debug, Default)]
pub struct ViewNeverDecreases {
    views: PerProcess<u64>,
}

impl Property<Pbft> for ViewNeverDecreases {
    fn after_step(&mut self, world: &World<'_, Pbft>, step: &Step<'_, Pbft>) -> Result<(), Breach> {
        let Some(node) = world.node(step.process) else {
            return Ok(());
        };
        let before = std::mem::replace(self.views.of(step.process), node.view());
        if before <= node.view() {
            return Ok(());
        }
        let me = world.identity(step.process);
        Err(Breach::new([me], format!("{me} went back from view {before} to view {}", node.view())))
    }
}
