//! Logs.

use std::collections::BTreeMap;

use parts::per_process::PerProcess;
use sim_core::{Breach, Property, RequestId, Step, StepKind, World};

use crate::message::Event;
use crate::node::PrimaryBackup;

/// Entries with one epoch and one offset are the same, and so are those before them.
#[derive(Debug, Default)]
pub struct LogsMatch {
    /// What each entry is, and the epoch of the one before it, by offset and epoch.
    entries: BTreeMap<(u64, u64), (RequestId, u64)>,
    /// How many entries of each process were looked at.
    seen: PerProcess<u64>,
}

impl Property<PrimaryBackup> for LogsMatch {
    fn after_step(&mut self, world: &World<'_, PrimaryBackup>, step: &Step<'_, PrimaryBackup>) -> Result<(), Breach> {
        if matches!(step.kind, StepKind::Client) {
            return Ok(());
        }
        let Some(node) = world.node(step.process) else {
            *self.seen.of(step.process) = 0;
            return Ok(());
        };
        let seen = self.seen.of(step.process);
        for event in step.events {
            if let Event::Truncated { to, .. } = event {
                *seen = (*seen).min(*to);
            }
        }
        for offset in *seen + 1..=node.log.end() {
            let Some(entry) = node.log.get(offset) else { break };
            let before = node.log.get(offset - 1).map_or(0, |before| before.epoch);
            let here = (entry.request, before);
            let known = *self.entries.entry((offset, entry.epoch)).or_insert(here);
            if known != here {
                let what = format!(
                    "{} has {} at offset {offset} of epoch {}, after one of epoch {before}, and another has {}, after one of \
                     epoch {}",
                    node.me, here.0, entry.epoch, known.0, known.1
                );
                return Err(Breach::new([node.me], what));
            }
        }
        *seen = node.log.end();
        Ok(())
    }
}
