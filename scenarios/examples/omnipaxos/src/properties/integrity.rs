//! Integrity.

use std::collections::BTreeMap;

use sim_core::{Breach, ProcessId, Property, Step, World};

use super::LookedAt;
use crate::command::Command;
use crate::node::OmniPaxosNode;

/// If a server decides on a log and later on another, then the first is a prefix of it (SC3): nothing that
/// is decided is ever lost, replaced or moved, through crashes too.
#[derive(Debug, Default)]
pub(crate) struct Integrity {
    /// The log that each process has decided on.
    decided: BTreeMap<ProcessId, Vec<Command>>,
    looked_at: LookedAt,
}

impl Property<OmniPaxosNode> for Integrity {
    fn after_step(&mut self, world: &World<'_, OmniPaxosNode>, step: &Step<'_, OmniPaxosNode>) -> Result<(), Breach> {
        let indexes = self.looked_at.advance(world, step);
        let Some(node) = world.node(step.process) else {
            return Ok(());
        };
        let me = world.identity(step.process);
        let before = self.decided.entry(step.process).or_default();
        let log = node.log();
        let left = node.decided().min(log.len());
        if left < before.len() {
            let what = format!("{me} had decided {} entries, of which {left} are left", before.len());
            return Err(Breach::new([me], what));
        }
        for index in indexes {
            match before.get(index) {
                None => before.push(log[index]),
                Some(entry) if *entry == log[index] => {}
                Some(entry) => {
                    let what = format!("at index {index} {me} had decided {entry:?} and now has {:?}", log[index]);
                    return Err(Breach::new([me], what));
                }
            }
        }
        Ok(())
    }
}
