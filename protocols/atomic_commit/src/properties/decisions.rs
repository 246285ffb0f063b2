//! What is decided, by whom, and with whose votes.

use std::collections::{BTreeMap, BTreeSet};

use sim_core::{Breach, NodeId, Property, Step, World};

use crate::message::{Decision, Event, Txn};
use crate::node::AtomicCommit;

/// The decision that an event tells of.
const fn decision(event: &Event) -> Option<(Txn, Decision)> {
    match *event {
        Event::Decided { txn, decision, .. } => Some((txn, decision)),
        Event::Committed { txn, .. } => Some((txn, Decision::Commit)),
        Event::Aborted { txn } => Some((txn, Decision::Abort)),
        _ => None,
    }
}

/// No two nodes decide differently about a transaction.
#[derive(Debug, Default)]
pub struct AtomicCommitment {
    decisions: BTreeMap<Txn, (Decision, NodeId)>,
}

impl Property<AtomicCommit> for AtomicCommitment {
    fn after_step(&mut self, world: &World<'_, AtomicCommit>, step: &Step<'_, AtomicCommit>) -> Result<(), Breach> {
        for (txn, mine) in step.events.iter().filter_map(decision) {
            let me = world.identity(step.process);
            let (other, by) = *self.decisions.entry(txn).or_insert((mine, me));
            if other != mine && by != me {
                let what = format!("{by} has decided to {} {txn:?}, and {me} to {} it", verb(other), verb(mine));
                return Err(Breach::new([by, me], what));
            }
        }
        Ok(())
    }
}

/// A node that has decided about a transaction never decides otherwise.
#[derive(Debug, Default)]
pub struct DecisionsStand {
    decisions: BTreeMap<(NodeId, Txn), Decision>,
}

impl Property<AtomicCommit> for DecisionsStand {
    fn after_step(&mut self, world: &World<'_, AtomicCommit>, step: &Step<'_, AtomicCommit>) -> Result<(), Breach> {
        for (txn, mine) in step.events.iter().filter_map(decision) {
            let me = world.identity(step.process);
            let before = *self.decisions.entry((me, txn)).or_insert(mine);
            if before != mine {
                let what = format!("{me} had decided to {} {txn:?}, and decides to {} it", verb(before), verb(mine));
                return Err(Breach::new([me], what));
            }
        }
        Ok(())
    }
}

/// A transaction is committed only if all participants have voted yes, or have only read.
#[derive(Debug, Default)]
pub struct CommitNeedsAllVotes {
    votes: BTreeMap<Txn, BTreeSet<NodeId>>,
}

impl Property<AtomicCommit> for CommitNeedsAllVotes {
    fn after_step(&mut self, world: &World<'_, AtomicCommit>, step: &Step<'_, AtomicCommit>) -> Result<(), Breach> {
        for event in step.events {
            let me = world.identity(step.process);
            match event {
                Event::VotedYes { txn } => _ = self.votes.entry(*txn).or_default().insert(me),
                Event::Decided { txn, decision: Decision::Commit, participants, .. }
                | Event::Led { txn, decision: Decision::Commit, participants } => {
                    let votes = self.votes.entry(*txn).or_default();
                    if let Some(missing) = participants.iter().find(|node| !votes.contains(node)) {
                        let what = format!("{me} decides to commit {txn:?}, for which {missing} has not voted yes");
                        return Err(Breach::new([me, *missing], what));
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// In three-phase commit, nobody commits while another is *uncertain*: it has voted yes, has been up since, and does
/// not know that all have. Otherwise it could decide to abort when all others are down.
#[derive(Debug)]
pub struct NobodyIsUncertain;

impl Property<AtomicCommit> for NobodyIsUncertain {
    fn after_step(&mut self, world: &World<'_, AtomicCommit>, step: &Step<'_, AtomicCommit>) -> Result<(), Breach> {
        let commits = step.events.iter().filter_map(decision).filter(|(_, decision)| *decision == Decision::Commit);
        for (txn, _) in commits {
            let is_uncertain = |node: &&AtomicCommit| {
                let doubt = node.works.get(&txn).and_then(|work| work.in_doubt.as_ref());
                doubt.is_some_and(|doubt| doubt.stand.is_steady && !doubt.stand.is_pre_committed)
            };
            let up = world.correct().filter_map(|process| world.node(process));
            if let Some(node) = up.filter(|node| node.config.is_three_phase()).find(is_uncertain) {
                let me = world.identity(step.process);
                let what = format!("{me} commits {txn:?}, and {} does not know that all have voted yes", node.me);
                return Err(Breach::new([me, node.me], what));
            }
        }
        Ok(())
    }
}

const fn verb(decision: Decision) -> &'static str {
    match decision {
        Decision::Commit => "commit",
        Decision::Abort => "abort",
    }
}
