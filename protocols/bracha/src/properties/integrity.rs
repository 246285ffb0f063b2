//! Integrity, with No duplication.

use std::collections::{BTreeMap, BTreeSet};

use sim_core::{Breach, ProcessId, Property, Step, StepKind, Stored, World};

use super::deliveries::Deliveries;
use crate::message::{BroadcastId, Content, Record};
use crate::node::Bracha;

/// "Every correct process delivers at most one message. If some correct process delivers a message m
/// with sender p and process p is correct, then m was previously broadcast by p."
///
/// A node that has delivered something must know it for good: otherwise it would deliver it again.
#[derive(Debug, Default)]
pub struct Integrity {
    deliveries: Deliveries,
    /// What each process has delivered, whether it restarted or not.
    delivered: BTreeMap<ProcessId, BTreeSet<BroadcastId>>,
}

impl Property<Bracha> for Integrity {
    fn after_step(&mut self, world: &World<'_, Bracha>, step: &Step<'_, Bracha>) -> Result<(), Breach> {
        let Some(node) = world.node(step.process) else { return Ok(()) };
        let me = world.identity(step.process);
        let delivered = self.delivered.entry(step.process).or_default();
        if step.kind == StepKind::Boot
            && let Some(id) = delivered.iter().find(|id| node.delivered(**id).is_none())
        {
            let what = format!("{me} has forgotten that it delivered broadcast {} of {}", id.sequence, id.origin);
            return Err(Breach::new([me], what));
        }
        let is_again = step.kind == StepKind::Boot;
        for content in self.deliveries.since_last(world, step) {
            let BroadcastId { origin, sequence } = content.id;
            if !delivered.insert(content.id) && !is_again {
                return Err(Breach::new([me], format!("{me} delivered broadcast {sequence} of {origin} twice")));
            }
            let process = ProcessId(origin.index());
            if world.is_correct(process) && !has_broadcast(world, process, *content) {
                let what = format!(
                    "{me} delivered {} as broadcast {sequence} of {origin}, which has not broadcast it",
                    content.payload
                );
                return Err(Breach::new([me, origin], what));
            }
        }
        Ok(())
    }
}

/// Who broadcasts writes it down first.
fn has_broadcast(world: &World<'_, Bracha>, process: ProcessId, content: Content) -> bool {
    let mut records = world.disk(process).iter().filter_map(Stored::readable);
    records.any(|record| *record == Record::Broadcast(content))
}
