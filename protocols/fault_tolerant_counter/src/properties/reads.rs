//! What reads return.

use std::collections::BTreeMap;

use sim_core::{Breach, ProcessId, Property, RequestId, Step, World};

use super::acknowledged::Acknowledged;
use crate::message::Event;
use crate::node::FaultTolerantCounter;
use crate::state::{Entries, covers};

/// A read returns all changes that were acknowledged before it began.
///
/// It begins here when a replica begins to carry it out.
#[derive(Debug, Default)]
pub struct ReadsSeeAcknowledgedChanges {
    acknowledged: Acknowledged,
    /// What was acknowledged when a read began, by who carries it out.
    began: BTreeMap<(ProcessId, RequestId), Entries>,
}

impl Property<FaultTolerantCounter> for ReadsSeeAcknowledgedChanges {
    fn after_step(
        &mut self,
        world: &World<'_, FaultTolerantCounter>,
        step: &Step<'_, FaultTolerantCounter>,
    ) -> Result<(), Breach> {
        for event in step.events {
            self.acknowledged.note(event);
            match event {
                Event::Began { request } => {
                    self.began.insert((step.process, *request), self.acknowledged.entries.clone());
                }
                Event::Read { request, state, .. } => {
                    let Some(before) = self.began.remove(&(step.process, *request)) else { continue };
                    if !covers(&state.entries, &before) {
                        let what = format!(
                            "{request} returns {:?}, and {before:?} was acknowledged when it began",
                            state.entries
                        );
                        return Err(Breach::new([world.identity(step.process)], what));
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }
}
