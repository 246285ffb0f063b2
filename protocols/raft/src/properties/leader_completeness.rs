//! Leader Completeness.

use std::ops::RangeInclusive;

use sim_core::{Breach, NodeId, Property, Step, World};

use super::ghost::CommittedLog;
use crate::message::Event;
use crate::node::Raft;

/// "If a log entry is committed in a given term, then that entry will be present in the logs of
/// the leaders for all higher-numbered terms" (Figure 3).
///
/// A new leader is compared with all that is committed, as far back as its snapshot; what is
/// committed later, by a leader of an earlier term, with the leaders of that moment.
#[derive(Debug, Default)]
pub struct LeaderCompleteness {
    committed: CommittedLog,
}

impl Property<Raft> for LeaderCompleteness {
    fn after_step(&mut self, world: &World<'_, Raft>, step: &Step<'_, Raft>) -> Result<(), Breach> {
        let new = self.committed.observe(world, step);
        if !new.is_empty() {
            for process in world.processes() {
                if let Some(node) = world.node(process).filter(|node| node.is_leader()) {
                    self.check(world.identity(process), node, new.clone())?;
                }
            }
        }
        let is_elected = step.events.iter().any(|event| matches!(event, Event::BecameLeader { .. }));
        match world.node(step.process) {
            Some(node) if is_elected => {
                let since_snapshot = node.log().base().index.max(1)..=self.committed.last_index();
                self.check(world.identity(step.process), node, since_snapshot)
            }
            _ => Ok(()),
        }
    }
}

impl LeaderCompleteness {
    fn check(&self, leader: NodeId, node: &Raft, mut indexes: RangeInclusive<u64>) -> Result<(), Breach> {
        let is_missing = |index: &u64| {
            self.committed.committed_in(*index) < node.term() && !self.committed.is_in(node.log(), *index)
        };
        let Some(index) = indexes.find(is_missing) else {
            return Ok(());
        };
        let what = format!(
            "{leader} leads in term {} without {}, committed in term {}",
            node.term(),
            self.committed.describe(index),
            self.committed.committed_in(index),
        );
        Err(Breach::new([leader], what))
    }
}
