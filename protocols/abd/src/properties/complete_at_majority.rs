//! Complete At Majority.

use std::collections::BTreeMap;

use parts::per_process::PerProcess;
use parts::quorums::Group;
use sim_core::{Breach, NodeId, ProcessId, Property, Step, World};

use super::completed;
use super::copies::{Tags, first_lower, tags_after};
use crate::message::Tag;
use crate::node::Abd;

/// The tag of a complete operation, or a higher one, is at a majority of replicas, durably, from then on: so
/// whoever asks a majority learns of it.
#[derive(Debug, Default)]
pub struct CompleteAtMajority {
    /// What each replica has: in its memory, or on its disk after a crash.
    has: PerProcess<Tags>,
    /// The highest tag of a complete operation on each register.
    completed: BTreeMap<u32, Tag>,
}

impl Property<Abd> for CompleteAtMajority {
    fn after_step(&mut self, world: &World<'_, Abd>, step: &Step<'_, Abd>) -> Result<(), Breach> {
        if let Some(now) = tags_after(world, step) {
            let before = std::mem::replace(self.has.of(step.process), now);
            if first_lower(&before, self.has.of(step.process)).is_some() {
                before.keys().try_for_each(|key| self.check(*key, world))?;
            }
        }
        for (key, tag) in step.events.iter().filter_map(completed) {
            let highest = self.completed.entry(key).or_insert(Tag::INITIAL);
            if tag > *highest {
                *highest = tag;
                self.check(key, world)?;
            }
        }
        Ok(())
    }
}

impl CompleteAtMajority {
    fn check(&mut self, key: u32, world: &World<'_, Abd>) -> Result<(), Breach> {
        let Some(&tag) = self.completed.get(&key).filter(|tag| **tag > Tag::INITIAL) else { return Ok(()) };
        let lacks = |process: &ProcessId| self.has.of(*process).get(&key).is_none_or(|of| *of < tag);
        let lack = world.processes().filter(lacks);
        let lack: Vec<NodeId> = lack.map(|process| world.identity(process)).collect();
        let nodes = world.node_ids().len();
        if nodes - lack.len() >= Group::crash_tolerant(nodes).majority() {
            return Ok(());
        }
        let what = format!("an operation on register {key} is complete, and {lack:?} do not have its tag {tag:?}");
        Err(Breach::new(lack, what))
    }
}
