//! State Machine Safety.

use parts::per_process::PerProcess;
use sim_core::{Breach, NodeId, Property, Step, World};

use crate::log::Entry;
use crate::node::Raft;

/// "If a server has applied a log entry at a given index to its state machine, no other server
/// will ever apply a different log entry for the same index" (Figure 3). A snapshot counts as the
/// application of the last entry in it, of which the term is known.
#[derive(Debug, Default)]
pub struct StateMachineSafety {
    /// What was applied at each index, and by whom first; nothing if only snapshots had it.
    applied: Vec<Option<(Entry, NodeId)>>,
    /// Incarnation and last applied index.
    seen: PerProcess<(u32, u64)>,
}

impl Property<Raft> for StateMachineSafety {
    fn after_step(&mut self, world: &World<'_, Raft>, step: &Step<'_, Raft>) -> Result<(), Breach> {
        let Some(node) = world.node(step.process) else {
            return Ok(());
        };
        let now = (world.incarnation(step.process), node.last_applied());
        let before = std::mem::replace(self.seen.of(step.process), now);
        if before == now {
            return Ok(());
        }
        let applied_before = if before.0 == now.0 { before.1 } else { 0 };
        let me = world.identity(step.process);
        self.compare_snapshot(applied_before, node, me)?;
        for index in applied_before.max(node.log().base().index) + 1..=node.last_applied() {
            if let Some(entry) = node.log().entry(index) {
                self.compare(index, entry, me)?;
            }
        }
        Ok(())
    }
}

impl StateMachineSafety {
    fn compare(&mut self, index: u64, entry: &Entry, me: NodeId) -> Result<(), Breach> {
        let at = index as usize - 1;
        if at >= self.applied.len() {
            self.applied.resize(at + 1, None);
        }
        let (first, by) = self.applied[at].get_or_insert_with(|| (entry.clone(), me));
        if first == entry {
            return Ok(());
        }
        Err(Breach::new([*by, me], format!("at index {index} {by} applied {first} and {me} {entry}")))
    }

    fn compare_snapshot(&self, applied_before: u64, node: &Raft, me: NodeId) -> Result<(), Breach> {
        let base = node.log().base();
        if base.index <= applied_before {
            return Ok(());
        }
        match self.applied.get(base.index as usize - 1) {
            Some(Some((first, by))) if first.term != base.term => {
                let what = format!(
                    "at index {} {by} applied {first}, and {me} has a snapshot of term {}",
                    base.index, base.term
                );
                Err(Breach::new([*by, me], what))
            }
            _ => Ok(()),
        }
    }
}
