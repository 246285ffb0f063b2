//! What holds while the ring changes.

use std::collections::{BTreeMap, BTreeSet};

use parts::clocks::Dot;
use parts::per_process::PerProcess;
use parts::placement::{KeyRange, Partition, moves_only_with};
use sim_core::{Breach, Flaws, NodeId, ProcessId, Property, Step, StepKind, World};

use super::stored::Acknowledged;
use crate::config::QuorumConfig;
use crate::message::Event;
use crate::node::QuorumStore;
use crate::rings::{Change, Rings};
use crate::storage::Memory;
use crate::version::{Cell, Version};

/// The keys that are looked at: whether any of them is ever written to does not matter.
const SAMPLE: u32 = 16;

/// When a node changes its ring, keys move only to nodes that have joined and from nodes that have left; the keys of a range
/// that is moved, from the node that was its primary to the one that is. Agreed rings are looked at one by one.
#[derive(Debug, Default)]
pub struct KeysMoveOnlyWithNodes {
    /// By process, the version of the ring, and the replicas of each key of the sample.
    known: PerProcess<(u64, Vec<BTreeSet<NodeId>>)>,
}

/// What becomes of a key with a change of the ring.
struct Moved {
    key: u32,
    joined: BTreeSet<NodeId>,
    left: BTreeSet<NodeId>,
    before: BTreeSet<NodeId>,
    now: BTreeSet<NodeId>,
}

impl Moved {
    /// With this change, which follows the ring of this version.
    fn by(rings: &Rings, (version, change): (u64, Change), key: u32) -> Self {
        let replicas = |version| rings.replicas_in(version, key).unwrap_or_default().into_iter().collect();
        let (mut before, now): (BTreeSet<NodeId>, _) = (replicas(version), replicas(version + 1));
        if let Some((from, to)) = rings.moved(version, change, key) {
            before.remove(&from);
            before.insert(to);
        }
        let (mut joined, mut left) = (BTreeSet::new(), BTreeSet::new());
        match change {
            Change::Join(node) => _ = joined.insert(node),
            Change::Leave(node) => _ = left.insert(node),
            Change::Split(_) | Change::Merge(_) | Change::Move(..) => {}
        }
        Self { key, joined, left, before, now }
    }
}

impl Property<QuorumStore> for KeysMoveOnlyWithNodes {
    fn after_step(&mut self, world: &World<'_, QuorumStore>, step: &Step<'_, QuorumStore>) -> Result<(), Breach> {
        let changed = step.events.iter().filter_map(|event| match event {
            Event::RingChanged { joined, left, .. } => Some((joined, left)),
            _ => None,
        });
        let changed: Vec<_> = changed.collect();
        if changed.is_empty() && step.kind != StepKind::Boot {
            return Ok(());
        }
        let Some(node) = world.node(step.process) else { return Ok(()) };
        let replicas: Vec<BTreeSet<NodeId>> = (0..SAMPLE).map(|key| node.replicas(key).into_iter().collect()).collect();
        let known = (node.rings.version(), replicas.clone());
        let (version, before) = std::mem::replace(self.known.of(step.process), known);
        // A node that boots may have changed its ring in a step that a crash has cut short.
        if step.kind == StepKind::Boot {
            return Ok(());
        }
        let all: Vec<Moved> = if node.rings.are_agreed() {
            let changes = (0..).zip(node.memory.changes.iter().copied()).skip(version as usize);
            changes.flat_map(|change| (0..SAMPLE).map(move |key| Moved::by(&node.rings, change, key))).collect()
        } else {
            let joined: BTreeSet<_> = changed.iter().flat_map(|(joined, _)| joined.iter().copied()).collect();
            let left: BTreeSet<_> = changed.iter().flat_map(|(_, left)| left.iter().copied()).collect();
            let keys = (0..).zip(before).zip(replicas);
            keys.map(|((key, before), now)| Moved { key, joined: joined.clone(), left: left.clone(), before, now })
                .collect()
        };
        for Moved { key, joined, left, before, now } in all {
            if !moves_only_with((&joined, &left), &before, &now) {
                let me = world.identity(step.process);
                let what = format!(
                    "to {me}, {joined:?} have joined and {left:?} have left, and key {key} moves from {before:?} to {now:?}"
                );
                return Err(Breach::new([me], what));
            }
        }
        Ok(())
    }
}

/// By one version of the ranges, each key is in exactly one of them, whichever node one asks that has this version.
#[derive(Debug, Default)]
pub struct EachKeyHasOnePartition {
    /// By version, the ranges that nodes have.
    ranges: BTreeMap<u64, BTreeSet<(KeyRange<u32>, Partition)>>,
}

impl Property<QuorumStore> for EachKeyHasOnePartition {
    fn after_step(&mut self, world: &World<'_, QuorumStore>, step: &Step<'_, QuorumStore>) -> Result<(), Breach> {
        let changes = |event: &Event| matches!(event, Event::RingChanged { .. });
        if step.kind != StepKind::Boot && !step.events.iter().any(changes) {
            return Ok(());
        }
        let Some(node) = world.node(step.process) else { return Ok(()) };
        let Some(ranges) = node.rings.ranges() else { return Ok(()) };
        let version = node.rings.version();
        let all = self.ranges.entry(version).or_default();
        all.extend(ranges.iter().map(|(range, partition)| (range, partition.clone())));
        for key in 0..SAMPLE {
            let of_key: Vec<_> = all.iter().filter(|(range, _)| range.contains(&key)).collect();
            if of_key.len() != 1 {
                let me = world.identity(step.process);
                let what = format!("with what {me} knows of version {version}, key {key} is in {of_key:?}");
                return Err(Breach::new([me], what));
            }
        }
        Ok(())
    }
}

/// No R replicas that would answer a read lack a write that was acknowledged, whatever ring they go by: whoever reads
/// learns of it. That holds where reads and writes meet, and nodes agree on rings.
#[derive(Debug)]
pub struct AcknowledgedWritesAreFound {
    config: QuorumConfig,
    acknowledged: Acknowledged,
    /// Of nodes that are down, the rings and the copies on their disks.
    down: PerProcess<Option<(Rings, BTreeMap<u32, Cell>)>>,
}

impl AcknowledgedWritesAreFound {
    /// For stores with this configuration.
    pub fn new(config: &QuorumConfig) -> Self {
        Self { config: config.clone(), acknowledged: Acknowledged::default(), down: PerProcess::default() }
    }

    fn check(&mut self, key: u32, world: &World<'_, QuorumStore>) -> Result<(), Breach> {
        let Some(acknowledged) = self.acknowledged.of(key) else { return Ok(()) };
        // By version of the ring and by what was acknowledged, who lacks it.
        let mut lacking: BTreeMap<(u64, Dot), Vec<NodeId>> = BTreeMap::new();
        let processes: Vec<ProcessId> = world.processes().collect();
        for process in processes {
            let me = world.identity(process);
            // It may be in the middle of a step in which it forgets deletions, of which nobody has been told yet.
            let is_forgotten = |version: &Version| {
                let dots = world.node(process).into_iter().flat_map(|node| node.collected.keys());
                self.acknowledged.cover(dots.copied(), version)
            };
            let (rings, cells) = match (world.node(process), self.down.of(process)) {
                (Some(node), _) => (&node.rings, &node.memory.cells),
                (None, Some((rings, cells))) => (&*rings, &*cells),
                (None, None) => continue,
            };
            if rings.answers_for(key, me) {
                let has = |version: &&Version| {
                    cells.get(&key).is_some_and(|cell| cell.covers(version)) || is_forgotten(version)
                };
                for version in acknowledged.versions().iter().filter(|version| !has(version)) {
                    lacking.entry((rings.version(), version.dot())).or_default().push(me);
                }
            }
        }
        match lacking.into_iter().find(|(_, nodes)| nodes.len() >= self.config.read_quorum as usize) {
            Some(((ring, dot), nodes)) => {
                let what = format!(
                    "{dot:?} of key {key} was acknowledged, and a read by ring {ring} that asks {nodes:?} does not find it"
                );
                Err(Breach::new(nodes, what))
            }
            None => Ok(()),
        }
    }
}

impl Property<QuorumStore> for AcknowledgedWritesAreFound {
    fn after_step(&mut self, world: &World<'_, QuorumStore>, step: &Step<'_, QuorumStore>) -> Result<(), Breach> {
        if !self.config.reads_meet_writes() {
            return Ok(());
        }
        let mut keys = self.acknowledged.after_step(world, step);
        if step.kind == StepKind::Crash {
            let memory = Memory::on(world.disk(step.process), Flaws::default());
            let first = Rings::new(&self.config, world.node_ids());
            let rings = Rings::recalled(&first, world.identity(step.process), &memory);
            *self.down.of(step.process) = Some((rings, memory.cells));
        }
        let changes = |event: &Event| matches!(event, Event::RingChanged { .. } | Event::TookOver { .. });
        if step.kind == StepKind::Crash || step.events.iter().any(changes) {
            keys.extend(self.acknowledged.keys());
        }
        keys.into_iter().try_for_each(|key| self.check(key, world))
    }
}
