//! Termination.

use std::collections::BTreeMap;

use sim_core::{Breach, Judgement, ProcessId, Property, Step, Time, World};

use crate::config::OralMessagesConfig;
use crate::message::Event;
use crate::node::General;

/// Every loyal lieutenant obeys one order, at the end of round m + 1.
#[derive(Debug)]
pub struct Termination {
    config: OralMessagesConfig,
    /// How many orders each process has given or obeyed.
    settled: BTreeMap<ProcessId, u32>,
}

impl Termination {
    /// For generals of this configuration.
    pub fn new(config: &OralMessagesConfig) -> Self {
        Self { config: config.clone(), settled: BTreeMap::new() }
    }

    /// How many orders are due by now, by any clock that goes as well as it must.
    fn due(&self, now: Time) -> u32 {
        let since = now.since(Time::ZERO + self.config.round * 2).as_nanos();
        let orders = since / (self.config.round * self.config.rounds()).as_nanos();
        u32::try_from(orders).unwrap_or(u32::MAX).min(self.config.orders)
    }
}

impl Property<General> for Termination {
    /// Orders come one after the other, so that what is obeyed twice is not the next one.
    fn after_step(&mut self, world: &World<'_, General>, step: &Step<'_, General>) -> Result<(), Breach> {
        for event in step.events {
            let (Event::Ordered { number, .. } | Event::Obeyed { number, .. }) = event;
            let settled = self.settled.entry(step.process).or_default();
            if number != settled {
                let me = world.identity(step.process);
                let what = format!("{me} comes to order {number} when order {settled} is due");
                return Err(Breach::new([me], what));
            }
            *settled += 1;
        }
        Ok(())
    }

    fn at_end(&mut self, world: &World<'_, General>) -> Judgement {
        let due = self.due(world.now());
        let participants = self.config.participants(world.node_ids());
        for process in world.correct().filter(|process| participants.contains(&world.identity(*process))) {
            let settled = self.settled.get(&process).copied().unwrap_or_default();
            if settled < due {
                let me = world.identity(process);
                let what = format!("{me} has not obeyed order {settled}, of {due} that are over");
                return Judgement::Violated(Breach::new([me], what));
            }
        }
        Judgement::Holds
    }
}
