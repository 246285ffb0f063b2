//! What nodes keep, and that all come to have it.

use std::collections::BTreeMap;

use sim_core::{Breach, Duration, Judgement, ProcessId, Property, PropertyClass, Step, StepKind, Time, World};

use super::visible::Visible;
use super::words;
use crate::message::Version;
use crate::node::Causal;

/// How long after the last write and the last fault data centres must be alike: many times what an answer takes.
const SETTLED: Duration = Duration::from_secs(2);

/// A node that boots has every version that it has ever said is visible.
#[derive(Debug, Default)]
pub struct NoUpdateLost {
    visible: Visible,
}

impl Property<Causal> for NoUpdateLost {
    fn after_step(&mut self, world: &World<'_, Causal>, step: &Step<'_, Causal>) -> Result<(), Breach> {
        self.visible.after_step(world, step);
        if step.kind != StepKind::Boot {
            return Ok(());
        }
        let Some(node) = world.node(step.process) else { return Ok(()) };
        match self.visible.of(step.process).iter().find(|version| !node.store().has(**version)) {
            Some(lost) => {
                let me = world.identity(step.process);
                Err(Breach::new([me], format!("{me} has lost {}, which was visible there", words(*lost))))
            }
            None => Ok(()),
        }
    }
}

/// When nothing has been written for long enough, and no fault has kept nodes apart, every version that any node has
/// is visible in all data centres, and all tell the same value of every key.
#[derive(Debug, Default)]
pub struct Convergence {
    /// When each version was seen first.
    seen: BTreeMap<Version, Time>,
    visible: Visible,
}

impl Property<Causal> for Convergence {
    fn class(&self) -> PropertyClass {
        PropertyClass::Liveness
    }

    fn after_step(&mut self, world: &World<'_, Causal>, step: &Step<'_, Causal>) -> Result<(), Breach> {
        if self.visible.after_step(world, step).is_some() {
            for event in step.events.iter().filter_map(super::visible::version) {
                self.seen.entry(event).or_insert_with(|| world.now());
            }
        }
        Ok(())
    }

    fn at_end(&mut self, world: &World<'_, Causal>) -> Judgement {
        let Some(breach) = unlike(world, self.seen.keys().copied()) else { return Judgement::Holds };
        let last = self.seen.values().copied().max().unwrap_or(Time::ZERO);
        match world.calm_since() {
            Some(calm) if world.now().since(calm.max(last)) >= SETTLED => Judgement::Violated(breach),
            _ => Judgement::Inconclusive("writes or faults went on until shortly before the end".to_owned()),
        }
    }
}

/// A node that lacks one of these versions, or two that tell different values.
fn unlike(world: &World<'_, Causal>, versions: impl Iterator<Item = Version>) -> Option<Breach> {
    let nodes: Vec<&Causal> = world.processes().filter_map(|process: ProcessId| world.node(process)).collect();
    let cluster = nodes.first()?.cluster();
    let node = |id: sim_core::NodeId| world.node(ProcessId(id.index()));
    for version in versions {
        for id in cluster.replicas(version) {
            if node(id).is_some_and(|node| !node.store().has(version)) {
                return Some(Breach::new([id], format!("{id} does not have {}", words(version))));
            }
        }
    }
    for id in world.node_ids() {
        for other in cluster.equivalents(*id) {
            if let (Some(first), Some(second)) = (node(*id), node(other))
                && first.store().all_latest() != second.store().all_latest()
            {
                return Some(Breach::new([*id, other], format!("{id} and {other} tell different values of a key")));
            }
        }
    }
    None
}
