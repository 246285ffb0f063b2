//! Same State At Same Index.

use parts::kv::{Applied, SameStates};
use sim_core::{Breach, Property, Step, World};

use crate::log::Command;
use crate::node::Raft;

/// State machines that have applied the same log up to the same index are in the same state (3.2 of
/// the thesis; section 2 of the paper), whether they came to it by entries or by a snapshot (7).
#[derive(Debug)]
pub struct SameState(SameStates);

impl SameState {
    /// `once`: whether an operation that is in the log twice takes effect once.
    pub fn new(once: bool) -> Self {
        Self(SameStates::new(once))
    }
}

impl Property<Raft> for SameState {
    fn after_step(&mut self, world: &World<'_, Raft>, step: &Step<'_, Raft>) -> Result<(), Breach> {
        let Some(node) = world.node(step.process) else {
            return Ok(());
        };
        // Entries that it applied are still in its log: where they are not, there was a snapshot.
        let applied = Applied { index: node.last_applied(), base: node.log().base().index, machine: node.machine() };
        let operation = |index| {
            node.log().entry(index).map(|entry| match &entry.command {
                Command::Client { request, op } => Some((*request, *op)),
                Command::NoOp | Command::Configuration(_) => None,
            })
        };
        self.0.after_step(world, step.process, applied, operation, "entry")
    }
}
