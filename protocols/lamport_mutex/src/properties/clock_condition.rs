//! The clock condition.

use std::collections::BTreeMap;

use sim_core::{Breach, ProcessId, Property, Step, StepKind, World};

use crate::clock::LogicalTime;
use crate::node::LamportMutex;

/// "For any events a, b: if a → b then C⟨a⟩ < C⟨b⟩", which follows from C1 for the events of one process, and
/// from C2 for the sending and the receipt of a message.
#[derive(Debug, Default)]
pub struct ClockCondition {
    /// What the clock of each process showed last.
    clocks: BTreeMap<ProcessId, LogicalTime>,
}

impl Property<LamportMutex> for ClockCondition {
    fn after_step(&mut self, world: &World<'_, LamportMutex>, step: &Step<'_, LamportMutex>) -> Result<(), Breach> {
        let Some(process) = world.node(step.process) else { return Ok(()) };
        let (me, now) = (world.identity(step.process), process.now());
        let before = self.clocks.insert(step.process, now);
        let is_event = matches!(step.kind, StepKind::Message | StepKind::Timer);
        if let Some(before) = before.filter(|before| is_event && *before >= now) {
            return Err(Breach::new(
                [me],
                format!("after an event the clock of {me} shows {}, after {}", now.0, before.0),
            ));
        }
        match process.latest_heard() {
            Some(heard) if heard >= now => {
                let what = format!("{me} has heard of time {}, and its clock shows {}", heard.0, now.0);
                Err(Breach::new([me], what))
            }
            _ => Ok(()),
        }
    }
}
