//! Acknowledged Writes Are Kept.

use parts::per_process::PerProcess;
use sim_core::{Breach, NodeId, ProcessId, Property, Step, World};

use super::stored::{Acknowledged, Stored, stored_after};
use crate::config::QuorumConfig;
use crate::node::QuorumStore;
use crate::version::Cell;

/// What was acknowledged, or something that came after it, is durably at W nodes from then on: at replicas, or kept for
/// replicas. Only that a key was deleted may be forgotten, and what was deleted with it.
#[derive(Debug)]
pub struct AcknowledgedWritesAreKept {
    needed: usize,
    /// What each node has: in its memory, or on its disk after a crash.
    stored: PerProcess<Stored>,
    acknowledged: Acknowledged,
}

impl AcknowledgedWritesAreKept {
    /// For stores with this configuration.
    pub fn new(config: &QuorumConfig) -> Self {
        Self { needed: config.write_quorum(), stored: PerProcess::default(), acknowledged: Acknowledged::default() }
    }

    fn check(&mut self, key: u32, world: &World<'_, QuorumStore>) -> Result<(), Breach> {
        let Some(acknowledged) = self.acknowledged.of(key) else { return Ok(()) };
        for version in acknowledged.versions() {
            let processes: Vec<ProcessId> = world.processes().collect();
            let has = |process: &ProcessId| self.stored.of(*process).covers(key, version);
            let have: Vec<NodeId> = processes.into_iter().filter(has).map(|process| world.identity(process)).collect();
            if have.len() < self.needed {
                let what = format!(
                    "{:?} of key {key} was acknowledged, and {have:?} have it or what came after it: {} nodes must",
                    version.dot(),
                    self.needed
                );
                return Err(Breach::new(have, what));
            }
        }
        Ok(())
    }
}

impl Property<QuorumStore> for AcknowledgedWritesAreKept {
    fn after_step(&mut self, world: &World<'_, QuorumStore>, step: &Step<'_, QuorumStore>) -> Result<(), Breach> {
        let written = self.acknowledged.after_step(step);
        if let Some(now) = stored_after(world, step) {
            let before = std::mem::replace(self.stored.of(step.process), now);
            let now = self.stored.of(step.process).clone();
            let has_lost = |key: &u32, cell: &Cell| {
                cell.versions().iter().any(|of| before.covers(*key, of) && !now.covers(*key, of))
            };
            let lost: Vec<u32> =
                self.acknowledged.cells().filter(|(key, cell)| has_lost(key, cell)).map(|(key, _)| key).collect();
            lost.into_iter().try_for_each(|key| self.check(key, world))?;
        }
        written.into_iter().try_for_each(|key| self.check(key, world))
    }
}
