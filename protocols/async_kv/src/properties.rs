//! What the service promises: what Raft does (Figure 3 of the paper), and what that rests on.
//!
//! Each property costs what a step changed. They look at the replica that the tasks share, at what is announced, and,
//! when a node has crashed, at what is left on its disk.

use std::collections::{BTreeMap, BTreeSet};

use parts::kv::{Applied, SameStates};
use parts::per_process::PerProcess;
use parts::quorums::Group;
use sim_core::{Breach, NodeId, ProcessId, Property, PropertyRow, Step, StepKind, World};

use super::message::{Command, Entry, Event};
use super::names::{
    APPLIED_IN_ORDER, COMMITTED_ON_MAJORITY, ELECTED_BY_MAJORITY, ELECTION_SAFETY, LEADER_COMPLETENESS, LOG_MATCHING,
    ONE_VOTE_A_TERM, STATE_MACHINE_SAFETY,
};
use super::replica::{Replica, recover};
use super::system::AsyncKvNode;

/// All properties, in the order in which they look at a step.
pub(super) const PROPERTIES: &[PropertyRow<AsyncKvNode>] = &[
    PropertyRow {
        name: ONE_VOTE_A_TERM,
        summary: "No server votes for two candidates in one term, whether it restarts or not.",
        source: "Raft 5.2",
        make: |_| Box::<OneVoteATerm>::default(),
    },
    PropertyRow {
        name: ELECTED_BY_MAJORITY,
        summary: "Whoever leads in a term has the votes of a majority in that term.",
        source: "Raft 5.2; Ongaro's raft.tla, votesGranted",
        make: |_| Box::<ElectedByMajority>::default(),
    },
    PropertyRow {
        name: ELECTION_SAFETY,
        summary: "At most one server leads in a term.",
        source: "Raft Figure 3, 5.2",
        make: |_| Box::<ElectionSafety>::default(),
    },
    PropertyRow {
        name: LOG_MATCHING,
        summary: "Entries of the same index and term are the same, and so are those before them.",
        source: "Raft Figure 3, 5.3",
        make: |_| Box::<LogMatching>::default(),
    },
    PropertyRow {
        name: LEADER_COMPLETENESS,
        summary: "What was committed in a term is in the logs of the leaders of all later terms.",
        source: "Raft Figure 3, 5.4",
        make: |_| Box::<LeaderCompleteness>::default(),
    },
    PropertyRow {
        name: COMMITTED_ON_MAJORITY,
        summary: "What any server takes for committed is in the logs of a majority, and on their disks when they crash.",
        source: "Raft 5.3, 5.4.2",
        make: |_| Box::<CommittedOnMajority>::default(),
    },
    PropertyRow {
        name: STATE_MACHINE_SAFETY,
        summary: "No two servers apply different entries at the same index.",
        source: "Raft Figure 3, 5.4.3",
        make: |_| Box::<StateMachineSafety>::default(),
    },
    PropertyRow {
        name: APPLIED_IN_ORDER,
        summary: "Who has applied the log up to an index has the map and the sessions that all of these entries make.",
        source: "Raft 2; Ongaro's thesis 3.2",
        make: |_| Box::new(AppliedInOrder(SameStates::new(true))),
    },
];

type Checked = Result<(), Breach>;

/// "Each server will vote for at most one candidate in a given term" (5.2).
#[derive(Debug, Default)]
pub struct OneVoteATerm {
    votes: PerProcess<BTreeMap<u64, NodeId>>,
}

impl Property<AsyncKvNode> for OneVoteATerm {
    fn after_step(&mut self, world: &World<'_, AsyncKvNode>, step: &Step<'_, AsyncKvNode>) -> Checked {
        for (term, candidate) in votes(step) {
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

/// "A candidate wins an election if it receives votes from a majority of the servers in the full cluster for the same
/// term" (5.2).
#[derive(Debug, Default)]
pub struct ElectedByMajority {
    /// Who has voted for whom, by term.
    votes: BTreeMap<(u64, NodeId), BTreeSet<ProcessId>>,
}

impl Property<AsyncKvNode> for ElectedByMajority {
    fn after_step(&mut self, world: &World<'_, AsyncKvNode>, step: &Step<'_, AsyncKvNode>) -> Checked {
        for vote in votes(step) {
            self.votes.entry(vote).or_default().insert(step.process);
        }
        for term in elected(step) {
            let me = world.identity(step.process);
            let votes = self.votes.get(&(term, me)).map_or(0, BTreeSet::len);
            if votes < majority(world) {
                return Err(Breach::new([me], format!("{me} leads in term {term}, in which {votes} voted for it")));
            }
        }
        Ok(())
    }
}

/// "At most one leader can be elected in a given term" (Figure 3).
#[derive(Debug, Default)]
pub struct ElectionSafety {
    elected: BTreeMap<u64, NodeId>,
}

impl Property<AsyncKvNode> for ElectionSafety {
    fn after_step(&mut self, world: &World<'_, AsyncKvNode>, step: &Step<'_, AsyncKvNode>) -> Checked {
        for term in elected(step) {
            let me = world.identity(step.process);
            let other = *self.elected.entry(term).or_insert(me);
            if other != me {
                return Err(Breach::new([other, me], format!("{other} and {me} both lead in term {term}")));
            }
        }
        Ok(())
    }
}

/// "If two logs contain an entry with the same index and term, then the logs are identical in all entries up through
/// the given index" (Figure 3): each entry that ever had this index and term is the same, and so is the term before it.
#[derive(Debug, Default)]
pub struct LogMatching {
    first: BTreeMap<(u64, u64), (Entry, u64, NodeId)>,
    seen: PerProcess<SeenLog>,
}

impl Property<AsyncKvNode> for LogMatching {
    fn after_step(&mut self, world: &World<'_, AsyncKvNode>, step: &Step<'_, AsyncKvNode>) -> Checked {
        let Some(node) = world.node(step.process) else { return Ok(()) };
        let (shown, me) = (node.state(), world.identity(step.process));
        let replica = shown.borrow();
        for index in self.seen.of(step.process).new_entries(world, step, &replica) {
            let entry = &replica.log[index as usize - 1];
            let term_before = replica.position(index - 1).map_or(0, |position| position.term);
            let first = self.first.entry((index, entry.term)).or_insert_with(|| (entry.clone(), term_before, me));
            if (&first.0, first.1) != (entry, term_before) {
                let what = format!(
                    "entry {index} of term {} is {:?} behind one of term {} on {}, and {:?} behind one of term {term_before} on {me}",
                    entry.term, first.0.command, first.1, first.2, entry.command
                );
                return Err(Breach::new([first.2, me], what));
            }
        }
        Ok(())
    }
}

/// "If a log entry is committed in a given term, then that entry will be present in the logs of the leaders for all
/// higher-numbered terms" (Figure 3).
#[derive(Debug, Default)]
pub struct LeaderCompleteness {
    committed: Committed,
}

impl Property<AsyncKvNode> for LeaderCompleteness {
    fn after_step(&mut self, world: &World<'_, AsyncKvNode>, step: &Step<'_, AsyncKvNode>) -> Checked {
        self.committed.observe(world, step);
        let Some(node) = world.node(step.process) else { return Ok(()) };
        let (shown, me) = (node.state(), world.identity(step.process));
        for term in elected(step) {
            let earlier = self.committed.entries.iter().filter(|(_, in_term)| *in_term < term);
            let missing = (1..).zip(earlier).find(|(index, (entry, _))| !holds(&shown.borrow(), *index, entry));
            if let Some((index, (entry, in_term))) = missing {
                let what =
                    format!("{me} leads in term {term} without entry {index}, {entry:?}, committed in term {in_term}");
                return Err(Breach::new([me], what));
            }
        }
        Ok(())
    }
}

/// What any server takes for committed is in the logs of a majority from then on. While a server runs, that is its log;
/// when it crashes, what is left on its disk, which shows if something was counted that was not durable.
#[derive(Debug, Default)]
pub struct CommittedOnMajority {
    committed: Committed,
    /// Up to where each has what is committed.
    agrees_to: PerProcess<u64>,
    seen: PerProcess<SeenLog>,
}

impl Property<AsyncKvNode> for CommittedOnMajority {
    fn after_step(&mut self, world: &World<'_, AsyncKvNode>, step: &Step<'_, AsyncKvNode>) -> Checked {
        let is_longer = self.committed.observe(world, step);
        let agreed = *self.agrees_to.of(step.process);
        if step.kind == StepKind::Crash {
            *self.seen.of(step.process) = SeenLog::default();
            let left = left_on_disk(world, step.process);
            *self.agrees_to.of(step.process) = self.committed.agreement(0, &left);
        } else if let Some(node) = world.node(step.process) {
            let shown = node.state();
            let replica = shown.borrow();
            if replica.has_booted {
                let new = self.seen.of(step.process).new_entries(world, step, &replica);
                *self.agrees_to.of(step.process) = self.committed.agreement(agreed.min(new.start - 1), &replica);
            }
        }
        if is_longer || *self.agrees_to.of(step.process) < agreed { self.check(world) } else { Ok(()) }
    }
}

impl CommittedOnMajority {
    fn check(&mut self, world: &World<'_, AsyncKvNode>) -> Checked {
        let last = self.committed.entries.len() as u64;
        let mut lowest = u64::MAX;
        let mut without = Vec::new();
        for process in world.processes() {
            let agreed = *self.agrees_to.of(process);
            let agrees_to = match world.node(process).map(|node| node.state()) {
                Some(shown) if shown.borrow().has_booted => self.committed.agreement(agreed, &shown.borrow()),
                _ if agreed == last => agreed,
                // It is down: more is committed by now of what its disk has.
                _ => self.committed.agreement(agreed, &left_on_disk(world, process)),
            };
            *self.agrees_to.of(process) = agrees_to;
            if agrees_to < last {
                lowest = lowest.min(agrees_to);
                without.push(world.identity(process));
            }
        }
        if world.processes().count() - without.len() >= majority(world) {
            return Ok(());
        }
        let entry = &self.committed.entries[lowest as usize].0;
        let what = format!(
            "of {last} committed entries some are missing on {without:?}, first entry {}, {entry:?}",
            lowest + 1
        );
        Err(Breach::new(without, what))
    }
}

/// "If a server has applied a log entry at a given index to its state machine, no other server will ever apply a
/// different log entry for the same index" (Figure 3).
#[derive(Debug, Default)]
pub struct StateMachineSafety {
    applied: Vec<(Entry, NodeId)>,
    seen: PerProcess<SeenApplied>,
}

impl Property<AsyncKvNode> for StateMachineSafety {
    fn after_step(&mut self, world: &World<'_, AsyncKvNode>, step: &Step<'_, AsyncKvNode>) -> Checked {
        let Some(node) = world.node(step.process) else { return Ok(()) };
        let (shown, me) = (node.state(), world.identity(step.process));
        let replica = shown.borrow();
        let (from, to) = self.seen.of(step.process).newly_applied(world.incarnation(step.process), &replica);
        for index in from + 1..=to {
            let entry = &replica.log[index as usize - 1];
            let Some((first, by)) = self.applied.get(index as usize - 1) else {
                self.applied.push((entry.clone(), me));
                continue;
            };
            if first != entry {
                let what = format!("at index {index} {by} applied {first:?} and {me} {entry:?}");
                return Err(Breach::new([*by, me], what));
            }
        }
        Ok(())
    }
}

/// State machines that have applied the same log up to the same index are in the same state.
#[derive(Debug)]
pub struct AppliedInOrder(SameStates);

impl Property<AsyncKvNode> for AppliedInOrder {
    fn after_step(&mut self, world: &World<'_, AsyncKvNode>, step: &Step<'_, AsyncKvNode>) -> Checked {
        let Some(node) = world.node(step.process) else { return Ok(()) };
        let shown = node.state();
        let replica = shown.borrow();
        // Nothing is ever cut off its log.
        let applied = Applied { index: replica.applied, base: 0, machine: &replica.machine };
        let operation = |index| {
            replica.log.get(index as usize - 1).map(|entry| match &entry.command {
                Command::Client { request, op } => Some((*request, *op)),
                Command::NoOp => None,
            })
        };
        self.0.after_step(world, step.process, applied, operation, "entry")
    }
}

/// What was last seen of a log.
#[derive(Clone, Copy, Debug, Default)]
struct SeenLog {
    incarnation: u32,
    last_index: u64,
}

impl SeenLog {
    /// The entries that may be new.
    fn new_entries(
        &mut self,
        world: &World<'_, AsyncKvNode>,
        step: &Step<'_, AsyncKvNode>,
        replica: &Replica,
    ) -> std::ops::Range<u64> {
        let now = Self { incarnation: world.incarnation(step.process), last_index: replica.last_index() };
        let before = std::mem::replace(self, now);
        let known = if before.incarnation == now.incarnation { before.last_index } else { 0 };
        let replaced = step.events.iter().filter_map(|event| match event {
            Event::Replaced { from } => Some(from - 1),
            _ => None,
        });
        replaced.fold(known, u64::min) + 1..now.last_index + 1
    }
}

/// How much a node had applied when it was last looked at.
#[derive(Clone, Copy, Debug, Default)]
struct SeenApplied {
    incarnation: u32,
    applied: u64,
}

impl SeenApplied {
    /// From where to where it has applied entries since.
    fn newly_applied(&mut self, incarnation: u32, replica: &Replica) -> (u64, u64) {
        let now = Self { incarnation, applied: replica.applied };
        let before = std::mem::replace(self, now);
        (if before.incarnation == incarnation { before.applied } else { 0 }, now.applied)
    }
}

/// All entries that any server has taken for committed, with the term of the first that did.
#[derive(Debug, Default)]
struct Committed {
    entries: Vec<(Entry, u64)>,
}

impl Committed {
    /// Takes note of what the node of this step takes for committed. Gives whether that is more than anybody has
    /// before.
    fn observe(&mut self, world: &World<'_, AsyncKvNode>, step: &Step<'_, AsyncKvNode>) -> bool {
        let Some(node) = world.node(step.process) else { return false };
        let shown = node.state();
        let replica = shown.borrow();
        let (before, now) = (self.entries.len(), replica.commit.min(replica.last_index()) as usize);
        if now <= before {
            return false;
        }
        self.entries.extend(replica.log[before..now].iter().map(|entry| (entry.clone(), replica.term)));
        true
    }

    /// Up to where a log has what is committed, if it does up to `from`.
    fn agreement(&self, from: u64, replica: &Replica) -> u64 {
        let behind = self.entries.iter().zip(&replica.log).skip(from as usize);
        from + behind.take_while(|((entry, _), other)| entry == *other).count() as u64
    }
}

/// What a node would find that is down. A disk that cannot be read has nothing.
fn left_on_disk(world: &World<'_, AsyncKvNode>, process: ProcessId) -> Replica {
    recover(world.disk(process)).map(|found| found.replica).unwrap_or_default()
}

fn holds(replica: &Replica, index: u64, entry: &Entry) -> bool {
    replica.log.get(index as usize - 1) == Some(entry)
}

fn majority(world: &World<'_, AsyncKvNode>) -> usize {
    Group::crash_tolerant(world.node_ids().len()).majority()
}

/// The votes that are given in a step.
fn votes(step: &Step<'_, AsyncKvNode>) -> impl Iterator<Item = (u64, NodeId)> {
    step.events.iter().filter_map(|event| match event {
        Event::Voted { term, candidate } => Some((*term, *candidate)),
        _ => None,
    })
}

/// The terms in which the node of a step begins to lead in it.
fn elected(step: &Step<'_, AsyncKvNode>) -> impl Iterator<Item = u64> {
    step.events.iter().filter_map(|event| match event {
        Event::BecameLeader { term } => Some(*term),
        _ => None,
    })
}
