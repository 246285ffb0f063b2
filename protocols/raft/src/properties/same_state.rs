//! Same State At Same Index.

use parts::kv::LoggedStates;
use parts::per_process::PerProcess;
use sim_core::{Breach, NodeId, Property, Step, World};

use crate::log::Command;
use crate::node::Raft;

/// State machines that have applied the same log up to the same index are in the same state (3.2 of
/// the thesis; section 2 of the paper), whether they came to it by entries or by a snapshot (7).
#[derive(Debug)]
pub struct SameState {
    states: LoggedStates,
    seen: PerProcess<Seen>,
}

/// What a process had when it was last looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Seen {
    incarnation: u32,
    applied: u64,
}

impl SameState {
    /// `once`: whether an operation that is in the log twice takes effect once.
    pub fn new(once: bool) -> Self {
        Self { states: LoggedStates::new(once), seen: PerProcess::default() }
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
        if took_over || LoggedStates::is_due(before.applied, now.applied) { self.compare(node, me) } else { Ok(()) }
    }
}

impl SameState {
    /// Applies what this node is the first to have applied.
    fn follow(&mut self, node: &Raft, me: NodeId) {
        while self.states.last_index() < node.last_applied() {
            let Some(entry) = node.log().entry(self.states.last_index() + 1) else {
                return self.states.take_over(node.last_applied(), node.machine(), me);
            };
            let operation = match &entry.command {
                Command::Client { request, op } => Some((*request, *op)),
                Command::NoOp | Command::Configuration(_) => None,
            };
            self.states.apply(operation, me);
        }
    }

    fn compare(&self, node: &Raft, me: NodeId) -> Result<(), Breach> {
        let index = node.last_applied();
        let Some((by, what)) = self.states.differs(index, node.machine()) else { return Ok(()) };
        Err(Breach::new(
            [by, me],
            format!("{me} has applied all up to entry {index}, as {by} has, and has another state {what}"),
        ))
    }
}
