//! Same State At Same Op-Number.

use parts::kv::LoggedStates;
use parts::per_process::PerProcess;
use sim_core::{Breach, NodeId, Property, Step, World};

use crate::node::{Status, Vr};

/// Replicas that have executed all up to an op-number are in the same state, client table included, whether they came to it
/// by requests or by a checkpoint (Liskov and Cowling 2012, 3, 5.1).
#[derive(Debug)]
pub struct SameState {
    states: LoggedStates,
    seen: PerProcess<Seen>,
}

/// What a process had when it was last looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Seen {
    incarnation: u32,
    executed: u64,
}

impl SameState {
    /// `once`: whether a request that is committed twice takes effect once.
    pub fn new(once: bool) -> Self {
        Self { states: LoggedStates::new(once), seen: PerProcess::default() }
    }

    /// Applies what this replica is the first to have executed.
    fn follow(&mut self, replica: &Vr, me: NodeId) {
        for (op_number, entry) in replica.executed() {
            if *op_number == self.states.last_index() + 1 {
                self.states.apply(Some((entry.request, entry.op)), me);
            }
        }
        if self.states.last_index() < replica.commit_number() {
            self.states.take_over(replica.commit_number(), replica.machine(), me);
        }
    }
}

impl Property<Vr> for SameState {
    fn after_step(&mut self, world: &World<'_, Vr>, step: &Step<'_, Vr>) -> Result<(), Breach> {
        let Some(replica) = world.node(step.process) else { return Ok(()) };
        if replica.status() == Status::Recovering {
            return Ok(());
        }
        let index = replica.commit_number();
        let now = Seen { incarnation: world.incarnation(step.process), executed: index };
        let before = std::mem::replace(self.seen.of(step.process), now);
        if before == now {
            return Ok(());
        }
        let me = world.identity(step.process);
        self.follow(replica, me);
        let went_on = before.executed + replica.executed().len() as u64 == index;
        let took_over = before.incarnation != now.incarnation || !went_on;
        if !(took_over || LoggedStates::is_due(before.executed, index)) {
            return Ok(());
        }
        let Some((by, what)) = self.states.differs(index, replica.machine()) else { return Ok(()) };
        let what = format!("{me} has executed all up to {index}, as {by} has, and has another state {what}");
        Err(Breach::new([by, me], what))
    }
}
