//! Commit Index Never Decreases.

use parts::per_process::PerProcess;
use sim_core::{Breach, Property, Step, World};

use crate::node::Raft;

/// "Index of highest log entry known to be committed (initialized to 0, increases monotonically)"
/// (Figure 2): within an incarnation, because it is volatile, and over snapshots.
#[derive(Debug, Default)]
pub struct CommitIndexNeverDecreases {
    /// Incarnation and commit index.
    seen: PerProcess<(u32, u64)>,
}

impl Property<Raft> for CommitIndexNeverDecreases {
    fn after_step(&mut self, world: &World<'_, Raft>, step: &Step<'_, Raft>) -> Result<(), Breach> {
        let Some(node) = world.node(step.process) else {
            return Ok(());
        };
        let now = (world.incarnation(step.process), node.commit_index());
        let before = std::mem::replace(self.seen.of(step.process), now);
        if before.0 != now.0 || before.1 <= now.1 {
            return Ok(());
        }
        let me = world.identity(step.process);
        Err(Breach::new([me], format!("{me} went back from commit index {} to {}", before.1, now.1)))
    }
}
