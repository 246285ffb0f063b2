//! What orchestrators have in their logs.

use std::collections::BTreeSet;

use parts::per_process::PerProcess;
use sim_core::{Breach, Property, RequestId, Step, World};

use super::ledger::name;
use crate::message::{Event, Phase, Status};
use crate::node::SagaNode;

/// A step takes effect only when its saga is durable in the log of an orchestrator.
#[derive(Debug, Default)]
pub struct LoggedBeforeDone {
    begun: BTreeSet<RequestId>,
}

impl Property<SagaNode> for LoggedBeforeDone {
    fn after_step(&mut self, world: &World<'_, SagaNode>, step: &Step<'_, SagaNode>) -> Result<(), Breach> {
        for event in step.events {
            match event {
                Event::Began { saga, .. } => _ = self.begun.insert(*saga),
                Event::Booted(sagas) => self.begun.extend(sagas.iter().map(|(saga, ..)| saga)),
                Event::Wrote { entry, .. } if entry.status == Status::Done && !self.begun.contains(&entry.key.saga) => {
                    let me = world.identity(step.process);
                    let what =
                        format!("{me} has taken {}, and no orchestrator has that saga in its log", name(entry.key));
                    return Err(Breach::new([me], what));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// An orchestrator that boots knows all sagas that need an operator.
#[derive(Debug, Default)]
pub struct NeverSilent {
    /// By orchestrator, the sagas that need one.
    stuck: PerProcess<BTreeSet<RequestId>>,
}

impl Property<SagaNode> for NeverSilent {
    fn after_step(&mut self, world: &World<'_, SagaNode>, step: &Step<'_, SagaNode>) -> Result<(), Breach> {
        for event in step.events {
            let stuck = self.stuck.of(step.process);
            match event {
                Event::NeedsOperator(saga) => _ = stuck.insert(*saga),
                Event::Resolved(saga) | Event::Ended(saga, _) => _ = stuck.remove(saga),
                // What an operator has resolved may have been durable before it could be announced.
                Event::Booted(sagas) => {
                    let is_known = |known: &&(RequestId, _, Phase)| !matches!(known.2, Phase::Forward { .. });
                    let known: BTreeSet<_> = sagas.iter().filter(is_known).map(|(saga, ..)| *saga).collect();
                    if let Some(saga) = stuck.difference(&known).next() {
                        let me = world.identity(step.process);
                        let what = format!("{me} has booted, and does not know that {saga} needs an operator");
                        return Err(Breach::new([me], what));
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// A saga that an operator has resolved does not need one again: its compensation may overdraw the account.
#[derive(Debug, Default)]
pub struct ResolvedOnce {
    resolved: BTreeSet<RequestId>,
}

impl Property<SagaNode> for ResolvedOnce {
    fn after_step(&mut self, world: &World<'_, SagaNode>, step: &Step<'_, SagaNode>) -> Result<(), Breach> {
        for event in step.events {
            match event {
                Event::Resolved(saga) => _ = self.resolved.insert(*saga),
                Event::NeedsOperator(saga) if self.resolved.contains(saga) => {
                    let me = world.identity(step.process);
                    return Err(Breach::new([me], format!("on {me} {saga} needs an operator, who has resolved it")));
                }
                _ => {}
            }
        }
        Ok(())
    }
}
