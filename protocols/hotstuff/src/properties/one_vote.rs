//! One Vote A View.

use std::collections::BTreeMap;

use sim_core::{Breach, ProcessId, Property, Step, World};

use crate::block::BlockHash;
use crate::message::Event;
use crate::node::HotStuff;

/// A replica votes for at most one block in a view (Algorithm 4: `b_new.height > vheight`), whatever
/// it forgets in between.
#[derive(Debug, Default)]
pub struct OneVoteAView {
    /// What each process voted for, by view.
    votes: BTreeMap<(ProcessId, u64), BlockHash>,
}

impl Property<HotStuff> for OneVoteAView {
    fn after_step(&mut self, world: &World<'_, HotStuff>, step: &Step<'_, HotStuff>) -> Result<(), Breach> {
        for event in step.events {
            if let Event::Voted { view, block } = event {
                let earlier = *self.votes.entry((step.process, *view)).or_insert(*block);
                if earlier != *block {
                    let me = world.identity(step.process);
                    return Err(Breach::new([me], format!("{me} voted for {earlier} and for {block} in view {view}")));
                }
            }
        }
        Ok(())
    }
}
