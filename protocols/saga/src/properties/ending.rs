//! Sagas do not stay open.

use std::collections::BTreeMap;

use sim_core::{Breach, Duration, Judgement, Property, PropertyClass, ProtocolConfig, RequestId, Step, Time, World};

use crate::config::SagaConfig;
use crate::message::{Event, Phase};
use crate::node::SagaNode;

/// A saga comes to its end, or needs an operator, when nothing goes wrong for long enough and all nodes run. Judged at
/// the end of the run, with the sagas that were there long enough before.
#[derive(Debug)]
pub struct SagasEnd {
    within: Duration,
    /// The sagas that are open, each since when.
    open: BTreeMap<RequestId, Time>,
}

impl SagasEnd {
    /// Every step and every compensation may be lost a few times.
    pub(super) fn new(config: &SagaConfig) -> Self {
        Self { within: config.settles_within() * 8, open: BTreeMap::new() }
    }
}

impl Property<SagaNode> for SagasEnd {
    fn class(&self) -> PropertyClass {
        PropertyClass::Liveness
    }

    fn after_step(&mut self, world: &World<'_, SagaNode>, step: &Step<'_, SagaNode>) -> Result<(), Breach> {
        for event in step.events {
            match event {
                Event::Began { saga, .. } | Event::Resolved(saga) => _ = self.open.insert(*saga, world.now()),
                Event::Ended(saga, _) | Event::NeedsOperator(saga) => _ = self.open.remove(saga),
                // A crash may have cut off that it was announced.
                Event::Booted(sagas) => {
                    for (saga, _, phase) in sagas {
                        match phase {
                            Phase::Forward { .. } | Phase::Backward { .. } => _ = self.open.insert(*saga, world.now()),
                            Phase::Ended(_) | Phase::NeedsOperator { .. } => _ = self.open.remove(saga),
                        }
                    }
                }
                Event::Unanswered(_)
                | Event::TurnedBack { .. }
                | Event::Wrote { .. }
                | Event::CameTooLate(_)
                | Event::CannotUndo { .. }
                | Event::Recovered { .. } => {}
            }
        }
        Ok(())
    }

    fn at_end(&mut self, world: &World<'_, SagaNode>) -> Judgement {
        let Some(calm) = world.calm_since() else { return Judgement::Holds };
        if world.correct().any(|process| world.node(process).is_none()) {
            return Judgement::Holds;
        }
        let overdue = self.open.iter().find(|(_, since)| calm.max(**since) + self.within < world.now());
        match overdue {
            Some((saga, since)) => {
                let what = format!("{saga} has neither ended nor does it need an operator, and is open since {since}");
                Judgement::Violated(Breach::new([], what))
            }
            None => Judgement::Holds,
        }
    }
}
