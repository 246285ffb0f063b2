//! One Change At A Time.

use sim_core::{Breach, Property, Step, World};

use crate::message::Event;
use crate::node::Raft;

/// A leader "must not begin" a change of the membership before the one before is committed (thesis
/// 4.1): configurations two changes apart need not overlap.
#[derive(Debug, Default)]
pub struct OneChangeAtATime;

impl Property<Raft> for OneChangeAtATime {
    fn after_step(&mut self, world: &World<'_, Raft>, step: &Step<'_, Raft>) -> Result<(), Breach> {
        if !step.events.iter().any(|event| matches!(event, Event::ConfigurationAppended { .. })) {
            return Ok(());
        }
        let Some(node) = world.node(step.process) else {
            return Ok(());
        };
        match node.log().configurations() {
            [.., (earlier, _), (latest, _)] if *earlier > node.commit_index() => {
                let me = world.identity(step.process);
                let what =
                    format!("{me} changed the membership in entry {latest}, and entry {earlier} was not committed");
                Err(Breach::new([me], what))
            }
            _ => Ok(()),
        }
    }
}
