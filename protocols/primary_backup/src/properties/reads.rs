//! What reads return.

use std::collections::BTreeMap;

use parts::epoch_log::Position;
use sim_core::{Breach, ProcessId, Property, RequestId, Step, World};

use super::acknowledged::Acknowledged;
use crate::message::Event;
use crate::node::PrimaryBackup;

/// A read sees each write that was acknowledged before it began and is not lost.
///
/// It begins here when a primary begins to carry it out.
#[derive(Debug, Default)]
pub struct ReadsAreCurrent {
    acknowledged: Acknowledged,
    /// The last entry that was acknowledged when a read began, by who carries it out.
    began: BTreeMap<(ProcessId, RequestId), Position>,
}

impl Property<PrimaryBackup> for ReadsAreCurrent {
    fn after_step(&mut self, world: &World<'_, PrimaryBackup>, step: &Step<'_, PrimaryBackup>) -> Result<(), Breach> {
        for event in step.events {
            self.acknowledged.note(event);
            match event {
                Event::ReadBegan { request } => {
                    if let Some(last) = self.acknowledged.entries.last() {
                        self.began.insert((step.process, *request), *last);
                    }
                }
                Event::Read { position, request, .. } => {
                    let Some(last) = self.began.remove(&(step.process, *request)) else { continue };
                    // Where it has crashed since, nobody can tell.
                    let Some(node) = world.node(step.process) else { continue };
                    let is_kept = self.acknowledged.entries.contains(&last);
                    if is_kept && (position.end < last.end || node.log.position_at(last.end) != last) {
                        let what = format!("{} answers {request} at {position:?}, without {last:?}", node.me);
                        let what = format!("{what}, which was acknowledged before");
                        return Err(Breach::new([node.me], what));
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }
}
