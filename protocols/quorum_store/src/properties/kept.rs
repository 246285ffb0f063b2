//! Acknowledged Writes Are Kept.

use sim_core::{Breach, NodeId, ProcessId, Property, Step, World};

use super::stored::Acknowledged;
use crate::config::{QuorumConfig, Rings};
use crate::node::QuorumStore;
use crate::version::Version;

/// What was acknowledged, or something that came after it, is durably at W nodes from then on: at replicas, or kept for
/// replicas. Only that a key was deleted may be forgotten, and what was deleted with it. With gossiped rings, where nodes
/// differ about who the replicas are, it is at one node at least.
#[derive(Debug)]
pub struct AcknowledgedWritesAreKept {
    needed: usize,
    acknowledged: Acknowledged,
}

impl AcknowledgedWritesAreKept {
    /// For stores with this configuration.
    pub fn new(config: &QuorumConfig) -> Self {
        let needed = if config.rings == Rings::Gossiped { 1 } else { config.write_quorum() };
        Self { needed, acknowledged: Acknowledged::default() }
    }

    fn check(&mut self, key: u32, world: &World<'_, QuorumStore>) -> Result<(), Breach> {
        let versions: Vec<Version> = self.acknowledged.of(key).map(|cell| cell.versions().to_vec()).unwrap_or_default();
        for version in versions {
            let processes: Vec<ProcessId> = world.processes().collect();
            let has = |process: &ProcessId| self.acknowledged.at(*process).covers(key, &version);
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
        self.acknowledged.after_step(world, step).into_iter().try_for_each(|key| self.check(key, world))
    }
}
