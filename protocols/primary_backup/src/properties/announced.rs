//! What the view service announces.

use std::collections::BTreeMap;

use parts::per_process::PerProcess;
use sim_core::{Breach, NodeId, Property, Step, StepKind, World};

use crate::message::Event;
use crate::node::PrimaryBackup;
use crate::view::Status;

/// When a view is made, what was announced last of each node is what it is.
#[derive(Debug, Default)]
pub struct TheAnnouncedIsSo {
    /// What each node of the view service has announced since it booted, or came to act.
    announced: PerProcess<BTreeMap<NodeId, Status>>,
}

impl Property<PrimaryBackup> for TheAnnouncedIsSo {
    fn after_step(&mut self, world: &World<'_, PrimaryBackup>, step: &Step<'_, PrimaryBackup>) -> Result<(), Breach> {
        if step.events.is_empty() {
            return Ok(());
        }
        let announced = self.announced.of(step.process);
        if step.kind == StepKind::Boot {
            announced.clear();
        }
        let mut is_made = false;
        for event in step.events {
            match event {
                Event::TookOffice { .. } => announced.clear(),
                Event::Announced { node, status } => _ = announced.insert(*node, *status),
                Event::ViewMade { .. } => is_made = true,
                _ => {}
            }
        }
        let service = world.node(step.process).and_then(|node| node.service.as_ref());
        let Some(service) = service.filter(|_| is_made) else { return Ok(()) };
        for node in service.config.replicas_of(world.node_ids()) {
            let (is, told) = (service.status(node), announced.get(&node));
            if told != Some(&is) {
                return Err(Breach::new([node], format!("{node} is {is:?}, and {told:?} was announced last")));
            }
        }
        Ok(())
    }
}
