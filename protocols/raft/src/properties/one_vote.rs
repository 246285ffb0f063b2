//! One Vote A Term.

use std::collections::BTreeMap;

use parts::per_process::PerProcess;
use sim_core::{Breach, NodeId, Property, Step, World};

use super::ghost::Votes;
use crate::node::Raft;

/// "Each server will vote for at most one candidate in a given term" (5.2), whatever it forgets in
/// between.
#[derive(Debug, Default)]
pub struct OneVoteATerm {
    given: Votes,
    /// Whom each process voted for, by term.
    votes: PerProcess<BTreeMap<u64, NodeId>>,
}

impl Property<Raft> for OneVoteATerm {
    fn after_step(&mut self, world: &World<'_, Raft>, step: &Step<'_, Raft>) -> Result<(), Breach> {
        for (term, candidate) in self.given.observe(world, step) {
            let earlier = *self.votes.of(step.process).entry(term).or_insert(candidate);
            if earlier != candidate {
                let me = world.identity(step.process);
                let what = format!("{me} voted for {earlier} and for {candidate} in term {term}");
                return Err(Breach::new([me, earlier, candidate], what));
            }
        }
        Ok(())
    }
}
