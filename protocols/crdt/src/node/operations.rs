//! Operation-based replication: reliable causal broadcast with a log.

use parts::clocks::{Early, VectorClock};
use sim_core::NodeId;

use super::{Crdt, Ctx};
use crate::flaws::CrdtFlaw;
use crate::message::{Event, Message, Operation, Performed, Record, Request};
use crate::types::At;

/// All operations that were done here, in that order, to be told to others; and those that wait for others.
#[derive(Debug, Default)]
pub(super) struct Log {
    done: Vec<Performed>,
    early: Early<Operation>,
}

impl Log {
    pub(super) fn add(&mut self, performed: Performed) {
        self.done.push(performed);
    }

    pub(super) fn done(&self) -> &[Performed] {
        &self.done
    }
}

impl Crdt {
    pub(super) fn make_operation(&mut self, made: Request, at: At, ctx: &mut Ctx<'_>) {
        let effect = self.store.prepare(made.object, &made.update, at);
        let operation = Operation { stamp: made.stamp, effect, after: self.store.seen().without_gaps().clone() };
        self.perform(operation.clone(), Some(made), ctx);
        // Told in a step of its own: whoever hears of an update can be sure that it was announced.
        ctx.send(ctx.me(), Message::Operation(operation));
    }

    fn perform(&mut self, operation: Operation, made: Option<Request>, ctx: &mut Ctx<'_>) {
        self.store.effect(&operation.effect, operation.stamp, self.config.flaws);
        let performed = Performed { operation, made };
        self.journal.append(Record::Operation(performed.clone()), ctx);
        self.make_durable(ctx);
        self.log.add(performed);
    }

    pub(super) fn receive(&mut self, operation: Operation, ctx: &mut Ctx<'_>) {
        if self.store.seen().contains(operation.stamp.dot) && !self.has(CrdtFlaw::AppliesTwice) {
            return;
        }
        let is_hasty = self.has(CrdtFlaw::AppliesEarly);
        self.log.early.insert(operation.stamp.dot, operation);
        while let done = self.store.seen().without_gaps()
            && let Some(due) = self.log.early.take_due(|_, operation| is_hasty || operation.after.is_within(done))
        {
            let dot = due.stamp.dot;
            self.perform(due, None, ctx);
            ctx.emit(Event::Applied(dot));
        }
    }

    pub(super) fn send_lacking(&self, to: NodeId, has: &VectorClock, ctx: &mut Ctx<'_>) {
        let done = self.log.done.iter().map(|performed| &performed.operation);
        let lacking: Vec<Operation> = done.filter(|operation| !has.includes(operation.stamp.dot)).cloned().collect();
        if !lacking.is_empty() {
            ctx.send(to, Message::Lacking(lacking));
        }
    }
}
