//! Guarantees of delivery as properties of a run.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Debug};

use super::{Announced, Announcement, blame_nobody, is_settled, judge};
use crate::consistency::{Budget, DeliveryGuarantee, DeliveryLog, Group, Version, check_delivery};
use crate::model::PropertyClass;
use crate::process::NodeId;
use crate::property::{Breach, Judgement, Property, Step, StepKind};
use crate::protocol::Protocol;
use crate::time::{Duration, Time};
use crate::world::World;

/// A guarantee of delivery, of the messages that an application on top of the protocol broadcasts
/// and delivers. Judged at the end. What a node had delivered before a crash it has delivered.
pub struct Delivers<P: Protocol> {
    guarantee: DeliveryGuarantee,
    announced: Announced<P>,
    /// How long before the end of the run a message is broadcast that all must have delivered.
    within: Duration,
    log: DeliveryLog<Version>,
    last_broadcast: Time,
    broadcast: BTreeSet<Version>,
    delivered: BTreeSet<(NodeId, Version)>,
    /// Nodes that have crashed: what they had broadcast may be lost with them.
    crashed: BTreeSet<NodeId>,
    /// Nodes that have left the group.
    gone: BTreeSet<NodeId>,
    /// How often each has left.
    lives: BTreeMap<NodeId, u32>,
}

impl<P: Protocol> Delivers<P> {
    /// As far as `announced` tells. Nobody need have delivered what was broadcast less than `within`
    /// before the end of the run.
    pub fn new(guarantee: DeliveryGuarantee, announced: Announced<P>, within: Duration) -> Self {
        let log = DeliveryLog::new();
        Self {
            guarantee,
            announced,
            within,
            log,
            last_broadcast: Time::ZERO,
            broadcast: BTreeSet::new(),
            delivered: BTreeSet::new(),
            crashed: BTreeSet::new(),
            gone: BTreeSet::new(),
            lives: BTreeMap::new(),
        }
    }
}

/// What is announced.
impl<P: Protocol> Delivers<P> {
    fn broadcasts(&mut self, me: NodeId, message: Version, now: Time) {
        self.broadcast.insert(message);
        self.log.broadcast(self.number(me), message, now.as_nanos());
        self.last_broadcast = now;
    }

    fn delivers(&mut self, me: NodeId, message: Version, now: Time) {
        self.delivered.insert((me, message));
        self.log.deliver(self.number(me), message, now.as_nanos());
    }

    fn leaves(&mut self, me: NodeId) {
        *self.lives.entry(me).or_default() += 1;
        self.gone.insert(me);
        self.delivered.retain(|(node, _)| *node != me);
    }

    /// The process that a node is now: another one after it has left.
    fn number(&self, node: NodeId) -> u64 {
        let life = self.lives.get(&node).copied().unwrap_or_default();
        u64::from(node.index()) | u64::from(life) << 32
    }
}

impl<P: Protocol> Debug for Delivers<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivers").field("guarantee", &self.guarantee).finish_non_exhaustive()
    }
}

impl<P: Protocol> Property<P> for Delivers<P> {
    fn class(&self) -> PropertyClass {
        match self.guarantee {
            DeliveryGuarantee::AtLeastOnce => PropertyClass::Liveness,
            _ => PropertyClass::Safety,
        }
    }

    fn after_step(&mut self, world: &World<'_, P>, step: &Step<'_, P>) -> Result<(), Breach> {
        if step.kind == StepKind::Client || !world.is_correct(step.process) {
            return Ok(());
        }
        let (me, now) = (world.identity(step.process), world.now());
        if step.kind == StepKind::Crash {
            self.crashed.insert(me);
        }
        for event in step.events {
            match (self.announced)(event) {
                Some(Announcement::Broadcast(message)) => self.broadcasts(me, message, now),
                Some(Announcement::Delivered(message)) => self.delivers(me, message, now),
                Some(Announcement::Recovered { message, is_own }) => {
                    if is_own && !self.broadcast.contains(&message) {
                        self.broadcasts(me, message, now);
                    }
                    if !self.delivered.contains(&(me, message)) {
                        self.delivers(me, message, now);
                    }
                }
                Some(Announcement::Left) => self.leaves(me),
                Some(Announcement::Joined) => _ = self.gone.remove(&me),
                None => {}
            }
        }
        Ok(())
    }

    fn at_end(&mut self, world: &World<'_, P>) -> Judgement {
        let running = world.correct().filter(|process| world.node(*process).is_some());
        let mut running: BTreeSet<NodeId> = running.map(|process| world.identity(process)).collect();
        running.retain(|node| !self.gone.contains(node));
        let numbers = |nodes: &mut dyn Iterator<Item = &NodeId>| nodes.map(|node| self.number(*node)).collect();
        let group = Group {
            senders: numbers(&mut running.difference(&self.crashed)),
            receivers: numbers(&mut running.iter()),
            delivers_own: true,
            is_settled: is_settled(world, self.last_broadcast, self.within),
        };
        judge(check_delivery(&self.log, self.guarantee, &group, Budget::default()), blame_nobody)
    }
}
