//! Consistency.

use std::collections::BTreeMap;

use sim_core::{Breach, NodeId, Property, Step, World};

use super::deliveries::Deliveries;
use crate::message::BroadcastId;
use crate::node::Bracha;

/// "If some correct process delivers m and another correct process delivers m′, then m = m′."
#[derive(Debug, Default)]
pub struct Consistency {
    deliveries: Deliveries,
    /// What was delivered first of each broadcast, and by whom.
    first: BTreeMap<BroadcastId, (NodeId, u64)>,
}

impl Property<Bracha> for Consistency {
    fn after_step(&mut self, world: &World<'_, Bracha>, step: &Step<'_, Bracha>) -> Result<(), Breach> {
        for content in self.deliveries.since_last(world, step) {
            let me = world.identity(step.process);
            let (first, payload) = *self.first.entry(content.id).or_insert((me, content.payload));
            if payload != content.payload {
                let (origin, sequence, other) = (content.id.origin, content.id.sequence, content.payload);
                let what = format!("of broadcast {sequence} of {origin}, {first} delivered {payload} and {me} {other}");
                return Err(Breach::new([first, me], what));
            }
        }
        Ok(())
    }
}
