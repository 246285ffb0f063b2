//! Checkpoint Agreement.

use std::collections::BTreeMap;

use sim_core::{Breach, NodeId, Property, Step, World};

use crate::message::Event;
use crate::node::Pbft;
use crate::request::Digest;

/// All correct replicas that reach a checkpoint have the same state there (OSDI 4.3), also those that
/// have it from another: its proof convinces of nothing else.
#[derive(Debug, Default)]
pub struct CheckpointAgreement {
    /// The state at each checkpoint, and whose it was first.
    states: BTreeMap<u64, (Digest, NodeId)>,
}

impl Property<Pbft> for CheckpointAgreement {
    fn after_step(&mut self, world: &World<'_, Pbft>, step: &Step<'_, Pbft>) -> Result<(), Breach> {
        for event in step.events {
            let checkpoint = match event {
                Event::TookCheckpoint { sequence, digest } => Some((*sequence, *digest)),
                Event::InstalledState { sequence, digest } => Some((*sequence, *digest)),
                _ => None,
            };
            if let Some((sequence, digest)) = checkpoint {
                let me = world.identity(step.process);
                let (first, of) = *self.states.entry(sequence).or_insert((digest, me));
                if first != digest {
                    let what = format!("at checkpoint {sequence} {of} has the state {first} and {me} {digest}");
                    return Err(Breach::new([of, me], what));
                }
            }
        }
        Ok(())
    }
}
