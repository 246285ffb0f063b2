//! Same State At Same Index.

use std::collections::BTreeMap;

use parts::per_process::PerProcess;
use sim_core::{Breach, NodeId, Property, RequestId, Step, World};

use crate::log::Command;
use crate::node::Raft;
use parts::kv::KvOp;
use parts::kv::Machine;

/// State machines that have applied the same log up to the same index are in the same state (3.2 of
/// the thesis; section 2 of the paper), whether they came to it by entries or by a snapshot (7).
///
/// What a node applies from its log is compared elsewhere, and comes to the same everywhere. So it
/// applies each entry once itself, when the first node does, and compares whole states only where a
/// state was taken over, from a message or a disk, and now and then.
#[derive(Debug)]
pub struct SameState {
    /// Whether operations take effect once: a known bug has it otherwise, everywhere.
    once: bool,
    /// What was applied, from index 1 on, and by whom first.
    applied: Vec<(Option<(RequestId, KvOp)>, NodeId)>,
    /// The state after all of it.
    latest: Machine,
    /// The states at some indexes, the beginning among them.
    kept: BTreeMap<u64, Machine>,
    seen: PerProcess<Seen>,
}

/// What a process had when it was last looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Seen {
    incarnation: u32,
    applied: u64,
}

/// A state is kept, and states are compared, every so many entries.
const EVERY: u64 = 64;

impl SameState {
    /// `once`: whether an operation that is in the log twice takes effect once.
    pub fn new(once: bool) -> Self {
        let kept = BTreeMap::from([(0, Machine::default())]);
        Self { once, applied: Vec::new(), latest: Machine::default(), kept, seen: PerProcess::default() }
    }
}

impl Property<Raft> for SameState {
    fn after_step(&mut self, world: &World<'_, Raft>, step: &Step<'_, Raft>) -> Result<(), Breach> {
        let Some(node) = world.node(step.process) else {
            return Ok(());
        };
        let now = Seen { incarnation: world.incarnation(step.process), applied: node.last_applied() };
        let before = std::mem::replace(self.seen.of(step.process), now);
        if before == now {
            return Ok(());
        }
        let me = world.identity(step.process);
        self.follow(node, me);
        // Entries that it applied are still in its log: where they are not, there was a snapshot.
        let took_over = before.incarnation != now.incarnation
            || now.applied < before.applied
            || node.log().base().index > before.applied;
        if took_over || now.applied / EVERY != before.applied / EVERY { self.compare(node, me) } else { Ok(()) }
    }
}

impl SameState {
    /// Applies what this node is the first to have applied.
    fn follow(&mut self, node: &Raft, me: NodeId) {
        let mut index = self.applied.len() as u64;
        while index < node.last_applied() {
            index += 1;
            let Some(entry) = node.log().entry(index) else {
                return self.take_over(node, me);
            };
            let operation = match &entry.command {
                Command::Client { request, op } => Some((*request, *op)),
                Command::NoOp | Command::Configuration(_) => None,
            };
            if let Some((request, op)) = &operation {
                self.latest.apply(*request, op, self.once);
            }
            self.applied.push((operation, me));
            if index.is_multiple_of(EVERY) {
                self.kept.insert(index, self.latest.clone());
            }
        }
    }

    /// Nobody was seen to apply what led to this state: it is what others are compared with.
    fn take_over(&mut self, node: &Raft, me: NodeId) {
        let index = node.last_applied();
        self.applied.resize(index as usize, (None, me));
        self.latest = node.machine().clone();
        self.kept = BTreeMap::from([(index, self.latest.clone())]);
    }

    fn compare(&self, node: &Raft, me: NodeId) -> Result<(), Breach> {
        let index = node.last_applied();
        let Some(expected) = self.state_at(index) else { return Ok(()) };
        if expected == *node.machine() {
            return Ok(());
        }
        let by = self.applied[index as usize - 1].1;
        let what = if expected.state == node.machine().state { "of its clients' sessions" } else { "of the map" };
        Err(Breach::new(
            [by, me],
            format!("{me} has applied all up to entry {index}, as {by} has, and has another state {what}"),
        ))
    }

    /// The state after this entry. Not known is one that lies before a state that was taken over.
    fn state_at(&self, index: u64) -> Option<Machine> {
        let (from, state) = self.kept.range(..=index).next_back()?;
        let mut state = state.clone();
        for (operation, _) in self.applied.get(*from as usize..index as usize)? {
            if let Some((request, op)) = operation {
                state.apply(*request, op, self.once);
            }
        }
        Some(state)
    }
}
