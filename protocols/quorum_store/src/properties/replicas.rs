//! What replicas have, step by step.

use std::collections::{BTreeMap, BTreeSet};

use parts::clocks::Dot;
use parts::per_process::PerProcess;
use sim_core::{Breach, Property, Step, StepKind, World};

use super::stored::{Versions, stored_after};
use crate::message::Event;
use crate::node::QuorumStore;
use crate::version::Cell;

/// A replica has exactly those of the versions that it was given that none of the others takes the place of: of
/// siblings none too many, and none is lost.
#[derive(Debug, Default)]
pub struct KeepsTheMaximal {
    versions: Versions,
    /// By process and key, what it is to have.
    expected: PerProcess<BTreeMap<u32, Cell>>,
}

impl Property<QuorumStore> for KeepsTheMaximal {
    fn after_step(&mut self, world: &World<'_, QuorumStore>, step: &Step<'_, QuorumStore>) -> Result<(), Breach> {
        self.versions.after_step(step);
        let Some(node) = world.node(step.process).filter(|_| step.kind != StepKind::Client) else { return Ok(()) };
        let expected = self.expected.of(step.process);
        if step.kind == StepKind::Boot {
            expected.clone_from(&node.memory.cells);
        }
        for (place, event) in step.events.iter().enumerate() {
            let key = match event {
                Event::Took { key, dot } => {
                    let Some(version) = self.versions.get(*dot) else { continue };
                    expected.entry(*key).or_default().take(version, sim_core::Flaws::default());
                    key
                }
                Event::Collected { key, .. } | Event::Given { key } => {
                    expected.remove(key);
                    continue;
                }
                _ => continue,
            };
            let [is, ought] = [node.memory.cells.get(key), expected.get(key)]
                .map(|cell| cell.map(|cell| cell.dots().collect::<Vec<_>>()).unwrap_or_default());
            // What else it was given in this step is still to be told.
            let later = &step.events[place + 1..];
            let is_last = !later.iter().any(|other| matches!(other, Event::Took { key: of, .. } if of == key));
            if is_last && is != ought {
                let me = world.identity(step.process);
                let what = format!("{me} has {is:?} of key {key}, and of what it was given {ought:?} is maximal");
                return Err(Breach::new([me], what));
            }
        }
        Ok(())
    }
}

/// What a replica has takes the place of what it had, unless it has forgotten a deletion.
///
/// What counts is what a replica had after a complete step: a crash in the middle of one may leave records that nobody
/// was told of, and another may take them away.
#[derive(Debug, Default)]
pub struct NeverGoesBack {
    had: PerProcess<BTreeMap<u32, Cell>>,
}

impl Property<QuorumStore> for NeverGoesBack {
    fn after_step(&mut self, world: &World<'_, QuorumStore>, step: &Step<'_, QuorumStore>) -> Result<(), Breach> {
        let Some(now) = stored_after(world, step) else { return Ok(()) };
        let had = self.had.of(step.process);
        let is_kept = |key: &u32, before: &Cell| match now.cells.get(key) {
            Some(now) => now.covers_all(before),
            None => before.is_deleted() || now.given.contains(key),
        };
        if let Some((key, before)) = had.iter().find(|(key, before)| !is_kept(key, before)) {
            let me = world.identity(step.process);
            let [before, now] = [Some(before), now.cells.get(key)]
                .map(|cell| cell.map(|cell| cell.dots().collect::<Vec<_>>()).unwrap_or_default());
            return Err(Breach::new([me], format!("{me} had {before:?} of key {key}, and has {now:?}")));
        }
        if step.kind != StepKind::Crash {
            *had = now.cells;
        }
        Ok(())
    }
}

/// No version comes back to a replica that has forgotten that it was deleted, of those that were made before.
#[derive(Debug, Default)]
pub struct DeletedStaysDeleted {
    versions: Versions,
    /// By process, what it has forgotten the deletion of.
    deleted: PerProcess<BTreeSet<Dot>>,
}

impl Property<QuorumStore> for DeletedStaysDeleted {
    fn after_step(&mut self, world: &World<'_, QuorumStore>, step: &Step<'_, QuorumStore>) -> Result<(), Breach> {
        self.versions.after_step(step);
        for event in step.events {
            match event {
                Event::Collected { key, dots } => {
                    let tombstones = self.versions.cell(dots.iter().copied());
                    let is_older = |dot: Dot| self.versions.get(dot).is_some_and(|version| tombstones.covers(version));
                    let older = self.versions.of(*key).map(|version| version.dot());
                    let older: Vec<Dot> = older.filter(|dot| is_older(*dot) && !dots.contains(dot)).collect();
                    self.deleted.of(step.process).extend(older);
                }
                Event::Took { key, dot } if self.deleted.of(step.process).contains(dot) => {
                    let me = world.identity(step.process);
                    let is_back = world.node(step.process).and_then(|node| node.memory.cells.get(key));
                    if is_back.is_some_and(|cell| cell.dots().any(|there| there == *dot)) {
                        let what =
                            format!("{me} had forgotten that {dot:?} of key {key} was deleted, and has it again");
                        return Err(Breach::new([me], what));
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// The Merkle trees of a replica tell what it has.
#[derive(Debug, Default)]
pub struct TreesTellAll;

impl Property<QuorumStore> for TreesTellAll {
    fn after_step(&mut self, world: &World<'_, QuorumStore>, step: &Step<'_, QuorumStore>) -> Result<(), Breach> {
        let changes = |event: &Event| matches!(event, Event::Took { .. } | Event::Collected { .. });
        if step.kind != StepKind::Boot && !step.events.iter().any(changes) {
            return Ok(());
        }
        match world.node(step.process).and_then(QuorumStore::out_of_tree) {
            Some(key) => {
                let me = world.identity(step.process);
                Err(Breach::new(
                    [me],
                    format!("{me} has changed what it has of key {key}, and its tree says otherwise"),
                ))
            }
            None => Ok(()),
        }
    }
}
