//! How much is told.

use std::collections::BTreeMap;

use parts::per_process::PerProcess;
use sim_core::{Breach, NodeId, Property, Step, World};

use crate::config::SwimConfig;
use crate::message::{Event, Message, Update};
use crate::node::Swim;

/// A message carries at most so many updates, and each is told at most so often. Who is accused is told that with each
/// message, which does not count, nor with Lifeguard what is told of a suspicion.
#[derive(Debug)]
pub struct BoundedPiggyback {
    config: SwimConfig,
    /// How often each node has told what it knows of a member now.
    told: PerProcess<BTreeMap<NodeId, u32>>,
}

impl BoundedPiggyback {
    pub(super) fn new(config: &SwimConfig) -> Self {
        Self { config: config.clone(), told: PerProcess::default() }
    }
}

impl Property<Swim> for BoundedPiggyback {
    fn looks_at_messages(&self) -> bool {
        true
    }

    fn after_step(&mut self, world: &World<'_, Swim>, step: &Step<'_, Swim>) -> Result<(), Breach> {
        let told = self.told.of(step.process);
        let Some(node) = world.node(step.process) else {
            told.clear();
            return Ok(());
        };
        let (me, limit) = (world.identity(step.process), self.config.retransmissions(world.node_ids().len() as u32));
        for event in step.events {
            match event {
                event if event.begins_or_ends() => told.clear(),
                Event::Published { .. } | Event::Leaving { .. } => _ = told.remove(&me),
                _ => _ = event.news().map(|news| told.remove(&news.member)),
            }
        }
        if node.gossip().most_sent() >= limit {
            return Err(Breach::new([me], format!("{me} has told an update {limit} times, and goes on")));
        }
        // With Lifeguard it is told once more that somebody else suspects a member too.
        let counts = |update: &Update| update.accuser.is_none() || !self.config.lifeguard;
        for (to, message) in step.sent {
            let updates = if let Message::Sync { .. } = message { &[] } else { message.updates() };
            if updates.len() > self.config.piggyback as usize {
                return Err(Breach::new([me], format!("a message of {me} carries {} updates", updates.len())));
            }
            for update in updates.iter().filter(|update| update.member != *to && counts(update)) {
                let times = told.entry(update.member).or_default();
                *times += 1;
                if *times > limit {
                    return Err(Breach::new([me], format!("{me} has told {update:?} {limit} times, and goes on")));
                }
            }
        }
        Ok(())
    }
}

/// What a member tells of another it goes on to tell, until it has told it as often as the configuration says, or there
/// is something newer.
#[derive(Debug)]
pub struct NewsAreTold {
    config: SwimConfig,
    /// Of whom there is something to tell, and how often that was told.
    told: PerProcess<Vec<(NodeId, u32)>>,
}

impl NewsAreTold {
    pub(super) fn new(config: &SwimConfig) -> Self {
        Self { config: config.clone(), told: PerProcess::default() }
    }
}

impl Property<Swim> for NewsAreTold {
    fn after_step(&mut self, world: &World<'_, Swim>, step: &Step<'_, Swim>) -> Result<(), Breach> {
        let told = self.told.of(step.process);
        let Some(node) = world.node(step.process).filter(|_| !step.events.iter().any(Event::begins_or_ends)) else {
            told.clear();
            return Ok(());
        };
        if node.gossip().told().eq(told.iter().copied()) {
            return Ok(());
        }
        let limit = self.config.retransmissions(world.node_ids().len() as u32);
        // In one step an update rides on a message to each of those who are asked for a ping, or to two.
        let at_once = self.config.proxies.max(2);
        let is_dropped = |(member, times): &&(NodeId, u32)| !node.gossip().tells(*member) && times + at_once < limit;
        if let Some((member, times)) = told.iter().find(is_dropped) {
            let me = world.identity(step.process);
            let what = format!("{me} had told {times} times what is new of {member}, and will not tell it any more");
            return Err(Breach::new([me], what));
        }
        told.clear();
        told.extend(node.gossip().told());
        Ok(())
    }
}

/// Who leaves says so for as many of its periods as the configuration says, and is silent then. The first node never
/// leaves: somebody must be there through whom the others can join.
#[derive(Debug)]
pub struct LeavingIsTold {
    linger: u64,
    /// In which of its periods each has begun to leave.
    since: PerProcess<u64>,
}

impl LeavingIsTold {
    pub(super) fn new(config: &SwimConfig) -> Self {
        Self { linger: config.linger.into(), since: PerProcess::default() }
    }
}

impl Property<Swim> for LeavingIsTold {
    fn after_step(&mut self, world: &World<'_, Swim>, step: &Step<'_, Swim>) -> Result<(), Breach> {
        let Some(node) = world.node(step.process) else { return Ok(()) };
        let (me, since) = (world.identity(step.process), self.since.of(step.process));
        for event in step.events {
            let wrong = match event {
                Event::Leaving { .. } if me == Swim::FIRST => Some(format!("{me} leaves, through whom others join")),
                Event::Leaving { .. } => {
                    *since = node.periods();
                    None
                }
                Event::Gone if node.periods() != *since + self.linger => {
                    Some(format!("{me} has said for {} periods that it leaves", node.periods() - *since))
                }
                _ => None,
            };
            if let Some(what) = wrong {
                return Err(Breach::new([me], what));
            }
        }
        Ok(())
    }
}

/// Who finds out that a member is dead has told others before that it is suspected.
///
/// While it suspects a member it sends at least one message in each period. Where the updates that can wait do not all
/// fit into these, nothing is asked.
#[derive(Debug)]
pub struct SuspicionsAreTold {
    config: SwimConfig,
}

impl SuspicionsAreTold {
    pub(super) fn new(config: &SwimConfig) -> Self {
        Self { config: config.clone() }
    }
}

impl Property<Swim> for SuspicionsAreTold {
    fn after_step(&mut self, world: &World<'_, Swim>, step: &Step<'_, Swim>) -> Result<(), Breach> {
        for event in step.events {
            let Event::Failed { news, told: Some(0) } = event else { continue };
            let nodes = world.node_ids().len() as u32;
            let room = self.config.suspicion_periods(nodes) * u64::from(self.config.piggyback);
            if room >= 2 * u64::from(nodes) {
                let (me, member) = (world.identity(step.process), news.member);
                let what = format!("{me} holds {member} for dead, and has told nobody that it suspected it");
                return Err(Breach::new([me, member], what));
            }
        }
        Ok(())
    }
}
