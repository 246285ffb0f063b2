//! Which versions there are, and which of them nodes have, up or down.

use std::collections::{BTreeMap, BTreeSet};

use parts::clocks::Dot;
use parts::per_process::PerProcess;
use sim_core::{Flaws, NodeId, ProcessId, Step, StepKind, World};

use crate::message::Event;
use crate::node::QuorumStore;
use crate::storage::Memory;
use crate::version::{Cell, Version};

/// All versions that were made, by their names, and of which keys.
#[derive(Debug, Default)]
pub(super) struct Versions(BTreeMap<Dot, (u32, Version)>);

impl Versions {
    pub(super) fn after_step(&mut self, step: &Step<'_, QuorumStore>) {
        for event in step.events {
            if let Event::Made { key, version, .. } | Event::Resumed { key, version, .. } = event {
                self.0.entry(version.dot()).or_insert_with(|| (*key, version.clone()));
            }
        }
    }

    /// The version of this name, if it is known who made it.
    pub(super) fn get(&self, dot: Dot) -> Option<&Version> {
        self.0.get(&dot).map(|(_, version)| version)
    }

    /// Those of a key.
    pub(super) fn of(&self, key: u32) -> impl Iterator<Item = &Version> {
        self.0.values().filter(move |(of, _)| *of == key).map(|(_, version)| version)
    }

    /// What these come to.
    pub(super) fn cell(&self, dots: impl IntoIterator<Item = Dot>) -> Cell {
        dots.into_iter().filter_map(|dot| self.get(dot)).collect()
    }
}

/// What a node has as a replica, by key; and what it keeps for others.
#[derive(Clone, Debug, Default)]
pub(super) struct Stored {
    pub(super) cells: BTreeMap<u32, Cell>,
    pub(super) hints: BTreeMap<(NodeId, u32), Cell>,
    /// The keys that it was a replica of at some time, and is none of any more, unless it has something of them.
    pub(super) given: BTreeSet<u32>,
}

impl Stored {
    fn of(Memory { cells, hints, given, .. }: Memory) -> Self {
        Self { cells, hints, given: given.into_keys().map(|(key, _)| key).collect() }
    }

    /// Whether the node has a version of this key or one that came after it, for itself or for another.
    pub(super) fn covers(&self, key: u32, version: &Version) -> bool {
        let hints = self.hints.iter().filter(|((_, of), _)| *of == key).map(|(_, cell)| cell);
        self.cells.get(&key).into_iter().chain(hints).any(|cell| cell.covers(version))
    }
}

/// What the node of a step has after it, if the step may have changed that: what is in its memory, or after a crash on
/// its disk.
pub(super) fn stored_after(world: &World<'_, QuorumStore>, step: &Step<'_, QuorumStore>) -> Option<Stored> {
    match (step.kind, world.node(step.process)) {
        (StepKind::Crash, _) => {
            let flaws = Flaws::default();
            Some(Stored::of(Memory::on(world.disk(step.process), flaws)))
        }
        (StepKind::Message | StepKind::Boot | StepKind::Timer | StepKind::Operator, Some(node)) => {
            let Memory { cells, hints, given, .. } = &node.memory;
            Some(Stored {
                cells: cells.clone(),
                hints: hints.clone(),
                given: given.keys().map(|(key, _)| *key).collect(),
            })
        }
        _ => None,
    }
}

/// What was acknowledged, unless its deletion was forgotten, and what nodes have of it.
#[derive(Debug, Default)]
pub(super) struct Acknowledged {
    versions: Versions,
    /// What each node has: in its memory, or on its disk after a crash.
    stored: PerProcess<Stored>,
    /// By key, the acknowledged versions that none of the others came after.
    cells: BTreeMap<u32, Cell>,
    /// By key, the tombstones that some replica has forgotten.
    forgotten: BTreeMap<u32, Cell>,
}

impl Acknowledged {
    /// Gives the keys of which something was acknowledged in this step, and those of which a node has less than before.
    pub(super) fn after_step(&mut self, world: &World<'_, QuorumStore>, step: &Step<'_, QuorumStore>) -> BTreeSet<u32> {
        self.versions.after_step(step);
        let mut keys = BTreeSet::new();
        if let Some(now) = stored_after(world, step) {
            let before = std::mem::replace(self.stored.of(step.process), now);
            let now = self.stored.of(step.process).clone();
            for (key, cell) in
                before.cells.iter().filter(|(key, cell)| cell.is_deleted() && !now.cells.contains_key(key))
            {
                self.forget(*key, cell);
            }
            let has_lost = |key: &u32, cell: &Cell| {
                cell.versions().iter().any(|of| before.covers(*key, of) && !now.covers(*key, of))
            };
            keys.extend(self.cells.iter().filter(|(key, cell)| has_lost(key, cell)).map(|(key, _)| *key));
        }
        for event in step.events {
            if let Event::Wrote { key, dot, .. } = event
                && let Some(version) = self.versions.get(*dot)
                && !self.forgotten.get(key).is_some_and(|forgotten| forgotten.covers(version))
            {
                self.cells.entry(*key).or_default().take(version, Flaws::default());
                keys.insert(*key);
            }
        }
        keys
    }

    /// A node has forgotten that a key was deleted.
    fn forget(&mut self, key: u32, tombstones: &Cell) {
        let forgotten = self.forgotten.entry(key).or_default();
        for tombstone in tombstones.versions() {
            forgotten.take(tombstone, Flaws::default());
        }
        if let Some(acknowledged) = self.cells.get_mut(&key) {
            let over = |version: &&Version| forgotten.covers(version);
            let over: Vec<_> = acknowledged.versions().iter().filter(over).map(Version::dot).collect();
            acknowledged.drop(&over);
        }
    }

    /// Whether one of the versions of these names is this one, or came after it.
    pub(super) fn cover(&self, dots: impl IntoIterator<Item = Dot>, version: &Version) -> bool {
        dots.into_iter().any(|dot| self.versions.get(dot).is_some_and(|other| other.covers(version)))
    }

    /// What was acknowledged of a key.
    pub(super) fn of(&self, key: u32) -> Option<&Cell> {
        self.cells.get(&key)
    }

    /// The keys of which something was.
    pub(super) fn keys(&self) -> impl Iterator<Item = u32> {
        self.cells.keys().copied()
    }

    /// What a node has.
    pub(super) fn at(&mut self, process: ProcessId) -> &Stored {
        self.stored.of(process)
    }
}
