//! When signs of life are given.

use std::collections::BTreeMap;

use sim_core::{Breach, Duration, Judgement, NodeId, Property, PropertyClass, Step, StepKind, Time, World};

use crate::config::{DetectorConfig, DetectorKind};
use crate::message::Message;
use crate::node::DetectorNode;

/// How far a timer may be off where a clock runs fast or slow: times are rounded to nanoseconds.
const ROUNDING: Duration = Duration::from_nanos(2);

/// A node gives the signs of its detector once an interval: beats to all others, pings to those that it monitors. With NFD-S it
/// sends beat k when the common clock shows k intervals.
///
/// When is judged at the end of the run, where nothing was in the way of timers any more.
#[derive(Debug)]
pub struct SignsAreGiven {
    config: DetectorConfig,
    nodes: BTreeMap<NodeId, Ticks>,
}

#[derive(Debug, Default)]
struct Ticks {
    /// The last one, or the boot: in true time, and by the monotonic clock.
    last: Option<(Time, Time)>,
    /// The last one that came at the wrong time, and when the one before it was.
    untimely: Option<(Time, Breach)>,
}

impl SignsAreGiven {
    pub(super) fn new(config: &DetectorConfig) -> Self {
        Self { config: config.clone(), nodes: BTreeMap::new() }
    }

    /// Whether these are the signs of this node's tick.
    fn is_tick(step: &Step<'_, DetectorNode>, me: NodeId) -> bool {
        let is_sign = |message: &Message| match message {
            Message::Beat(_) | Message::Gossip(_) => true,
            Message::Ping { asker, .. } => *asker == me,
            Message::Ack { .. } | Message::PingRequest { .. } => false,
        };
        step.kind == StepKind::Timer && step.sent.iter().any(|(_, message)| is_sign(message))
    }

    /// Whoever is to get a sign in a tick, and does not.
    fn missed(
        &self,
        world: &World<'_, DetectorNode>,
        step: &Step<'_, DetectorNode>,
        (me, wall): (NodeId, Time),
    ) -> Option<NodeId> {
        let node = world.node(step.process)?;
        let whole = wall.as_nanos() / self.config.interval.as_nanos();
        let has = |to: NodeId, is: &dyn Fn(&Message) -> bool| step.sent.iter().any(|(of, sent)| *of == to && is(sent));
        let is_beat = |message: &Message| match message {
            Message::Beat(stamp) => self.config.detector != DetectorKind::NfdS || stamp.beat == whole,
            _ => false,
        };
        let is_ping = |message: &Message| matches!(message, Message::Ping { asker, .. } if *asker == me);
        let others = world.node_ids().iter().copied().filter(|other| *other != me && self.config.beats());
        let unbeaten = others.into_iter().find(|other| !has(*other, &is_beat));
        unbeaten.or_else(|| node.monitored().find(|peer| self.config.pings() && !has(*peer, &is_ping)))
    }
}

impl Property<DetectorNode> for SignsAreGiven {
    fn class(&self) -> PropertyClass {
        PropertyClass::Liveness
    }

    fn looks_at_messages(&self) -> bool {
        true
    }

    fn after_step(&mut self, world: &World<'_, DetectorNode>, step: &Step<'_, DetectorNode>) -> Result<(), Breach> {
        if step.kind == StepKind::Client {
            return Ok(());
        }
        let (me, now) = (world.identity(step.process), world.clock(step.process));
        if step.kind == StepKind::Boot {
            self.nodes.entry(me).or_default().last = Some((world.now(), now));
        }
        if !Self::is_tick(step, me) {
            return Ok(());
        }
        let wall = world.wall_clock(step.process);
        if let Some(other) = self.missed(world, step, (me, wall)) {
            return Err(Breach::new([me], format!("{me} gives {other} no sign of life, or the wrong one")));
        }
        let interval = self.config.interval;
        let ticks = self.nodes.entry(me).or_default();
        let (at, last) = ticks.last.replace((world.now(), now)).unwrap_or_default();
        let since = now.since(last);
        let off = match self.config.detector {
            DetectorKind::NfdS => Duration::from_nanos(wall.as_nanos() % interval.as_nanos()),
            // There may have been nobody to ping.
            DetectorKind::Ping | DetectorKind::Metrics => Duration::from_nanos(since.as_nanos() % interval.as_nanos()),
            _ => since.max(interval) - since.min(interval),
        };
        if off > ROUNDING && off + ROUNDING < interval {
            let what = format!("{me} gives signs of life {since} after those before, {off} beside the time for it");
            ticks.untimely = Some((at, Breach::new([me], what).in_step(step.number, world.now())));
        }
        Ok(())
    }

    fn at_end(&mut self, world: &World<'_, DetectorNode>) -> Judgement {
        let Some(calm) = world.calm_since().zip(world.healed_at()).map(|(calm, healed)| calm.max(healed)) else {
            return Judgement::Holds;
        };
        let interval = self.config.interval;
        // A timer that was set before may still be late, and the next one is set by it.
        let settled = calm.saturating_add(interval * 2);
        for process in world.processes().filter(|process| world.is_repaired(*process)) {
            let (me, now) = (world.identity(process), world.clock(process));
            let (Some(node), Some(ticks)) = (world.node(process), self.nodes.get(&me)) else { continue };
            if let Some((_, breach)) = ticks.untimely.as_ref().filter(|(at, _)| *at > settled) {
                return Judgement::Violated(breach.clone());
            }
            let only_pings = matches!(self.config.detector, DetectorKind::Ping | DetectorKind::Metrics);
            if only_pings && node.monitored().next().is_none() {
                continue;
            }
            let silent = ticks.last.map_or(Duration::ZERO, |(_, last)| now.since(last));
            if silent > interval + ROUNDING && world.now() > settled + interval {
                return Judgement::Violated(Breach::new([me], format!("{me} has given no sign of life for {silent}")));
            }
        }
        Judgement::Holds
    }
}
