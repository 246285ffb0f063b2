//! Condition (I).

use sim_core::{Breach, ProcessId, Property, Step, World};

use crate::node::LamportMutex;

/// "A process which has been granted the resource must release it before it can be granted to another
/// process."
#[derive(Debug, Default)]
pub struct MutualExclusion {
    holder: Option<ProcessId>,
}

impl Property<LamportMutex> for MutualExclusion {
    fn after_step(&mut self, world: &World<'_, LamportMutex>, step: &Step<'_, LamportMutex>) -> Result<(), Breach> {
        let holds = world.node(step.process).is_some_and(|process| process.holds().is_some());
        match self.holder {
            Some(holder) if holder == step.process && !holds => self.holder = None,
            Some(holder) if holder != step.process && holds => {
                let [first, second] = [holder, step.process].map(|process| world.identity(process));
                return Err(Breach::new([first, second], format!("{second} has the resource, and so has {first}")));
            }
            None if holds => self.holder = Some(step.process),
            _ => {}
        }
        Ok(())
    }
}
