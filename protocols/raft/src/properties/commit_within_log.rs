//! Commit Index Within Log.

use sim_core::{Breach, Property, Step, World};

use crate::node::Raft;

/// No node takes more to be committed than it has in its log, nor applies more than is committed:
/// "set commitIndex = min(leaderCommit, index of last new entry)" (Figure 2, AppendEntries rule 5),
/// "if commitIndex > lastApplied: increment lastApplied" (rules for all servers).
#[derive(Debug, Default)]
pub struct CommitIndexWithinLog;

impl Property<Raft> for CommitIndexWithinLog {
    fn after_step(&mut self, world: &World<'_, Raft>, step: &Step<'_, Raft>) -> Result<(), Breach> {
        let Some(node) = world.node(step.process) else {
            return Ok(());
        };
        let (applied, committed, last) = (node.last_applied(), node.commit_index(), node.log().last_index());
        if applied <= committed && committed <= last {
            return Ok(());
        }
        let me = world.identity(step.process);
        let what = format!("{me} has applied up to {applied}, committed up to {committed}, and a log up to {last}");
        Err(Breach::new([me], what))
    }
}
