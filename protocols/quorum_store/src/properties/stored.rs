//! Which versions there are, and which of them nodes have, up or down.

use std::collections::{BTreeMap, BTreeSet};

use parts::clocks::Dot;
use sim_core::{Flaws, NodeId, Step, StepKind, World};

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
        Self { cells, hints, given: given.into_keys().collect() }
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
        (StepKind::Message | StepKind::Boot | StepKind::Timer, Some(node)) => {
            let Memory { cells, hints, given, .. } = &node.memory;
            Some(Stored { cells: cells.clone(), hints: hints.clone(), given: given.keys().copied().collect() })
        }
        _ => None,
    }
}

/// What was acknowledged, unless its deletion was forgotten.
#[derive(Debug, Default)]
pub(super) struct Acknowledged {
    versions: Versions,
    /// By key, the versions that none of the others came after.
    cells: BTreeMap<u32, Cell>,
}

impl Acknowledged {
    /// Gives the keys of which something was acknowledged in this step.
    pub(super) fn after_step(&mut self, step: &Step<'_, QuorumStore>) -> Vec<u32> {
        self.versions.after_step(step);
        let mut written = Vec::new();
        for event in step.events {
            match event {
                Event::Collected { key, dots } => {
                    let Some(cell) = self.cells.get_mut(key) else { continue };
                    let collected = self.versions.cell(dots.iter().copied());
                    let over = cell.versions().iter().filter(|of| collected.covers(of)).map(Version::dot);
                    let over: Vec<_> = over.collect();
                    cell.drop(&over);
                }
                Event::Wrote { key, dot, .. } => {
                    let Some(version) = self.versions.get(*dot) else { continue };
                    self.cells.entry(*key).or_default().take(version, Flaws::default());
                    written.push(*key);
                }
                _ => {}
            }
        }
        written
    }

    /// Of a key.
    pub(super) fn of(&self, key: u32) -> Option<&Cell> {
        self.cells.get(&key)
    }

    /// By key.
    pub(super) fn cells(&self) -> impl Iterator<Item = (u32, &Cell)> {
        self.cells.iter().map(|(key, cell)| (*key, cell))
    }
}
