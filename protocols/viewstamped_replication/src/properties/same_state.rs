//! Same State At Same Op-Number.

use parts::kv::{Applied, SameStates};
use sim_core::{Breach, Property, Step, World};

use crate::node::{Status, Vr};

/// Replicas that have executed all up to an op-number are in the same state, client table included, whether they came to it
/// by requests or by a checkpoint (Liskov and Cowling 2012, 3, 5.1).
#[derive(Debug)]
pub struct SameState(SameStates);

impl SameState {
    /// `once`: whether a request that is committed twice takes effect once.
    pub fn new(once: bool) -> Self {
        Self(SameStates::new(once))
    }
}

impl Property<Vr> for SameState {
    fn after_step(&mut self, world: &World<'_, Vr>, step: &Step<'_, Vr>) -> Result<(), Breach> {
        let Some(replica) = world.node(step.process) else { return Ok(()) };
        if replica.status() == Status::Recovering {
            return Ok(());
        }
        let (index, executed) = (replica.commit_number(), replica.executed());
        // What it executed before this step is not looked for.
        let base = index - executed.len() as u64;
        let applied = Applied { index, base, machine: replica.machine() };
        let operation = |op_number| {
            let entry = executed.iter().find(|(of, _)| *of == op_number);
            entry.map(|(_, entry)| Some((entry.request, entry.op)))
        };
        self.0.after_step(world, step.process, applied, operation, "op-number")
    }
}
