//! Uniform Agreement.

use sim_core::{Breach, NodeId, Property, Step, World};

use super::LookedAt;
use crate::command::Command;
use crate::node::OmniPaxosNode;

/// If any two servers decide on logs, then one of these is a prefix of the other (SC2).
#[derive(Debug, Default)]
pub(crate) struct UniformAgreement {
    /// What was decided at each index, and by whom first.
    decided: Vec<(Command, NodeId)>,
    looked_at: LookedAt,
}

impl Property<OmniPaxosNode> for UniformAgreement {
    fn after_step(&mut self, world: &World<'_, OmniPaxosNode>, step: &Step<'_, OmniPaxosNode>) -> Result<(), Breach> {
        let indexes = self.looked_at.advance(world, step);
        let Some(node) = world.node(step.process) else {
            return Ok(());
        };
        let me = world.identity(step.process);
        for index in indexes {
            let mine = node.log()[index];
            match self.decided.get(index) {
                None => self.decided.push((mine, me)),
                Some((first, _)) if *first == mine => {}
                Some((first, by)) => {
                    let what = format!("at index {index} {by} decided {first:?} and {me} {mine:?}");
                    return Err(Breach::new([*by, me], what));
                }
            }
        }
        Ok(())
    }
}
