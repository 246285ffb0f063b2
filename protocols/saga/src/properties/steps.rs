//! When steps and compensations take effect.

use std::collections::BTreeSet;

use sim_core::{Breach, Property, RequestId, Step, World};

use super::ledger::{Announced, Ledger, name};
use crate::message::{Entry, Status};
use crate::node::SagaNode;

/// Each step takes effect at most once, and is compensated at most once, after that.
#[derive(Debug, Default)]
pub struct StepsAtMostOnce {
    ledger: Ledger,
}

impl Property<SagaNode> for StepsAtMostOnce {
    fn after_step(&mut self, world: &World<'_, SagaNode>, step: &Step<'_, SagaNode>) -> Result<(), Breach> {
        self.ledger.after_step(step, |_, announced| {
            let Announced::Wrote { entry, before, .. } = announced else { return Ok(()) };
            let what = match (entry.status, before) {
                (Status::Done, Some(Status::Done | Status::Undone)) => "has taken effect a second time",
                (Status::Undone, Some(Status::Undone)) => "is compensated a second time",
                (Status::Undone, Some(Status::Refused | Status::Tombstone) | None) => {
                    "is compensated, and had no effect"
                }
                _ => return Ok(()),
            };
            let me = world.identity(step.process);
            Err(Breach::new([me], format!("on {me} {} {what}", name(entry.key))))
        })
    }
}

/// Once a saga is being compensated, none of its steps takes effect any more.
#[derive(Debug, Default)]
pub struct NoStepAfterCompensation {
    ledger: Ledger,
    /// The sagas of which a step was compensated, or is never to come.
    compensated: BTreeSet<RequestId>,
}

impl Property<SagaNode> for NoStepAfterCompensation {
    fn after_step(&mut self, world: &World<'_, SagaNode>, step: &Step<'_, SagaNode>) -> Result<(), Breach> {
        let compensated = &mut self.compensated;
        self.ledger.after_step(step, |_, announced| {
            let Announced::Wrote { entry, .. } = announced else { return Ok(()) };
            match entry.status {
                Status::Undone | Status::Tombstone => _ = compensated.insert(entry.key.saga),
                Status::Done if compensated.contains(&entry.key.saga) => {
                    let me = world.identity(step.process);
                    let what = format!("on {me} {} has taken effect when its saga was compensated", name(entry.key));
                    return Err(Breach::new([me], what));
                }
                Status::Done | Status::Refused => {}
            }
            Ok(())
        })
    }
}

/// A step is compensated only when no later step of its saga is in effect.
#[derive(Debug, Default)]
pub struct CompensationsInReverseOrder {
    ledger: Ledger,
}

impl Property<SagaNode> for CompensationsInReverseOrder {
    fn after_step(&mut self, world: &World<'_, SagaNode>, step: &Step<'_, SagaNode>) -> Result<(), Breach> {
        self.ledger.after_step(step, |ledger, announced| {
            let Announced::Wrote { entry, .. } = announced else { return Ok(()) };
            if entry.status != Status::Undone {
                return Ok(());
            }
            let is_later = |other: &&Entry| other.key.step > entry.key.step && other.status == Status::Done;
            match ledger.of(entry.key.saga).find(is_later) {
                Some(later) => {
                    let me = world.identity(step.process);
                    let (this, later) = (name(entry.key), later.key.step);
                    Err(Breach::new([me], format!("on {me} {this} is compensated, and step {later} is in effect")))
                }
                None => Ok(()),
            }
        })
    }
}
