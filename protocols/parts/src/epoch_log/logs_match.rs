//! That logs match.

use std::collections::BTreeMap;

use sim_core::{Breach, Property, Protocol, RequestId, Step, StepKind, World};

use super::Log;
use crate::per_process::PerProcess;

/// Entries with one epoch and one offset are the same, and so are those before them; epochs never fall.
#[derive(Debug)]
pub struct LogsMatch<P: Protocol> {
    log: fn(&P) -> &Log,
    kept: fn(&P::Event) -> Option<u64>,
    /// What each entry is, and the epoch of the one before it, by offset and epoch.
    entries: BTreeMap<(u64, u64), (RequestId, u64)>,
    /// How many entries of each process were looked at.
    seen: PerProcess<u64>,
}

impl<P: Protocol> LogsMatch<P> {
    /// Looks at the logs of nodes. An event by which a log may be another one from some offset on says how many entries
    /// are `kept`.
    pub fn new(log: fn(&P) -> &Log, kept: fn(&P::Event) -> Option<u64>) -> Self {
        Self { log, kept, entries: BTreeMap::new(), seen: PerProcess::default() }
    }
}

impl<P: Protocol> Property<P> for LogsMatch<P> {
    fn after_step(&mut self, world: &World<'_, P>, step: &Step<'_, P>) -> Result<(), Breach> {
        if matches!(step.kind, StepKind::Client) {
            return Ok(());
        }
        let seen = self.seen.of(step.process);
        let Some(node) = world.node(step.process) else {
            *seen = 0;
            return Ok(());
        };
        *seen = step.events.iter().filter_map(self.kept).min().map_or(*seen, |kept| kept.min(*seen));
        let (log, me) = ((self.log)(node), world.identity(step.process));
        for offset in *seen + 1..=log.end() {
            let Some(entry) = log.get(offset) else { break };
            let before = log.get(offset - 1).map_or(0, |before| before.epoch);
            if before > entry.epoch {
                let what = format!("{me} takes an entry of epoch {} after one of {before}", entry.epoch);
                return Err(Breach::new([me], what));
            }
            let here = (entry.request, before);
            let known = *self.entries.entry((offset, entry.epoch)).or_insert(here);
            if known != here {
                let what = format!(
                    "{me} has {} at offset {offset} of epoch {}, after one of epoch {before}, and another has {}, after \
                     one of epoch {}",
                    here.0, entry.epoch, known.0, known.1
                );
                return Err(Breach::new([me], what));
            }
        }
        *seen = log.end();
        Ok(())
    }
}
