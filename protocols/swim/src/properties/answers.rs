//! What clients are told.

use std::collections::{BTreeSet, VecDeque};

use sim_core::{Breach, NodeId, OperationId, Property, Step, StepKind, Time, World};

use crate::node::Swim;
use crate::operations::SwimReply;

/// A client that asks who is a member is told of those whom some member took for members when its question came.
#[derive(Debug, Default)]
pub struct AnswersAreKnown {
    /// How many operations were looked at, and those of them that wait.
    seen: usize,
    open: BTreeSet<OperationId>,
    /// What members knew when questions came, the oldest first. Nothing is known of one that has crashed.
    known: VecDeque<(Time, Option<Vec<NodeId>>)>,
}

impl Property<Swim> for AnswersAreKnown {
    fn after_step(&mut self, world: &World<'_, Swim>, step: &Step<'_, Swim>) -> Result<(), Breach> {
        let node = world.node(step.process);
        // What crashes may have answered in its last step.
        if matches!(step.kind, StepKind::Request | StepKind::Crash) && node.is_none_or(Swim::is_member) {
            let me = world.identity(step.process);
            let members = node.map(|node| {
                let is_known = |other: &NodeId| *other == me || node.view().has_member(*other);
                world.node_ids().iter().copied().filter(is_known).collect()
            });
            self.known.push_back((world.now(), members));
        }
        if step.kind != StepKind::Client {
            return Ok(());
        }
        let history = world.history();
        self.open.extend(history.iter().skip(self.seen).map(|(id, _)| id));
        self.seen = history.len();
        let is_over = |id: &&OperationId| history.get(**id).returned().is_some();
        for id in self.open.iter().filter(is_over).copied().collect::<Vec<_>>() {
            self.open.remove(&id);
            let operation = history.get(id);
            let Some(SwimReply::Members(told)) = operation.reply() else { continue };
            let asked = Time::from_nanos(operation.invoked.time_ns);
            if !self.known.iter().any(|(at, known)| *at >= asked && known.as_ref().is_none_or(|known| known == told)) {
                let what = format!("{} is told of {told:?}, whom nobody took for the members", history.name(id));
                return Err(Breach::new([], what));
            }
        }
        let invoked = |id: &OperationId| Time::from_nanos(history.get(*id).invoked.time_ns);
        let first = self.open.iter().map(invoked).min().unwrap_or(world.now());
        while self.known.pop_front_if(|(at, _)| *at < first).is_some() {}
        Ok(())
    }
}
