//! Same State At Same Instance.

use parts::kv::{Applied, SameStates};
use sim_core::{Breach, Property, Step, World};

use crate::message::Command;
use crate::node::Paxos;

/// "Since all servers have the same state machine and the same sequence of commands, they all produce the same states"
/// (Lamport 2001, 3): nodes that have applied all up to an instance are in the same state, sessions included, whether they
/// came to it by commands or by a snapshot.
#[derive(Debug)]
pub struct SameState(SameStates);

impl SameState {
    /// `once`: whether an operation that is chosen twice takes effect once.
    pub fn new(once: bool) -> Self {
        Self(SameStates::new(once))
    }
}

impl Property<Paxos> for SameState {
    fn after_step(&mut self, world: &World<'_, Paxos>, step: &Step<'_, Paxos>) -> Result<(), Breach> {
        let Some(node) = world.node(step.process) else { return Ok(()) };
        let learner = node.learner();
        // Commands that it applied are still there: where they are not, there was a snapshot.
        let applied = Applied { index: learner.applied(), base: learner.base(), machine: node.machine() };
        let operation = |instance| {
            learner.chosen(instance).map(|command| match command {
                Command::Client { request, op } => Some((*request, *op)),
                Command::NoOp | Command::Members(_) => None,
            })
        };
        self.0.after_step(world, step.process, applied, operation, "instance")
    }
}
