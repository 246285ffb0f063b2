//! Leader Append-Only.

use parts::per_process::PerProcess;
use sim_core::{Breach, Property, Step, World};

use crate::node::Raft;

/// "A leader never overwrites or deletes entries in its log; it only appends new entries"
/// (Figure 3), from the step on in which it is elected.
#[derive(Debug, Default)]
pub struct LeaderAppendOnly {
    /// Incarnation and last index.
    seen: PerProcess<(u32, u64)>,
}

impl Property<Raft> for LeaderAppendOnly {
    fn after_step(&mut self, world: &World<'_, Raft>, step: &Step<'_, Raft>) -> Result<(), Breach> {
        let Some(node) = world.node(step.process) else {
            return Ok(());
        };
        let incarnation = world.incarnation(step.process);
        let before = std::mem::replace(self.seen.of(step.process), (incarnation, node.log().last_index()));
        let Some(changed) = node.log().changed_from() else {
            return Ok(());
        };
        if !node.is_leader() || before.0 != incarnation || changed > before.1 {
            return Ok(());
        }
        let me = world.identity(step.process);
        let term = node.term();
        let what = format!("{me}, leader of term {term}, changed entry {changed} of the {} it had", before.1);
        Err(Breach::new([me], what))
    }
}
