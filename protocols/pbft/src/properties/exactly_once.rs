//! Exactly Once.

use std::collections::BTreeMap;

use sim_core::{Breach, NodeId, Property, RequestId, Step, World};

use crate::node::Pbft;

/// "Exactly-once semantics for the execution of client requests" (OSDI 4.1): a request takes effect at
/// one place in the order, however often it is proposed. A replica that goes through the order again
/// after a crash comes to the same place.
#[derive(Debug, Default)]
pub struct ExactlyOnce {
    /// Where each request took effect, and on whom first.
    applied: BTreeMap<RequestId, (u64, NodeId)>,
}

impl Property<Pbft> for ExactlyOnce {
    fn after_step(&mut self, world: &World<'_, Pbft>, step: &Step<'_, Pbft>) -> Result<(), Breach> {
        let Some(node) = world.node(step.process) else {
            return Ok(());
        };
        let applied = &node.acts().applied;
        for (number, act) in applied.iter().enumerate() {
            let me = world.identity(step.process);
            let (place, by) = *self.applied.entry(act.request).or_insert((act.sequence, me));
            let is_repeated = applied[..number].iter().any(|other| other.request == act.request);
            if place != act.sequence || is_repeated {
                let request = act.request;
                let what = format!("{request} took effect at place {place} on {by}, and at {} on {me}", act.sequence);
                return Err(Breach::new([by, me], what));
            }
        }
        Ok(())
    }
}
