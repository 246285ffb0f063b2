//! Lock Is Kept.

use std::collections::BTreeMap;

use sim_core::{Breach, ProcessId, Property, Step, World};

use crate::node::HotStuff;

/// Whoever votes for a block is locked on its grandparent or a later block (Algorithm 4, update),
/// and stays so through crashes: others may commit because of that vote.
#[derive(Debug, Default)]
pub struct LockIsKept {
    /// The least view that the lock of each process must have.
    least: BTreeMap<ProcessId, u64>,
}

impl Property<HotStuff> for LockIsKept {
    fn after_step(&mut self, world: &World<'_, HotStuff>, step: &Step<'_, HotStuff>) -> Result<(), Breach> {
        let Some(node) = world.node(step.process) else { return Ok(()) };
        let least = self.least.entry(step.process).or_default();
        for voted in node.voted_now() {
            *least = voted.parent.justify().view.max(*least);
        }
        let lock = node.promises().lock.view;
        if lock >= *least {
            return Ok(());
        }
        let me = world.identity(step.process);
        let what = format!("{me} is locked on the block of view {lock}; by its votes it must be on that of {least}");
        Err(Breach::new([me], what))
    }
}
