//! To whom counters are gossiped.

use parts::per_process::PerProcess;
use sim_core::{Breach, Property, Step, StepKind, World};

use crate::message::Message;
use crate::node::DetectorNode;

/// Each tick's counters go to another node, in a ring, and to the one after the sender first.
#[derive(Debug, Default)]
pub struct GossipGoesRound {
    /// How often each node has gossiped since it booted.
    sent: PerProcess<u32>,
}

impl Property<DetectorNode> for GossipGoesRound {
    fn looks_at_messages(&self) -> bool {
        true
    }

    fn after_step(&mut self, world: &World<'_, DetectorNode>, step: &Step<'_, DetectorNode>) -> Result<(), Breach> {
        let sent = self.sent.of(step.process);
        if step.kind == StepKind::Boot {
            *sent = 0;
        }
        for (to, message) in step.sent {
            if !matches!(message, Message::Gossip(_)) {
                continue;
            }
            let (me, nodes) = (world.identity(step.process), world.node_ids());
            let further = 1 + *sent % (nodes.len() as u32 - 1);
            let due = nodes[(me.index() + further) as usize % nodes.len()];
            *sent += 1;
            if *to != due {
                return Err(Breach::new([me], format!("{me} gossips to {to}, and {due} is next")));
            }
        }
        Ok(())
    }
}
