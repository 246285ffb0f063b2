//! Which copies replicas have, up or down.

use std::collections::BTreeMap;

use sim_core::{Step, StepKind, World};

use crate::message::Tag;
use crate::node::Abd;
use crate::storage::tags_on;

/// The tags of a replica's copies, by register.
pub(super) type Tags = BTreeMap<u32, Tag>;

/// The tags of the copies of the replica that a step was about, if the step may have changed them: what the
/// step has left in its memory, or a crash on its disk.
pub(super) fn tags_after(world: &World<'_, Abd>, step: &Step<'_, Abd>) -> Option<Tags> {
    match (step.kind, world.node(step.process)) {
        (StepKind::Crash, _) => Some(tags_on(world.disk(step.process))),
        (StepKind::Message | StepKind::Boot, Some(node)) => Some(node.tags().collect()),
        _ => None,
    }
}

/// The first register of which a replica had a copy with a higher tag before.
pub(super) fn first_lower(before: &Tags, now: &Tags) -> Option<u32> {
    before.iter().find(|(key, before)| now.get(key).is_none_or(|now| now < *before)).map(|(key, _)| *key)
}
