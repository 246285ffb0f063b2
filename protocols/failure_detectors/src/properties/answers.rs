//! What becomes of pings, and of news.

use std::collections::{BTreeMap, VecDeque};

use sim_core::{Breach, NodeId, Property, Received, Step, StepKind, World};

use super::watch::acting;
use crate::config::{DetectorConfig, DetectorKind};
use crate::message::{Echo, Message};
use crate::node::DetectorNode;

/// A ping is answered at once. With metrics, it is answered when a sync is over that began after it had come, in turn, and the
/// answer says how many waited before it.
#[derive(Debug)]
pub struct PingsAreAnswered {
    waits_for_disk: bool,
    waiting: BTreeMap<NodeId, Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    /// Who has asked for whom, and how many waited then.
    pings: VecDeque<(NodeId, NodeId, Echo, u64)>,
    /// How many of these the sync covers that is under way.
    covered: usize,
}

impl PingsAreAnswered {
    pub(super) fn new(config: &DetectorConfig) -> Self {
        Self { waits_for_disk: config.detector == DetectorKind::Metrics, waiting: BTreeMap::new() }
    }
}

impl Property<DetectorNode> for PingsAreAnswered {
    fn looks_at_messages(&self) -> bool {
        true
    }

    fn after_step(&mut self, world: &World<'_, DetectorNode>, step: &Step<'_, DetectorNode>) -> Result<(), Breach> {
        if step.kind == StepKind::Client {
            return Ok(());
        }
        let me = world.identity(step.process);
        if matches!(step.kind, StepKind::Boot | StepKind::Crash) {
            self.waiting.remove(&me);
            return Ok(());
        }
        let waiting = self.waiting.entry(me).or_default();
        let mut owed: Vec<_> = match step.kind {
            StepKind::Disk => waiting.pings.iter().take(waiting.covered).copied().collect(),
            _ => Vec::new(),
        };
        if let Some(Received { from, message: Message::Ping { asker, echo }, .. }) = step.received {
            let ping = (*from, *asker, *echo, waiting.pings.len() as u64);
            if self.waits_for_disk {
                waiting.pings.push_back(ping);
                waiting.covered = waiting.covered.max(1);
            } else {
                owed.push(ping);
            }
        }
        let answers = step.sent.iter().filter_map(|(to, message)| match message {
            Message::Ack { asker, about, echo, queue, .. } if *about == me => Some((*to, *asker, *echo, *queue)),
            _ => None,
        });
        let given: Vec<_> = answers.collect();
        if world.node(step.process).is_some() && given != owed {
            let what = format!("{me} answers {} pings in a step in which it owes {}", given.len(), owed.len());
            return Err(Breach::new([me], what));
        }
        if step.kind == StepKind::Disk {
            waiting.pings.drain(..waiting.covered);
            waiting.covered = waiting.pings.len();
        }
        Ok(())
    }
}

/// Whoever is heard of is judged by that at once: nobody is suspected any longer against whom the detector has nothing left.
#[derive(Debug)]
pub struct NewsAreJudged {
    /// NFD-S goes by the clock that all have in common.
    is_common: bool,
}

impl NewsAreJudged {
    pub(super) fn new(config: &DetectorConfig) -> Self {
        Self { is_common: config.detector == DetectorKind::NfdS }
    }
}

impl Property<DetectorNode> for NewsAreJudged {
    fn after_step(&mut self, world: &World<'_, DetectorNode>, step: &Step<'_, DetectorNode>) -> Result<(), Breach> {
        let Some(node) = acting(world, step) else { return Ok(()) };
        let me = world.identity(step.process);
        let now = if self.is_common { world.wall_clock(step.process) } else { world.clock(step.process) };
        for heard in node.heard() {
            let is_suspect = node.status(heard.about).is_some_and(|status| status.is_suspect());
            if is_suspect && node.opinion(heard.about, now).is_some_and(|opinion| !opinion.is_suspicion()) {
                let what = format!("{me} has heard of {}, and still suspects it", heard.about);
                return Err(Breach::new([me], what));
            }
        }
        Ok(())
    }
}
