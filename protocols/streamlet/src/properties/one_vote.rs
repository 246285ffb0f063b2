//! One Vote An Epoch.

use std::collections::BTreeMap;

use sim_core::{Breach, ProcessId, Property, Step, World};

use crate::message::{BlockHash, Event};
use crate::node::Streamlet;

/// No correct node votes for two blocks in one epoch: what Lemma 1 rests on.
#[derive(Debug, Default)]
pub struct OneVoteAnEpoch {
    /// In which epoch each process voted last, and for what.
    voted: BTreeMap<ProcessId, (u64, BlockHash)>,
}

impl Property<Streamlet> for OneVoteAnEpoch {
    fn after_step(&mut self, world: &World<'_, Streamlet>, step: &Step<'_, Streamlet>) -> Result<(), Breach> {
        for event in step.events {
            let Event::Voted { epoch, block } = event else { continue };
            if let Some((last, other)) = self.voted.insert(step.process, (*epoch, *block))
                && (*epoch < last || (*epoch == last && other != *block))
            {
                let me = world.identity(step.process);
                let what = format!("{me} voted for {other} in epoch {last}, and then for {block} in epoch {epoch}");
                return Err(Breach::new([me], what));
            }
        }
        Ok(())
    }
}
