//! Agreement.

use std::collections::BTreeMap;

use sim_core::{Breach, NodeId, Property, Step, World};

use crate::message::Event;
use crate::node::Pbft;
use crate::request::Digest;

/// Correct replicas "agree on the sequence numbers of requests that commit locally" (OSDI 4.5.1), in
/// whatever views: no two execute different batches at a place, nor does one before and after a crash.
#[derive(Debug, Default)]
pub struct Agreement {
    /// What was executed at each place, and by whom first.
    executed: BTreeMap<u64, (Digest, NodeId)>,
}

impl Property<Pbft> for Agreement {
    fn after_step(&mut self, world: &World<'_, Pbft>, step: &Step<'_, Pbft>) -> Result<(), Breach> {
        for event in step.events {
            if let Event::Executed { sequence, digest } = event {
                let me = world.identity(step.process);
                let (first, by) = *self.executed.entry(*sequence).or_insert((*digest, me));
                if first != *digest {
                    let what = format!("at place {sequence} {by} executed batch {first} and {me} batch {digest}");
                    return Err(Breach::new([by, me], what));
                }
            }
        }
        Ok(())
    }
}
