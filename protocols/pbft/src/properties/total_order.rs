//! Total Order.

use parts::per_process::PerProcess;
use sim_core::{Breach, Property, Step, StepKind, World};

use crate::message::Event;
use crate::node::Pbft;

/// A replica executes a batch after "all requests with lower sequence numbers" (OSDI 4.2). A crash may
/// take it back to its last checkpoint, and the state of another may take it further.
#[derive(Debug, Default)]
pub struct TotalOrder {
    /// The last place of each replica; nothing before its first step after a boot.
    executed: PerProcess<Option<u64>>,
}

impl Property<Pbft> for TotalOrder {
    fn after_step(&mut self, world: &World<'_, Pbft>, step: &Step<'_, Pbft>) -> Result<(), Breach> {
        if world.node(step.process).is_none() {
            return Ok(());
        }
        let last = self.executed.of(step.process);
        if step.kind == StepKind::Boot {
            *last = None;
        }
        for event in step.events {
            match event {
                Event::Executed { sequence, .. } => {
                    if let Some(before) = last.filter(|before| before + 1 != *sequence) {
                        let me = world.identity(step.process);
                        let what = format!("{me} executed the batch at place {sequence} after that at {before}");
                        return Err(Breach::new([me], what));
                    }
                    *last = Some(*sequence);
                }
                Event::InstalledState { sequence, .. } => *last = Some(*sequence),
                _ => {}
            }
        }
        Ok(())
    }
}
