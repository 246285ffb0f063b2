//! Promise Never Decreases.

use std::collections::BTreeMap;

use omnipaxos::ballot_leader_election::Ballot;
use sim_core::{Breach, ProcessId, Property, Step, World};

use crate::node::OmniPaxosNode;

/// A server handles messages of the highest round only that it has promised, and keeps that promise
/// through crashes: what was accepted in later rounds could be overwritten otherwise.
#[derive(Debug, Default)]
pub(crate) struct PromiseNeverDecreases {
    seen: BTreeMap<ProcessId, Ballot>,
}

impl Property<OmniPaxosNode> for PromiseNeverDecreases {
    fn after_step(&mut self, world: &World<'_, OmniPaxosNode>, step: &Step<'_, OmniPaxosNode>) -> Result<(), Breach> {
        let Some(node) = world.node(step.process) else {
            return Ok(());
        };
        let now = node.promise();
        match self.seen.insert(step.process, now) {
            Some(before) if now < before => {
                let me = world.identity(step.process);
                Err(Breach::new([me], format!("{me} had promised {before:?} and is back at {now:?}")))
            }
            _ => Ok(()),
        }
    }
}
