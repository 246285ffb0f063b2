//! What is left of sagas that have ended.

use std::collections::BTreeMap;

use sim_core::{Breach, Property, RequestId, Step, World};

use super::ledger::{Announced, Ledger, name};
use crate::message::{Event, Outcome, Status};
use crate::node::SagaNode;

/// When a saga has ended, all of its steps are in effect, or none is, and so it stays.
#[derive(Debug, Default)]
pub struct AllOrCompensated {
    ledger: Ledger,
    /// How many steps each saga has.
    steps: BTreeMap<RequestId, usize>,
    ended: BTreeMap<RequestId, Outcome>,
}

impl Property<SagaNode> for AllOrCompensated {
    fn after_step(&mut self, world: &World<'_, SagaNode>, step: &Step<'_, SagaNode>) -> Result<(), Breach> {
        let me = || world.identity(step.process);
        let ended = &self.ended;
        self.ledger.after_step(step, |_, announced| {
            let Announced::Wrote { entry, .. } = announced else { return Ok(()) };
            let has_effect = matches!(entry.status, Status::Done | Status::Undone);
            match ended.get(&entry.key.saga) {
                Some(outcome) if has_effect => {
                    let (me, step, status) = (me(), name(entry.key), entry.status);
                    Err(Breach::new([me], format!("on {me} {step} is {status:?}, when its saga was {outcome:?}")))
                }
                _ => Ok(()),
            }
        })?;
        for event in step.events {
            match event {
                Event::Began { saga, steps } => _ = self.steps.insert(*saga, steps.len()),
                Event::Booted(sagas) => self.steps.extend(sagas.iter().map(|(saga, steps, _)| (*saga, steps.len()))),
                Event::Ended(saga, outcome) => {
                    let expected = match outcome {
                        Outcome::Completed => self.steps.get(saga).copied().unwrap_or_default(),
                        Outcome::Compensated => 0,
                    };
                    let in_effect = self.ledger.of(*saga).filter(|entry| entry.status == Status::Done).count();
                    if in_effect != expected {
                        let me = me();
                        let what = format!("{me} has {saga} {outcome:?}, and {in_effect} of its steps are in effect");
                        return Err(Breach::new([me], what));
                    }
                    self.ended.insert(*saga, *outcome);
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// A saga ends in one way.
#[derive(Debug, Default)]
pub struct OutcomesAreFinal {
    ended: BTreeMap<RequestId, Outcome>,
}

impl Property<SagaNode> for OutcomesAreFinal {
    fn after_step(&mut self, world: &World<'_, SagaNode>, step: &Step<'_, SagaNode>) -> Result<(), Breach> {
        for event in step.events {
            let Event::Ended(saga, outcome) = event else { continue };
            let first = *self.ended.entry(*saga).or_insert(*outcome);
            if first != *outcome {
                let me = world.identity(step.process);
                return Err(Breach::new([me], format!("{me} has {saga} {outcome:?}, and it was {first:?}")));
            }
        }
        Ok(())
    }
}

/// What a saga that has ended has left in all accounts adds up to nothing.
#[derive(Debug, Default)]
pub struct SagasConserveMoney {
    ledger: Ledger,
}

impl Property<SagaNode> for SagasConserveMoney {
    fn after_step(&mut self, world: &World<'_, SagaNode>, step: &Step<'_, SagaNode>) -> Result<(), Breach> {
        self.ledger.after_step(step, |_, _| Ok(()))?;
        for event in step.events {
            let Event::Ended(saga, outcome) = event else { continue };
            let in_effect = self.ledger.of(*saga).filter(|entry| entry.status == Status::Done);
            let left: i64 = in_effect.map(|entry| entry.step.change).sum();
            if left != 0 {
                let me = world.identity(step.process);
                let what = format!("{me} has {saga} {outcome:?}, and it has brought {left} to all accounts together");
                return Err(Breach::new([me], what));
            }
        }
        Ok(())
    }
}
