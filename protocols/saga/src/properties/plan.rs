//! What a saga consists of.

use std::collections::BTreeMap;

use sim_core::{Breach, Property, RequestId, Step as StepOfRun, World};

use super::ledger::name;
use crate::config::SagaConfig;
use crate::message::Event;
use crate::node::SagaNode;
use crate::operations::{SagaOp, Step};

/// A saga has the steps of the transfer that its client has asked for, and the services that keep the accounts take
/// these. The payer pays all of it; then each payee is paid an equal share, and the first of them what cannot be
/// divided. Whether that adds up is the matter of [`SagasConserveMoney`](super::SagasConserveMoney).
#[derive(Debug)]
pub struct StepsAsAsked {
    orchestrators: usize,
    /// What clients have asked for.
    asked: BTreeMap<RequestId, SagaOp>,
    /// How many operations of the history are in there.
    known: usize,
    begun: BTreeMap<RequestId, Vec<Step>>,
}

impl Property<SagaNode> for StepsAsAsked {
    fn after_step(&mut self, world: &World<'_, SagaNode>, step: &StepOfRun<'_, SagaNode>) -> Result<(), Breach> {
        for (_, operation) in world.history().iter().skip(self.known) {
            self.asked.extend(operation.request.map(|request| (request, operation.op.clone())));
        }
        self.known = world.history().len();
        for event in step.events {
            let wrong = match event {
                Event::Began { saga, steps } => self.begin(*saga, steps),
                Event::Booted(sagas) => sagas.iter().find_map(|(saga, steps, _)| self.begin(*saga, steps)),
                Event::Wrote { entry, .. } => {
                    let steps = self.begun.get(&entry.key.saga);
                    let is_other = steps.is_some_and(|steps| steps.get(entry.key.step as usize) != Some(&entry.step));
                    let services = &world.node_ids()[self.orchestrators..];
                    let keeps_it = services[entry.step.account as usize % services.len()];
                    let is_wrong = is_other || keeps_it != world.identity(step.process);
                    is_wrong.then(|| format!("has {} as {:?}", name(entry.key), entry.step))
                }
                _ => None,
            };
            if let Some(wrong) = wrong {
                let me = world.identity(step.process);
                return Err(Breach::new([me], format!("{me} {wrong}")));
            }
        }
        Ok(())
    }
}

impl StepsAsAsked {
    pub(super) fn new(config: &SagaConfig) -> Self {
        let (asked, begun) = Default::default();
        Self { orchestrators: config.orchestrators as usize, asked, known: 0, begun }
    }

    /// What is wrong with the steps of a saga.
    fn begin(&mut self, saga: RequestId, steps: &[Step]) -> Option<String> {
        self.begun.insert(saga, steps.to_vec());
        match self.asked.get(&saga) {
            Some(asked) if are_of(steps, asked) => None,
            asked => Some(format!("has {saga} as {steps:?}, and {asked:?} was asked for")),
        }
    }
}

/// Whether these are the steps of a transfer.
fn are_of(steps: &[Step], SagaOp::Transfer { from, to, amount }: &SagaOp) -> bool {
    let Some(([withdrawal, first], others)) = steps.split_first_chunk() else { return false };
    let (amount, payees) = (i64::from(*amount), to.len() as i64);
    let share = others.first().map_or(first.change, |other| other.change);
    *withdrawal == Step { account: *from, change: -amount }
        && steps[1..].iter().map(|step| &step.account).eq(to)
        && others.iter().all(|step| step.change == share)
        && (0..payees).contains(&(first.change - share))
}
