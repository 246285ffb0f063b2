//! When a saga turns back, and when it is given to an operator.

use std::collections::{BTreeMap, BTreeSet};

use sim_core::{Breach, Property, RequestId, Step, StepKind, World};

use super::ledger::{keys_of, name};
use crate::config::{Recovery, SagaConfig};
use crate::message::{Entry, Event, Key, Phase, Status};
use crate::node::SagaNode;

/// With forward recovery a saga turns back only when a step of it was refused. With backward recovery it also does when
/// a step was asked for `attempts` times, and when its orchestrator boots, and then it always does.
#[derive(Debug)]
pub struct RecoversAsSet {
    is_backward: bool,
    attempts: u32,
    /// The sagas of which a service has refused a step.
    refused: BTreeSet<RequestId>,
    /// How often each step was not answered in time.
    unanswered: BTreeMap<Key, u32>,
}

impl RecoversAsSet {
    pub(super) fn new(config: &SagaConfig) -> Self {
        Self {
            is_backward: config.recovery == Recovery::Backward,
            attempts: config.attempts,
            refused: BTreeSet::new(),
            unanswered: BTreeMap::new(),
        }
    }

    /// What a service knows of steps.
    fn learn(&mut self, entries: &[Entry]) {
        let refused = entries.iter().filter(|entry| entry.status == Status::Refused);
        self.refused.extend(refused.map(|entry| entry.key.saga));
    }

    /// Whether there is a reason for a saga to turn back that does not boot.
    fn may_turn_back(&self, saga: RequestId) -> bool {
        let mut unanswered = self.unanswered.range(keys_of(saga)).map(|(_, times)| *times);
        self.refused.contains(&saga) || self.is_backward && unanswered.any(|times| times >= self.attempts)
    }
}

impl Property<SagaNode> for RecoversAsSet {
    fn after_step(&mut self, world: &World<'_, SagaNode>, step: &Step<'_, SagaNode>) -> Result<(), Breach> {
        let breach = |what: &str| {
            let me = world.identity(step.process);
            Err(Breach::new([me], format!("{me} {what}")))
        };
        let mut boots = false;
        for event in step.events {
            let wrong = match event {
                Event::Unanswered(key) => {
                    let times = self.unanswered.entry(*key).or_default();
                    *times += 1;
                    let is_too_often = self.is_backward && *times > self.attempts;
                    is_too_often.then(|| format!("has asked for {} {times} times", name(*key)))
                }
                Event::Booted(_) => {
                    boots = true;
                    None
                }
                Event::Wrote { entry, .. } => {
                    self.learn(&[*entry]);
                    None
                }
                // A crash may have cut off that it was announced.
                Event::Recovered { entries, .. } => {
                    self.learn(entries);
                    None
                }
                Event::TurnedBack { saga, .. } if !(self.is_backward && boots || self.may_turn_back(*saga)) => {
                    Some(format!("has turned back {saga} for no reason"))
                }
                _ => None,
            };
            if let Some(wrong) = wrong {
                return breach(&wrong);
            }
        }
        let Some(SagaNode::Orchestrator(orchestrator)) = world.node(step.process) else { return Ok(()) };
        let goes_on = step.kind == StepKind::Boot
            && self.is_backward
            && orchestrator.phases().any(|phase| matches!(phase, Phase::Forward { .. }));
        if goes_on {
            return breach("has booted, and goes on with a saga that was open");
        }
        Ok(())
    }
}

/// A saga needs an operator only when a compensation was refused as often as `attempts` says.
#[derive(Debug)]
pub struct NoOperatorTooSoon {
    attempts: u32,
    /// The refusals of each compensation.
    refused: BTreeMap<Key, BTreeSet<u32>>,
}

impl NoOperatorTooSoon {
    pub(super) const fn new(config: &SagaConfig) -> Self {
        Self { attempts: config.attempts, refused: BTreeMap::new() }
    }
}

impl Property<SagaNode> for NoOperatorTooSoon {
    fn after_step(&mut self, world: &World<'_, SagaNode>, step: &Step<'_, SagaNode>) -> Result<(), Breach> {
        for event in step.events {
            match event {
                Event::CannotUndo { key, refusals } => _ = self.refused.entry(*key).or_default().insert(*refusals),
                Event::NeedsOperator(saga) => {
                    let most =
                        self.refused.range(keys_of(*saga)).map(|(_, refusals)| refusals.len()).max().unwrap_or(0);
                    if most < self.attempts as usize {
                        let me = world.identity(step.process);
                        let what = format!("on {me} {saga} needs an operator after {most} refusals");
                        return Err(Breach::new([me], what));
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }
}
