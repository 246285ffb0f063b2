//! What replicas make of their logs.

use parts::epoch_log::Entry;
use parts::kv::Machine;
use sim_core::{Breach, Property, Step, World};

use crate::message::Event;
use crate::node::PrimaryBackup;

/// When a replica has removed entries, or boots, its map is what so many entries of its log make of it as it has applied.
#[derive(Debug, Default)]
pub struct TheMapIsThatOfTheLog;

impl Property<PrimaryBackup> for TheMapIsThatOfTheLog {
    fn after_step(&mut self, world: &World<'_, PrimaryBackup>, step: &Step<'_, PrimaryBackup>) -> Result<(), Breach> {
        let changes = |event: &Event| matches!(event, Event::Truncated { .. } | Event::Recovered { .. });
        let Some(node) = world.node(step.process).filter(|_| step.events.iter().any(changes)) else { return Ok(()) };
        let applied = node.log.entries().get(..node.applied as usize);
        let makes = applied.map(|entries| {
            let mut machine = Machine::default();
            entries.iter().for_each(|Entry { request, op, .. }| _ = machine.apply(*request, op, true));
            machine
        });
        if makes.as_ref() != Some(&node.machine) {
            let what = format!("{} has {:?}, and its map is not what that makes of it", node.me, node.log.position());
            return Err(Breach::new([node.me], what));
        }
        Ok(())
    }
}
