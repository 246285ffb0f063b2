//! Configurations Overlap.

use sim_core::{Breach, Property, Step, World};

use crate::node::Raft;

/// "Any majority of the old cluster overlaps with any majority of the new cluster" (thesis 4.1), for
/// joint configurations too (6): otherwise each could elect a leader without knowing of the other.
/// It is checked of every two configurations that follow each other in a log.
#[derive(Debug, Default)]
pub struct ConfigurationsOverlap;

impl Property<Raft> for ConfigurationsOverlap {
    fn after_step(&mut self, world: &World<'_, Raft>, step: &Step<'_, Raft>) -> Result<(), Breach> {
        let Some(node) = world.node(step.process) else {
            return Ok(());
        };
        let Some(changed) = node.log().changed_from() else {
            return Ok(());
        };
        for pair in node.log().configurations().windows(2).rev() {
            let [(_, before), (index, after)] = pair else {
                continue;
            };
            if *index < changed {
                break;
            }
            if !before.overlaps(after) {
                let me = world.identity(step.process);
                let what =
                    format!("entry {index} of {me} goes from {before} to {after}: they can have separate majorities");
                return Err(Breach::new([me], what));
            }
        }
        Ok(())
    }
}
