//! Tags Follow Real Time.

use std::collections::BTreeMap;

use sim_core::{Breach, ProcessId, Property, RequestId, Step, World};

use super::completed;
use crate::message::{Event, Tag};
use crate::node::Abd;

/// If an operation was complete when another began, the tag of the other is not lower, and higher if the other is
/// a write.
///
/// An operation begins here when its coordinator begins to carry it out.
#[derive(Debug, Default)]
pub struct TagsFollowRealTime {
    /// The highest tag of a complete operation on each register.
    completed: BTreeMap<u32, Tag>,
    /// That tag when an operation began, by who carries it out.
    began: BTreeMap<(ProcessId, RequestId), Tag>,
}

impl Property<Abd> for TagsFollowRealTime {
    fn after_step(&mut self, world: &World<'_, Abd>, step: &Step<'_, Abd>) -> Result<(), Breach> {
        for event in step.events {
            let (request, is_write) = match *event {
                Event::Began { request, key } => {
                    let highest = self.completed.get(&key).copied().unwrap_or(Tag::INITIAL);
                    self.began.insert((step.process, request), highest);
                    continue;
                }
                Event::Wrote { request, .. } => (request, true),
                Event::Read { request, .. } => (request, false),
                Event::Tagged { .. } | Event::Resumed { .. } => continue,
            };
            let Some((key, tag)) = completed(event) else { continue };
            let highest = self.completed.entry(key).or_insert(Tag::INITIAL);
            *highest = tag.max(*highest);
            // A write that is repeated after it was complete has begun long ago.
            let Some(before) = self.began.remove(&(step.process, request)) else { continue };
            if tag < before || is_write && tag == before {
                let me = world.identity(step.process);
                let what = if is_write { "a write" } else { "a read" };
                let what = format!(
                    "{what} of {} to register {key} has tag {tag:?}, and tag {before:?} was complete when {me} began it",
                    request.client
                );
                return Err(Breach::new([me], what));
            }
        }
        Ok(())
    }
}
