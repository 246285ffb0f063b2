//! Whom operations ask, and what reads make of the answers.

use std::collections::BTreeSet;

use sim_core::{Breach, NodeId, Property, Step, World};

use super::stored::Versions;
use crate::config::{QuorumConfig, StaleReads};
use crate::message::Event;
use crate::node::QuorumStore;

/// An operation asks all N replicas of its key, so that any of them may be down.
#[derive(Debug)]
pub struct AsksAllReplicas {
    replication: usize,
}

impl AsksAllReplicas {
    /// For stores with this configuration.
    pub fn new(config: &QuorumConfig) -> Self {
        Self { replication: config.replication as usize }
    }
}

impl Property<QuorumStore> for AsksAllReplicas {
    fn after_step(&mut self, world: &World<'_, QuorumStore>, step: &Step<'_, QuorumStore>) -> Result<(), Breach> {
        for event in step.events {
            let Event::Began { key, asked, .. } = event else { continue };
            let distinct: BTreeSet<NodeId> = asked.iter().copied().collect();
            if distinct.len() != self.replication {
                let me = world.identity(step.process);
                let what = format!("{me} asks {distinct:?} for key {key}, which has {} replicas", self.replication);
                return Err(Breach::new([me], what));
            }
        }
        Ok(())
    }
}

/// A read has heard of R replicas by as many nodes, or of some if stale reads are allowed, and returns those of their
/// versions that none of the others takes the place of.
#[derive(Debug)]
pub struct ReadsReturnTheNewest {
    needed: usize,
    versions: Versions,
}

impl ReadsReturnTheNewest {
    /// For stores with this configuration.
    pub fn new(config: &QuorumConfig) -> Self {
        let needed = match config.stale_reads {
            StaleReads::Allowed => 1,
            StaleReads::Refused => config.read_quorum as usize,
        };
        Self { needed, versions: Versions::default() }
    }
}

impl Property<QuorumStore> for ReadsReturnTheNewest {
    fn after_step(&mut self, world: &World<'_, QuorumStore>, step: &Step<'_, QuorumStore>) -> Result<(), Breach> {
        self.versions.after_step(step);
        for event in step.events {
            let Event::Read { request, key, answers, dots } = event else { continue };
            let count =
                |who: fn(&crate::message::Answered) -> NodeId| answers.iter().map(who).collect::<BTreeSet<_>>().len();
            let heard = count(|answer| answer.replica).min(count(|answer| answer.from));
            let all = self.versions.cell(answers.iter().flat_map(|answer| answer.dots.iter().copied()));
            let newest: Vec<_> = all.dots().collect();
            let what = if heard < self.needed {
                format!("has heard of {heard} replicas, in {answers:?}, and needs {}", self.needed)
            } else if newest != *dots {
                format!("returns {dots:?}, and of {answers:?} the newest are {newest:?}")
            } else {
                continue;
            };
            let me = world.identity(step.process);
            return Err(Breach::new([me], format!("a read of {} of key {key} {what}", request.client)));
        }
        Ok(())
    }
}
