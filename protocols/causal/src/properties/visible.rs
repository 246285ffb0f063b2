//! Which versions are visible where, as nodes have announced it.

use std::collections::BTreeSet;

use parts::per_process::PerProcess;
use sim_core::{ProcessId, Step, World};

use crate::cluster::Cluster;
use crate::message::{Event, Put, Version};
use crate::node::Causal;

/// By node, all versions that it has ever said are visible. It may not lose any, so none is taken out.
#[derive(Debug, Default)]
pub(super) struct Visible {
    at: PerProcess<BTreeSet<Version>>,
    cluster: Option<Cluster>,
}

impl Visible {
    /// Takes in what a step has announced. Gives which data centre that was in, if there is something to look at.
    pub(super) fn after_step(&mut self, world: &World<'_, Causal>, step: &Step<'_, Causal>) -> Option<u32> {
        if self.cluster.is_none() && step.process.index() < world.node_ids().len() {
            self.cluster = world.node(step.process).map(Causal::cluster);
        }
        if step.events.is_empty() {
            return None;
        }
        self.at.of(step.process).extend(step.events.iter().filter_map(version));
        Some(self.cluster?.data_centre(world.identity(step.process)))
    }

    /// The first of these versions that is not visible in a data centre.
    pub(super) fn first_missing(&mut self, data_centre: u32, versions: &[Version]) -> Option<Version> {
        let cluster = self.cluster?;
        let is_missing = |version: &&Version| {
            let owner = cluster.owner(data_centre, version.key);
            !self.at.of(ProcessId(owner.index())).contains(*version)
        };
        versions.iter().find(is_missing).copied()
    }

    /// All versions that a node has ever had.
    pub(super) fn of(&mut self, process: ProcessId) -> &BTreeSet<Version> {
        self.at.of(process)
    }
}

/// The version that an event says is visible.
pub(super) const fn version(event: &Event) -> Option<Version> {
    match event {
        Event::Wrote(Put { version, .. })
        | Event::RecoveredOwn(Put { version, .. })
        | Event::Committed { version, .. }
        | Event::Recovered(version) => Some(*version),
        Event::Read { .. } | Event::Blocked => None,
    }
}
