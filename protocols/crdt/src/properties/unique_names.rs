//! No two updates have one name.

use std::collections::BTreeMap;

use parts::clocks::Dot;
use sim_core::{Breach, Property, RequestId, Step, World};

use crate::message::Event;
use crate::node::Crdt;

/// Whoever gives an update a name that another has makes others believe that they have it.
#[derive(Debug, Default)]
pub struct UniqueNames {
    /// By name, the request that asked for the update.
    made: BTreeMap<Dot, RequestId>,
}

impl Property<Crdt> for UniqueNames {
    fn after_step(&mut self, world: &World<'_, Crdt>, step: &Step<'_, Crdt>) -> Result<(), Breach> {
        for event in step.events {
            let (Event::Made(made) | Event::RecoveredOwn(made)) = event else { continue };
            let first = *self.made.entry(made.stamp.dot).or_insert(made.request);
            if first != made.request {
                let me = world.identity(step.process);
                let (dot, second) = (made.stamp.dot, made.request);
                let what = format!(
                    "update {} of replica {} is the one that {first} asked for, and that {second} asked for",
                    dot.number, dot.origin
                );
                return Err(Breach::new([me], what));
            }
        }
        Ok(())
    }
}
