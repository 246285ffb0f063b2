//! Stable Is Executed.

use sim_core::{Breach, Property, Step, World};

use crate::node::Pbft;

/// The low watermark is "the sequence number of the last stable checkpoint" (OSDI 4.3), and what came
/// before it is forgotten: a replica that is not there itself must first obtain the state from another.
/// Else it has nothing to go on from, nor anything to send to others. The state is durable before the
/// checkpoint is, so a crash is no excuse.
#[derive(Debug, Default)]
pub struct StableIsExecuted;

impl Property<Pbft> for StableIsExecuted {
    fn after_step(&mut self, world: &World<'_, Pbft>, step: &Step<'_, Pbft>) -> Result<(), Breach> {
        let Some(node) = world.node(step.process) else {
            return Ok(());
        };
        let (executed, stable) = (node.executed(), node.stable().sequence());
        if stable <= executed {
            return Ok(());
        }
        let me = world.identity(step.process);
        let what =
            format!("checkpoint {stable} is stable for {me}, which has executed all up to place {executed} only");
        Err(Breach::new([me], what))
    }
}
