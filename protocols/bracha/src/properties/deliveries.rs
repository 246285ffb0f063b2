//! What a step has delivered.

use std::collections::BTreeMap;

use sim_core::{ProcessId, Step, World};

use crate::message::Content;
use crate::node::Bracha;

/// Follows the deliveries of all nodes.
#[derive(Debug, Default)]
pub(super) struct Deliveries {
    /// In which incarnation a process was last looked at, and how much it had delivered.
    seen: BTreeMap<ProcessId, (u32, usize)>,
}

impl Deliveries {
    /// What the node of this step has delivered since it was last looked at; after a restart, all.
    pub(super) fn since_last<'w>(&mut self, world: &World<'w, Bracha>, step: &Step<'_, Bracha>) -> &'w [Content] {
        let Some(node) = world.node(step.process) else { return &[] };
        let incarnation = world.incarnation(step.process);
        let (last, seen) = self.seen.entry(step.process).or_default();
        if *last != incarnation {
            (*last, *seen) = (incarnation, 0);
        }
        let new = &node.deliveries()[*seen..];
        *seen = node.deliveries().len();
        new
    }
}
