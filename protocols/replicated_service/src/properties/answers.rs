//! What clients are told.

use sim_core::{Breach, OperationId, OperationOutcome, Property, Step, StepKind, World};

use super::order::{Order, number};
use crate::config::ServiceConfig;
use crate::node::ReplicatedService;

/// What a client believes is what came out of its command at the replicas that compute right.
#[derive(Debug)]
pub struct FaultsAreMasked {
    order: Order,
    /// How many operations it has seen begin.
    known: usize,
    /// Those that have not ended.
    open: Vec<OperationId>,
}

impl FaultsAreMasked {
    pub(super) fn new(config: &ServiceConfig) -> Self {
        Self { order: Order::new(config), known: 0, open: Vec::new() }
    }
}

impl Property<ReplicatedService> for FaultsAreMasked {
    fn after_step(
        &mut self,
        world: &World<'_, ReplicatedService>,
        step: &Step<'_, ReplicatedService>,
    ) -> Result<(), Breach> {
        for event in step.events {
            self.order.see(world, step.process, event);
        }
        if step.kind != StepKind::Client {
            return Ok(());
        }
        let history = world.history();
        self.open.extend(history.iter().skip(self.known).map(|(id, _)| id));
        self.known = history.len();
        let mut ended = Vec::new();
        self.open.retain(|id| {
            let is_awaited = history.is_awaited(*id);
            if !is_awaited {
                ended.push(*id);
            }
            is_awaited
        });
        for id in ended {
            let operation = history.get(id);
            let (OperationOutcome::Ok { reply, .. }, Some(request)) = (&operation.outcome, operation.request) else {
                continue;
            };
            let index = self.order.indexes.get(&request);
            let record = index.and_then(|index| self.order.records.get(index));
            if record.and_then(|record| record.output) != Some(number(reply)) {
                let from = operation.answer.map(|answer| answer.from);
                let what =
                    format!("{request} is answered with {reply:?}, and that came out at no replica that is right");
                return Err(Breach::new(from, what));
            }
        }
        Ok(())
    }
}
