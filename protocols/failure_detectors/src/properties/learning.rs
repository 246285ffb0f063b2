//! What detectors learn.

use std::collections::BTreeMap;

use parts::detectors::Stamp;
use parts::per_process::PerProcess;
use sim_core::{Breach, Duration, NodeId, Property, Step, StepKind, World};

use super::watch::{Belief, Seen, Watch, acting};
use crate::config::{DetectorConfig, DetectorKind};
use crate::message::Event;
use crate::node::DetectorNode;

/// While a peer is silent, the suspicion against it never falls; it is from 0 to 1, and φ is finite.
#[derive(Debug)]
pub struct LevelsGrowInSilence {
    /// Whether a level can be looked at: not where it depends on a clock that properties do not see.
    is_seen: bool,
    watch: Watch,
    /// The levels after the last step of the node.
    levels: BTreeMap<(NodeId, NodeId), f64>,
}

impl LevelsGrowInSilence {
    pub(super) fn new(config: &DetectorConfig) -> Self {
        let is_seen = config.detector != DetectorKind::NfdS;
        Self { is_seen, watch: Watch::of_all_steps(), levels: BTreeMap::new() }
    }
}

impl Property<DetectorNode> for LevelsGrowInSilence {
    fn after_step(&mut self, world: &World<'_, DetectorNode>, step: &Step<'_, DetectorNode>) -> Result<(), Breach> {
        if !self.is_seen {
            return Ok(());
        }
        let levels = &mut self.levels;
        if matches!(step.kind, StepKind::Boot | StepKind::Crash) {
            let me = world.identity(step.process);
            levels.retain(|(of, _), _| *of != me);
        }
        let node = acting(world, step);
        self.watch.after_step(world, step, |place, pair, seen| {
            let opinion = node.and_then(|node| node.opinion(place.peer, place.now));
            let (Some(opinion), Some(node), Seen::After) = (opinion, node, seen) else {
                if seen == Seen::After {
                    levels.remove(&(place.me, place.peer));
                }
                return Ok(());
            };
            let phi = node.phi(place.peer, place.now);
            if let Some(phi) = phi.filter(|phi| !phi.is_finite() || *phi < 0.0) {
                return Err(place.breach(|me, peer| format!("on {me} φ of {peer} is {phi}")));
            }
            let before = levels.insert((place.me, place.peer), opinion.level).filter(|_| !pair.is_mentioned);
            let is_valid = (0.0..=1.0).contains(&opinion.level) && (0.0..=1.0).contains(&opinion.confidence);
            let falls = before.is_some_and(|before| opinion.level < before);
            if is_valid && !falls {
                return Ok(());
            }
            let (level, before) = (opinion.level, before.unwrap_or_default());
            Err(place.breach(|me, peer| format!("on {me} the suspicion against {peer} is {level}, and was {before}")))
        })
    }
}

/// The time for which a suspect was away is no gap between its beats: a timeout is no longer after it than before.
#[derive(Debug)]
pub struct AbsenceIsNoDelay {
    watch: Watch,
    /// The timeouts when the suspicion began.
    timeouts: BTreeMap<(NodeId, NodeId), Duration>,
}

impl Default for AbsenceIsNoDelay {
    fn default() -> Self {
        Self { watch: Watch::of_all_steps(), timeouts: BTreeMap::new() }
    }
}

impl Property<DetectorNode> for AbsenceIsNoDelay {
    fn after_step(&mut self, world: &World<'_, DetectorNode>, step: &Step<'_, DetectorNode>) -> Result<(), Breach> {
        let node = acting(world, step);
        let timeouts = &mut self.timeouts;
        self.watch.after_step(world, step, |place, pair, seen| {
            let Some(now) = node.and_then(|node| node.learnt_timeout(place.peer)) else { return Ok(()) };
            let key = (place.me, place.peer);
            match seen {
                // It may be withdrawn in the same step: then this comes too late, and there is nothing to compare.
                Seen::After if pair.belief == Belief::Trusted => _ = timeouts.remove(&key),
                Seen::After => _ = timeouts.entry(key).or_insert(now),
                Seen::Suspects | Seen::Fails => {}
                Seen::Trusts { .. } => {
                    let before = timeouts.remove(&key).filter(|_| pair.boot == pair.suspected_boot);
                    if let Some(before) = before.filter(|before| now > *before) {
                        let what =
                            |me, peer| format!("{me} waits {now} for {peer} after it was away, and {before} before");
                        return Err(place.breach(what));
                    }
                }
            }
            Ok(())
        })
    }
}

/// A counter that a node knows never falls while it runs.
#[derive(Debug, Default)]
pub struct HeartbeatCountersGrow {
    known: PerProcess<BTreeMap<NodeId, Stamp>>,
}

impl Property<DetectorNode> for HeartbeatCountersGrow {
    fn after_step(&mut self, world: &World<'_, DetectorNode>, step: &Step<'_, DetectorNode>) -> Result<(), Breach> {
        let Some(node) = acting(world, step) else { return Ok(()) };
        let known = self.known.of(step.process);
        if step.kind == StepKind::Boot {
            known.clear();
        }
        if step.kind != StepKind::Message {
            return Ok(());
        }
        for (of, stamp) in node.counters().iter() {
            if let Some(before) = known.insert(of, stamp).filter(|before| *before > stamp) {
                let me = world.identity(step.process);
                let what = format!("{me} has counter {stamp:?} of {of}, and had {before:?}");
                return Err(Breach::new([me], what));
            }
        }
        Ok(())
    }
}

/// Each boot of a node has a higher number than those before.
#[derive(Debug, Default)]
pub struct BootsAreCounted {
    last: PerProcess<u64>,
}

impl Property<DetectorNode> for BootsAreCounted {
    fn after_step(&mut self, world: &World<'_, DetectorNode>, step: &Step<'_, DetectorNode>) -> Result<(), Breach> {
        for event in step.events {
            let Event::Booted(boot) = event else { continue };
            let before = std::mem::replace(self.last.of(step.process), *boot);
            if before >= *boot {
                let me = world.identity(step.process);
                return Err(Breach::new([me], format!("{me} boots under number {boot}, and had {before} before")));
            }
        }
        Ok(())
    }
}
