//! Match Index Never Decreases, Match Index Is Replicated, Next Index Above Match Index.

use parts::per_process::PerProcess;
use sim_core::{Breach, NodeId, ProcessId, Property, Step, StepKind, World};

use crate::configuration::Configuration;
use crate::leadership::Follower;
use crate::log::Log;
use crate::node::Raft;
use crate::storage::recover;

/// "For each server, index of highest log entry known to be replicated on server (initialized to 0,
/// increases monotonically)" (Figure 2): in a term, for as long as the leader replicates to that
/// server. CCF's specification has it as `MonotonicMatchIndexProp`.
#[derive(Debug, Default)]
pub struct MatchIndexNeverDecreases {
    matched: PerProcess<Matched>,
}

impl Property<Raft> for MatchIndexNeverDecreases {
    fn after_step(&mut self, world: &World<'_, Raft>, step: &Step<'_, Raft>) -> Result<(), Breach> {
        let Some(node) = world.node(step.process) else {
            return Ok(());
        };
        let me = world.identity(step.process);
        let matched = self.matched.of(step.process);
        matched.update(world.incarnation(step.process), node, |follower, before| {
            if before <= follower.match_index {
                return Ok(());
            }
            let (id, now) = (follower.id, follower.match_index);
            Err(Breach::new([me, id], format!("{me} took {id} to match up to entry {before}, and now only to {now}")))
        })
    }
}

/// "For each server, index of highest log entry known to be replicated on server" (Figure 2): up to
/// there the follower's log is the leader's, on its disk too, until the follower has moved on to a
/// later term. What a leader believes of others is what it commits by.
#[derive(Debug, Default)]
pub struct MatchIndexIsReplicated {
    matched: PerProcess<Matched>,
}

impl Property<Raft> for MatchIndexIsReplicated {
    fn after_step(&mut self, world: &World<'_, Raft>, step: &Step<'_, Raft>) -> Result<(), Breach> {
        let me = step.process;
        if step.kind == StepKind::Crash {
            // A disk that cannot be read holds what was written there all the same.
            return match recover(&Configuration::default(), world.disk(me)) {
                Ok(found) => is_as_leaders_believe(world, me, found.hard_state.term, &found.log, 0),
                Err(_) => Ok(()),
            };
        }
        let Some(node) = world.node(me) else {
            return Ok(());
        };
        let believed = |follower: &Follower, _| {
            let of = world.processes().find(|process| world.identity(*process) == follower.id);
            match of.and_then(|process| world.node(process)) {
                Some(other) => check((world.identity(me), node), follower, other.term(), other.log()),
                None => Ok(()),
            }
        };
        self.matched.of(me).update(world.incarnation(me), node, believed)?;
        match node.log().changed_from() {
            Some(changed) => is_as_leaders_believe(world, me, node.term(), node.log(), changed),
            None => Ok(()),
        }
    }
}

/// Whether a log that is in this term, and is as before below `changed`, holds what leaders take it
/// to hold.
fn is_as_leaders_believe(
    world: &World<'_, Raft>,
    holder: ProcessId,
    term: u64,
    log: &Log,
    changed: u64,
) -> Result<(), Breach> {
    let id = world.identity(holder);
    for process in world.processes().filter(|process| *process != holder) {
        let Some(leader) = world.node(process) else { continue };
        let follower = leader.followers().iter().find(|follower| follower.id == id);
        if let Some(follower) = follower.filter(|follower| follower.match_index >= changed) {
            check((world.identity(process), leader), follower, term, log)?;
        }
    }
    Ok(())
}

/// Whether `log`, the follower's in this term, matches the leader's up to the match index.
fn check(leader: (NodeId, &Raft), follower: &Follower, term: u64, log: &Log) -> Result<(), Breach> {
    let (me, node) = leader;
    let Follower { id, match_index, .. } = *follower;
    // What a snapshot stands for is committed, and compared elsewhere.
    let is_in_snapshot = match_index < log.base().index.max(1);
    if term > node.term() || is_in_snapshot {
        return Ok(());
    }
    let is_there = log.term_at(match_index);
    let matches = match node.log().term_at(match_index) {
        Some(term) => is_there == Some(term),
        None => is_there.is_some(),
    };
    if matches {
        return Ok(());
    }
    let what = format!(
        "{me}, leader of term {}, takes {id} to match up to entry {match_index}, and its log, which ends with \
         entry {} of term {}, does not",
        node.term(),
        log.last().index,
        log.last().term
    );
    Err(Breach::new([me, id], what))
}

/// A leader sends nothing that it knows to be there: `nextIndex` lies above `matchIndex` (Figure 2,
/// both "initialized" so; etcd's `Progress`, "Match < Next"; CCF's specification,
/// `MatchIndexLowerBoundNextIndexInv`).
#[derive(Debug, Default)]
pub struct NextIndexAboveMatchIndex;

impl Property<Raft> for NextIndexAboveMatchIndex {
    fn after_step(&mut self, world: &World<'_, Raft>, step: &Step<'_, Raft>) -> Result<(), Breach> {
        let Some(node) = world.node(step.process) else {
            return Ok(());
        };
        let Some(follower) = node.followers().iter().find(|follower| follower.next_index <= follower.match_index)
        else {
            return Ok(());
        };
        let me = world.identity(step.process);
        let Follower { id, next_index, match_index, .. } = follower;
        let what = format!("{me} sends {id} entry {next_index} next, and knows that {id} has all up to {match_index}");
        Err(Breach::new([me, *id], what))
    }
}

/// Up to where a leader took the logs of its followers to match, when it was last looked at.
#[derive(Clone, Debug, Default)]
struct Matched {
    incarnation: u32,
    term: u64,
    of: Vec<(NodeId, u64)>,
}

impl Matched {
    /// Takes note of what a node takes its followers to match, and shows `changed` each of whom that
    /// is another index, with the one before: 0 if it has only begun to replicate to it.
    fn update(
        &mut self,
        incarnation: u32,
        node: &Raft,
        mut changed: impl FnMut(&Follower, u64) -> Result<(), Breach>,
    ) -> Result<(), Breach> {
        let followers = node.followers();
        if (self.incarnation, self.term) != (incarnation, node.term()) {
            (self.incarnation, self.term) = (incarnation, node.term());
            self.of.clear();
        }
        let same = self.of.len() == followers.len() && self.of.iter().zip(followers).all(|((id, _), f)| *id == f.id);
        if !same {
            let known = std::mem::take(&mut self.of);
            let before = |id| known.iter().find(|(of, _)| *of == id).map_or(0, |(_, index)| *index);
            self.of = followers.iter().map(|follower| (follower.id, before(follower.id))).collect();
        }
        for ((_, known), follower) in self.of.iter_mut().zip(followers) {
            if *known != follower.match_index {
                changed(follower, std::mem::replace(known, follower.match_index))?;
            }
        }
        Ok(())
    }
}
