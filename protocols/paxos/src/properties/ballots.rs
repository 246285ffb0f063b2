//! What ballots rest on: One Proposer A Ballot, Promises Were Made, Quorums Meet.

use std::collections::{BTreeMap, BTreeSet};

use parts::per_process::PerProcess;
use sim_core::{Breach, NodeId, ProcessId, Property, Step, World};

use super::ghost::Votes;
use crate::ballot::Ballot;
use crate::config::PaxosConfig;
use crate::members::Members;
use crate::message::Event;
use crate::node::Paxos;
use crate::storage::recover;

/// Every ballot is begun once, by one node (Lamport 1998, B1; 2001, 2.2).
#[derive(Debug, Default)]
pub struct OneProposerABallot {
    begun: BTreeMap<Ballot, NodeId>,
}

impl Property<Paxos> for OneProposerABallot {
    fn after_step(&mut self, world: &World<'_, Paxos>, step: &Step<'_, Paxos>) -> Result<(), Breach> {
        for event in step.events {
            let Event::Prepared { ballot, .. } = event else { continue };
            let me = world.identity(step.process);
            if let Some(other) = self.begun.insert(*ballot, me) {
                let what = format!("{me} begins ballot {ballot}, which {other} has begun before");
                return Err(Breach::new([other, me], what));
            }
        }
        Ok(())
    }
}

/// Every acceptor whose promise a leader counts has promised its ballot (Lamport's Paxos.tla, `Phase2a`).
#[derive(Debug, Default)]
pub struct PromisesWereMade {
    /// The ballots that each has promised.
    promised: PerProcess<BTreeSet<Ballot>>,
    /// How many promises each counts, and of which ballot.
    counted: PerProcess<Option<(Ballot, usize)>>,
}

impl Property<Paxos> for PromisesWereMade {
    fn after_step(&mut self, world: &World<'_, Paxos>, step: &Step<'_, Paxos>) -> Result<(), Breach> {
        let Some(node) = world.node(step.process) else { return Ok(()) };
        self.promised.of(step.process).insert(node.acceptor().promised());
        let Some(leader) = node.leadership() else { return Ok(()) };
        let counted = Some((leader.ballot, leader.promised_by.len()));
        if std::mem::replace(self.counted.of(step.process), counted) == counted {
            return Ok(());
        }
        for other in world.processes().filter(|process| leader.promised_by.contains(&world.identity(*process))) {
            if !self.promised.of(other).contains(&leader.ballot) && !is_on_disk(world, other, leader.ballot) {
                let (me, other) = (world.identity(step.process), world.identity(other));
                let what = format!("{me} leads in ballot {} by a promise that {other} never made", leader.ballot);
                return Err(Breach::new([me, other], what));
            }
        }
        Ok(())
    }
}

/// Whether the disk holds this promise: an acceptor may have crashed in the step in which it promised.
fn is_on_disk(world: &World<'_, Paxos>, process: ProcessId, ballot: Ballot) -> bool {
    // Who the acceptors are does not matter here.
    let anybody = Members::of([world.identity(process)]).expect("there is one");
    recover(&anybody, world.disk(process)).is_ok_and(|found| found.acceptor.promised() == ballot)
}

/// Those whose promises a leader has when it proposes in an instance have a node in common with every quorum that can
/// choose there: nobody has chosen before, nor can later in a lower ballot, without one of them (Howard, Malkhi and
/// Spiegelman 2016).
#[derive(Debug)]
pub struct QuorumsMeet {
    votes: Votes,
    /// The last proposal of each process that was looked at.
    latest: PerProcess<Option<(Ballot, u64)>>,
}

impl QuorumsMeet {
    /// Of nodes of this configuration.
    pub fn new(config: &PaxosConfig) -> Self {
        Self { votes: Votes::new(config), latest: PerProcess::default() }
    }
}

impl Property<Paxos> for QuorumsMeet {
    fn after_step(&mut self, world: &World<'_, Paxos>, step: &Step<'_, Paxos>) -> Result<(), Breach> {
        let Some(node) = world.node(step.process) else { return Ok(()) };
        self.votes.observe_members(node, world.node_ids());
        let Some(leader) = node.leadership() else { return Ok(()) };
        let Some((last, _)) = leader.proposals.last_key_value() else { return Ok(()) };
        let now = Some((leader.ballot, *last));
        let before = std::mem::replace(self.latest.of(step.process), now);
        if before == now {
            return Ok(());
        }
        for instance in leader.proposals.keys().filter(|instance| before < Some((leader.ballot, **instance))) {
            let members = self.votes.members(*instance);
            let others: Vec<NodeId> =
                members.as_slice().iter().copied().filter(|member| !leader.promised_by.contains(member)).collect();
            if others.len() >= self.votes.quorums(members).1 {
                let me = world.identity(step.process);
                let what = format!(
                    "{me} proposes in instance {instance} in ballot {} by the promises of {:?}, and {others:?}, who have \
                     not promised, are enough to choose",
                    leader.ballot, leader.promised_by
                );
                return Err(Breach::new([me], what));
            }
        }
        Ok(())
    }
}
