//! Log Matching.

use std::collections::BTreeMap;

use sim_core::{Breach, NodeId, Property, Step, Value, World};

use crate::log::Entry;
use crate::node::Raft;

/// "If two logs contain an entry with the same index and term, then the logs are identical in all
/// entries up through the given index" (Figure 3).
///
/// It is checked by its induction step: of all entries that ever had the same index and term, each
/// must be the same and follow an entry of the same term. That covers logs of different times too,
/// which the proof does as well (thesis, appendix B, `allLogs`).
#[derive(Debug, Default)]
pub struct LogMatching {
    /// What was first seen at each index and term.
    first: BTreeMap<(u64, u64), Seen>,
}

#[derive(Clone, Debug)]
struct Seen {
    entry: Entry,
    term_before: u64,
    on: NodeId,
}

impl Property<Raft> for LogMatching {
    fn after_step(&mut self, world: &World<'_, Raft>, step: &Step<'_, Raft>) -> Result<(), Breach> {
        let Some(node) = world.node(step.process) else {
            return Ok(());
        };
        let log = node.log();
        let Some(changed) = log.changed_from() else {
            return Ok(());
        };
        let on = world.identity(step.process);
        for index in changed.max(log.base().index + 1)..=log.last_index() {
            if let (Some(entry), Some(term_before)) = (log.entry(index), log.term_at(index - 1)) {
                self.compare(index, entry, term_before, on)?;
            }
        }
        Ok(())
    }
}

impl LogMatching {
    fn compare(&mut self, index: u64, entry: &Entry, term_before: u64, on: NodeId) -> Result<(), Breach> {
        let seen = || Seen { entry: entry.clone(), term_before, on };
        let first = self.first.entry((index, entry.term)).or_insert_with(seen);
        if (&first.entry, first.term_before) == (entry, term_before) {
            return Ok(());
        }
        let tell = |of: &Seen| {
            let command = Value::of(&of.entry.command);
            format!("{} behind one of term {} on {}", command.nested(), of.term_before, of.on)
        };
        let what = format!("entry {index} of term {} is {}, and {}", entry.term, tell(first), tell(&seen()));
        Err(Breach::new([first.on, on], what))
    }
}
