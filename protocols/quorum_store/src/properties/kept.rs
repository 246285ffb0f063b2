//! Acknowledged Writes Are Kept.

use std::collections::BTreeMap;

use parts::per_process::PerProcess;
use sim_core::{Breach, Flaws, NodeId, ProcessId, Property, Step, World};

use super::stored::{Stored, Versions, stored_after};
use crate::config::QuorumConfig;
use crate::message::Event;
use crate::node::QuorumStore;
use crate::version::{Cell, Version};

/// What was acknowledged, or something that came after it, is durably at W nodes from then on: at replicas, or kept for
/// replicas. Only that a key was deleted may be forgotten, and what was deleted with it.
#[derive(Debug)]
pub struct AcknowledgedWritesAreKept {
    needed: usize,
    versions: Versions,
    /// What each node has: in its memory, or on its disk after a crash.
    stored: PerProcess<Stored>,
    /// By key, the acknowledged versions that none of the others came after.
    acknowledged: BTreeMap<u32, Cell>,
    /// By key, the tombstones that some replica has forgotten.
    forgotten: BTreeMap<u32, Cell>,
}

impl AcknowledgedWritesAreKept {
    /// For stores with this configuration.
    pub fn new(config: &QuorumConfig) -> Self {
        Self {
            needed: config.write_quorum(),
            versions: Versions::default(),
            stored: PerProcess::default(),
            acknowledged: BTreeMap::new(),
            forgotten: BTreeMap::new(),
        }
    }

    /// A node has forgotten that a key was deleted.
    fn forget(&mut self, key: u32, tombstones: &Cell) {
        let forgotten = self.forgotten.entry(key).or_default();
        for tombstone in tombstones.versions() {
            forgotten.take(tombstone, Flaws::default());
        }
        if let Some(acknowledged) = self.acknowledged.get_mut(&key) {
            let over = |version: &&Version| forgotten.covers(version);
            let over: Vec<_> = acknowledged.versions().iter().filter(over).map(Version::dot).collect();
            acknowledged.drop(&over);
        }
    }

    fn check(&mut self, key: u32, world: &World<'_, QuorumStore>) -> Result<(), Breach> {
        let Some(acknowledged) = self.acknowledged.get(&key) else { return Ok(()) };
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
        self.versions.after_step(step);
        if let Some(now) = stored_after(world, step) {
            let before = std::mem::replace(self.stored.of(step.process), now);
            let now = self.stored.of(step.process).clone();
            for (key, cell) in
                before.cells.iter().filter(|(key, cell)| cell.is_deleted() && !now.cells.contains_key(key))
            {
                self.forget(*key, cell);
            }
            let has_lost = |key: &u32, cell: &Cell| {
                cell.versions().iter().any(|of| before.covers(*key, of) && !now.covers(*key, of))
            };
            let lost: Vec<u32> =
                self.acknowledged.iter().filter(|(key, cell)| has_lost(key, cell)).map(|(key, _)| *key).collect();
            lost.into_iter().try_for_each(|key| self.check(key, world))?;
        }
        for event in step.events {
            if let Event::Wrote { key, dot, .. } = event
                && let Some(version) = self.versions.get(*dot)
                && !self.forgotten.get(key).is_some_and(|forgotten| forgotten.covers(version))
            {
                self.acknowledged.entry(*key).or_default().take(version, Flaws::default());
                self.check(*key, world)?;
            }
        }
        Ok(())
    }
}
