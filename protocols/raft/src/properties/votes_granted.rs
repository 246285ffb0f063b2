//! Votes Were Granted.

use std::collections::BTreeMap;

use parts::per_process::PerProcess;
use sim_core::{Breach, NodeId, Property, Step, World};

use super::ghost::Votes;
use crate::node::Raft;

/// Whom a candidate counts, that node has voted for it in its term: `votesGranted` of Ongaro's
/// specification (raft.tla), of which etcd's has the invariant `VotesGrantedInv`; and so for whom a
/// leader was elected by.
#[derive(Debug, Default)]
pub struct VotesWereGranted {
    votes: Votes,
    /// In which term how many votes of each candidate were looked at.
    seen: PerProcess<(u64, usize)>,
    /// Who voted for whom, by term and voter.
    granted: BTreeMap<(u64, NodeId), Vec<NodeId>>,
}

impl Property<Raft> for VotesWereGranted {
    fn after_step(&mut self, world: &World<'_, Raft>, step: &Step<'_, Raft>) -> Result<(), Breach> {
        for (term, candidate) in self.votes.observe(world, step) {
            self.granted.entry((term, world.identity(step.process))).or_default().push(candidate);
        }
        let Some(node) = world.node(step.process) else {
            return Ok(());
        };
        let (term, counted) = (node.term(), node.votes_granted());
        if std::mem::replace(self.seen.of(step.process), (term, counted.len())) == (term, counted.len()) {
            return Ok(());
        }
        let me = world.identity(step.process);
        let has_voted = |voter: &NodeId| self.granted.get(&(term, *voter)).is_some_and(|of| of.contains(&me));
        match counted.iter().find(|voter| !has_voted(voter)) {
            None => Ok(()),
            Some(voter) => {
                let what = format!("{me} counts {voter} for its election in term {term}, which did not vote for it");
                Err(Breach::new([me, *voter], what))
            }
        }
    }
}
