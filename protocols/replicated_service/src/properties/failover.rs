//! Who leads with semi-active replication.

use std::collections::BTreeSet;

use sim_core::{Breach, Property, RequestId, Step, World};

use super::order::Order;
use crate::config::ServiceConfig;
use crate::message::Event;
use crate::node::ReplicatedService;

/// A node leads only when all before it have stopped.
#[derive(Debug)]
pub struct OnlyTheStoppedAreReplaced {
    is_active: bool,
}

impl OnlyTheStoppedAreReplaced {
    pub(super) const fn new(config: &ServiceConfig) -> Self {
        Self { is_active: config.is_active() }
    }
}

impl Property<ReplicatedService> for OnlyTheStoppedAreReplaced {
    fn after_step(
        &mut self,
        world: &World<'_, ReplicatedService>,
        step: &Step<'_, ReplicatedService>,
    ) -> Result<(), Breach> {
        let leads = step.events.iter().any(|event| matches!(event, Event::Leads { .. }));
        if !leads || self.is_active {
            return Ok(());
        }
        let me = world.identity(step.process);
        let mut before = world.processes().filter(|process| world.identity(*process) < me);
        match before.find(|process| world.node(*process).is_some()) {
            Some(process) => {
                let other = world.identity(process);
                Err(Breach::new([me, other], format!("{me} leads, and {other}, which comes before it, is up")))
            }
            None => Ok(()),
        }
    }
}

/// Who comes to lead has executed every command that was answered.
#[derive(Debug)]
pub struct AnsweredIsKept {
    order: Order,
    /// The last command that was answered.
    answered: Option<(u64, RequestId)>,
}

impl AnsweredIsKept {
    pub(super) fn new(config: &ServiceConfig) -> Self {
        Self { order: Order::new(config), answered: None }
    }
}

impl Property<ReplicatedService> for AnsweredIsKept {
    fn after_step(
        &mut self,
        world: &World<'_, ReplicatedService>,
        step: &Step<'_, ReplicatedService>,
    ) -> Result<(), Breach> {
        for event in step.events {
            self.order.see(world, step.process, event);
            match event {
                Event::Answered { request, .. } => {
                    let index = self.order.indexes.get(request).map(|index| (*index, *request));
                    self.answered = self.answered.max(index);
                }
                Event::Leads { executed, .. } => {
                    if let Some((index, request)) = self.answered.filter(|(index, _)| index > executed) {
                        let me = world.identity(step.process);
                        let what = format!("{me} leads with {executed} commands, and command {index}, {request}");
                        return Err(Breach::new([me], format!("{what}, was answered")));
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// No leader answers once a later one leads.
#[derive(Debug)]
pub struct OneLeaderAnswers {
    is_active: bool,
    led: BTreeSet<u64>,
}

impl OneLeaderAnswers {
    pub(super) const fn new(config: &ServiceConfig) -> Self {
        Self { is_active: config.is_active(), led: BTreeSet::new() }
    }
}

impl Property<ReplicatedService> for OneLeaderAnswers {
    fn after_step(
        &mut self,
        world: &World<'_, ReplicatedService>,
        step: &Step<'_, ReplicatedService>,
    ) -> Result<(), Breach> {
        for event in step.events.iter().filter(|_| !self.is_active) {
            match event {
                Event::Leads { number, .. } => _ = self.led.insert(*number),
                Event::Answered { epoch, request } => {
                    if let Some(later) = self.led.last().filter(|last| **last > u64::from(*epoch)) {
                        let me = world.identity(step.process);
                        let what = format!("{me} answers {request} in epoch {epoch}, and epoch {later} has begun");
                        return Err(Breach::new([me], what));
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }
}
