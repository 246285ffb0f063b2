//! Same State At Same Instance.

use parts::kv::LoggedStates;
use parts::per_process::PerProcess;
use sim_core::{Breach, NodeId, Property, Step, World};

use crate::message::Command;
use crate::node::Paxos;

/// "Since all servers have the same state machine and the same sequence of commands, they all produce the same states"
/// (Lamport 2001, 3): nodes that have applied all up to an instance are in the same state, sessions included, whether they
/// came to it by commands or by a snapshot.
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
    /// `once`: whether an operation that is chosen twice takes effect once.
    pub fn new(once: bool) -> Self {
        Self { states: LoggedStates::new(once), seen: PerProcess::default() }
    }

    /// Applies what this node is the first to have applied.
    fn follow(&mut self, node: &Paxos, me: NodeId) {
        while self.states.last_index() < node.learner().applied() {
            let operation = match node.learner().chosen(self.states.last_index() + 1) {
                Some(Command::Client { request, op }) => Some((*request, *op)),
                Some(Command::NoOp | Command::Members(_)) => None,
                None => return self.states.take_over(node.learner().applied(), node.machine(), me),
            };
            self.states.apply(operation, me);
        }
    }
}

impl Property<Paxos> for SameState {
    fn after_step(&mut self, world: &World<'_, Paxos>, step: &Step<'_, Paxos>) -> Result<(), Breach> {
        let Some(node) = world.node(step.process) else { return Ok(()) };
        let index = node.learner().applied();
        let now = Seen { incarnation: world.incarnation(step.process), applied: index };
        let before = std::mem::replace(self.seen.of(step.process), now);
        if before == now {
            return Ok(());
        }
        let me = world.identity(step.process);
        self.follow(node, me);
        // Commands that it applied are still there: where they are not, there was a snapshot.
        let took_over = before.incarnation != now.incarnation || node.learner().base() > before.applied;
        if !(took_over || LoggedStates::is_due(before.applied, index)) {
            return Ok(());
        }
        let Some((by, what)) = self.states.differs(index, node.machine()) else { return Ok(()) };
        let what = format!("{me} has applied all up to instance {index}, as {by} has, and has another state {what}");
        Err(Breach::new([by, me], what))
    }
}
