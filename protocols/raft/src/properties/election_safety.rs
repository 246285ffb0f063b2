//! Election Safety.

use std::collections::BTreeMap;

use sim_core::{Breach, NodeId, ProcessId, Property, Step, World};

use crate::message::Event;
use crate::node::Raft;

/// "At most one leader can be elected in a given term" (Figure 3).
#[derive(Debug, Default)]
pub struct ElectionSafety {
    /// Who was elected, by term.
    elected: BTreeMap<u64, (ProcessId, NodeId)>,
}

impl Property<Raft> for ElectionSafety {
    fn after_step(&mut self, world: &World<'_, Raft>, step: &Step<'_, Raft>) -> Result<(), Breach> {
        let leads_now = world.node(step.process).filter(|node| node.is_leader()).map(Raft::term);
        // It may have stepped down, or crashed, in the same step.
        let announced = step.events.iter().filter_map(|event| match event {
            Event::BecameLeader { term } => Some(*term),
            _ => None,
        });
        for term in leads_now.into_iter().chain(announced) {
            let me = (step.process, world.identity(step.process));
            let elected = *self.elected.entry(term).or_insert(me);
            if elected.0 != me.0 {
                let what = format!("{} and {} were both elected in term {term}", elected.1, me.1);
                return Err(Breach::new([elected.1, me.1], what));
            }
        }
        Ok(())
    }
}
