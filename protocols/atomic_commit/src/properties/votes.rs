//! What acceptors agree on, in Paxos Commit.

use std::collections::{BTreeMap, BTreeSet};

use sim_core::{Breach, NodeId, Property, Step, World};

use crate::config::CommitConfig;
use crate::message::{Ballot, Decision, Event, Txn};
use crate::node::AtomicCommit;

/// The vote of one participant on one transaction.
type Instance = (Txn, NodeId);

/// A vote is chosen when a majority of acceptors has accepted it in one ballot. No other is chosen then.
#[derive(Debug)]
pub struct OneVoteIsChosen {
    config: CommitConfig,
    accepted: BTreeMap<(Instance, Ballot, Decision), BTreeSet<NodeId>>,
    chosen: BTreeMap<Instance, (Ballot, Decision)>,
}

impl OneVoteIsChosen {
    pub(super) fn new(config: &CommitConfig) -> Self {
        Self { config: config.clone(), accepted: BTreeMap::new(), chosen: BTreeMap::new() }
    }
}

impl Property<AtomicCommit> for OneVoteIsChosen {
    fn after_step(&mut self, world: &World<'_, AtomicCommit>, step: &Step<'_, AtomicCommit>) -> Result<(), Breach> {
        for event in step.events {
            let Event::Accepted { txn, ballot, votes } = event else { continue };
            let me = world.identity(step.process);
            for (of, vote) in votes {
                let by = self.accepted.entry(((*txn, *of), *ballot, *vote)).or_default();
                by.insert(me);
                if by.len() < self.config.majority(world.node_ids()) {
                    continue;
                }
                let (in_ballot, first) = *self.chosen.entry((*txn, *of)).or_insert((*ballot, *vote));
                if first != *vote {
                    let what = format!(
                        "the vote of {of} on {txn:?} was chosen as {first:?} in ballot {in_ballot:?}, and is as {vote:?} \
                         in {ballot:?}"
                    );
                    return Err(Breach::new([me, *of], what));
                }
            }
        }
        Ok(())
    }
}
