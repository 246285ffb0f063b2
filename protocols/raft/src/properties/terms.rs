//! Term Never Decreases.

use parts::per_process::PerProcess;
use sim_core::{Breach, Property, Step, World};

use crate::node::Raft;

/// "The current term … increases monotonically" (5.1), through crashes too.
#[derive(Debug, Default)]
pub struct TermNeverDecreases {
    terms: PerProcess<u64>,
}

impl Property<Raft> for TermNeverDecreases {
    fn after_step(&mut self, world: &World<'_, Raft>, step: &Step<'_, Raft>) -> Result<(), Breach> {
        let Some(node) = world.node(step.process) else {
            return Ok(());
        };
        let before = std::mem::replace(self.terms.of(step.process), node.term());
        if before <= node.term() {
            return Ok(());
        }
        let me = world.identity(step.process);
        Err(Breach::new([me], format!("{me} went back from term {before} to term {}", node.term())))
    }
}
