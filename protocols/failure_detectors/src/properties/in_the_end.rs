//! What holds in the end: strong completeness, and eventual strong accuracy.

use std::collections::BTreeMap;

use sim_core::{Breach, Duration, Judgement, NodeId, ProcessId, Property, PropertyClass, Step, StepKind, Time, World};

use super::watch::acting;
use crate::config::DetectorConfig;
use crate::message::{Event, Sign};
use crate::node::DetectorNode;

/// When nodes boot and crash, in true time, and since when pairs are monitored.
#[derive(Debug, Default)]
struct Lives {
    booted: BTreeMap<NodeId, Time>,
    crashed: BTreeMap<NodeId, Time>,
    monitored: BTreeMap<(NodeId, NodeId), Time>,
}

impl Lives {
    fn after_step(&mut self, world: &World<'_, DetectorNode>, step: &Step<'_, DetectorNode>) {
        if step.kind == StepKind::Client {
            return;
        }
        let (me, now) = (world.identity(step.process), world.now());
        match step.kind {
            StepKind::Boot => {
                self.booted.insert(me, now);
                self.crashed.remove(&me);
                self.monitored.retain(|(of, _), _| *of != me);
            }
            StepKind::Crash => _ = self.crashed.insert(me, now),
            _ => {}
        }
        for event in step.events {
            if let Event::Monitors(peer) = event {
                self.monitored.insert((me, *peer), now);
            }
        }
    }

    /// From when on all that a bound begins with is there.
    fn begins(&self, me: NodeId, peer: NodeId, calm: Time) -> Time {
        let booted = |node| self.booted.get(&node).copied().unwrap_or_default();
        let monitored = self.monitored.get(&(me, peer)).copied().unwrap_or_default();
        calm.max(booted(me)).max(booted(peer)).max(monitored)
    }
}

/// The nodes that run and were repaired, each with its process.
fn running<'a>(world: &World<'a, DetectorNode>) -> impl Iterator<Item = (ProcessId, &'a DetectorNode)> {
    let repaired: Vec<ProcessId> = world.correct().filter(|process| world.is_repaired(*process)).collect();
    let nodes: Vec<_> = repaired.into_iter().filter_map(|process| Some((process, world.node(process)?))).collect();
    nodes.into_iter()
}

/// Every node that has crashed for good is suspected by every node that runs, within the declared bound after the crash
/// or the heal. Judged at the end of the run.
#[derive(Debug)]
pub struct StrongCompleteness {
    config: DetectorConfig,
    lives: Lives,
    /// When a pair's last heartbeat or counter came.
    signs: BTreeMap<(NodeId, NodeId), Time>,
}

impl StrongCompleteness {
    pub(super) fn new(config: &DetectorConfig) -> Self {
        Self { config: config.clone(), lives: Lives::default(), signs: BTreeMap::new() }
    }
}

impl Property<DetectorNode> for StrongCompleteness {
    fn class(&self) -> PropertyClass {
        PropertyClass::Liveness
    }

    fn after_step(&mut self, world: &World<'_, DetectorNode>, step: &Step<'_, DetectorNode>) -> Result<(), Breach> {
        self.lives.after_step(world, step);
        if step.kind == StepKind::Message
            && let Some(node) = acting(world, step)
        {
            let me = world.identity(step.process);
            let signs = node.heard().iter().filter(|heard| heard.sign != Sign::Ack);
            self.signs.extend(signs.map(|heard| ((me, heard.about), world.now())));
        }
        Ok(())
    }

    fn at_end(&mut self, world: &World<'_, DetectorNode>) -> Judgement {
        let Some(calm) = world.calm_since() else { return Judgement::Holds };
        let within = self.config.detects_within(world.node_ids().len()) + self.config.message_delay * 4;
        for (process, node) in running(world) {
            let me = world.identity(process);
            for peer in node.monitored() {
                let Some(crashed) = self.lives.crashed.get(&peer) else { continue };
                // What was under way when it crashed may come late, where links are not repaired.
                let last = self.signs.get(&(me, peer)).copied().unwrap_or_default();
                let since = self.lives.begins(me, peer, calm).max(*crashed).max(last);
                let is_suspect = node.status(peer).is_some_and(|status| status.is_suspect());
                if !is_suspect && world.now().since(since) > within {
                    let what = format!("{peer} has crashed at {crashed}, and {me} does not suspect it");
                    return Judgement::Violated(Breach::new([me], what));
                }
            }
        }
        Judgement::Holds
    }
}

/// In the end nobody is suspected who runs, where the timeouts leave room for the delays that there are: within the
/// declared bound after the heal. Judged at the end of the run.
#[derive(Debug)]
pub struct EventualStrongAccuracy {
    config: DetectorConfig,
    lives: Lives,
    /// When each pair's latest suspicion was withdrawn.
    trusted: BTreeMap<(NodeId, NodeId), Time>,
}

impl EventualStrongAccuracy {
    pub(super) fn new(config: &DetectorConfig) -> Self {
        Self { config: config.clone(), lives: Lives::default(), trusted: BTreeMap::new() }
    }

    /// Whether those that vote have less than half of the weight without the ones that are accurate.
    fn is_claimed(&self, nodes: usize) -> bool {
        let claims = self.config.claims(nodes);
        let all: u64 = claims.iter().map(|claim| u64::from(claim.weight)).sum();
        let mistaken = claims.iter().filter(|claim| !claim.is_accurate);
        2 * mistaken.map(|claim| u64::from(claim.weight)).sum::<u64>() < all
    }
}

impl Property<DetectorNode> for EventualStrongAccuracy {
    fn class(&self) -> PropertyClass {
        PropertyClass::Liveness
    }

    fn after_step(&mut self, world: &World<'_, DetectorNode>, step: &Step<'_, DetectorNode>) -> Result<(), Breach> {
        self.lives.after_step(world, step);
        for event in step.events {
            if let Event::Recovered(peer) | Event::FalsePositive(peer) = event {
                self.trusted.insert((world.identity(step.process), *peer), world.now());
            }
        }
        Ok(())
    }

    fn at_end(&mut self, world: &World<'_, DetectorNode>) -> Judgement {
        let nodes = world.node_ids().len();
        // Without a heal links may lose messages until the end.
        let calm = world.healed_at().and(world.calm_since());
        let Some(calm) = calm.filter(|_| self.is_claimed(nodes)) else { return Judgement::Holds };
        let within: Duration = self.config.unlearns_within(nodes);
        let running: Vec<_> = running(world).map(|(process, node)| (world.identity(process), node)).collect();
        for (me, node) in &running {
            for (peer, _) in running.iter().filter(|(peer, _)| node.status(*peer).is_some()) {
                let accurate = self.lives.begins(*me, *peer, calm) + within;
                let is_suspect = node.status(*peer).is_some_and(|status| status.is_suspect());
                let trusted = self.trusted.get(&(*me, *peer)).copied().unwrap_or_default();
                let last = if is_suspect { world.now() } else { trusted };
                if last > accurate {
                    let what = format!(
                        "{me} suspects {peer}, which runs, at {last}: there are to be no mistakes from {accurate} on"
                    );
                    return Judgement::Violated(Breach::new([*me], what));
                }
            }
        }
        Judgement::Holds
    }
}
