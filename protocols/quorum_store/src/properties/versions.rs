//! Writes and their versions belong together.

use std::collections::{BTreeMap, BTreeSet};

use parts::clocks::{CausalContext, Dot};
use parts::kv::WriteId;
use sim_core::{Breach, Property, Step, World};

use super::stored::Versions;
use crate::config::{Conflicts, QuorumConfig, Stamps};
use crate::message::Event;
use crate::node::QuorumStore;
use crate::version::Version;

fn made(event: &Event) -> Option<&Version> {
    match event {
        Event::Made { version, .. } | Event::Resumed { version, .. } => Some(version),
        _ => None,
    }
}

/// No two writes have a version of the same name.
#[derive(Debug, Default)]
pub struct OneWriteAVersion {
    writes: BTreeMap<Dot, WriteId>,
}

impl Property<QuorumStore> for OneWriteAVersion {
    fn after_step(&mut self, world: &World<'_, QuorumStore>, step: &Step<'_, QuorumStore>) -> Result<(), Breach> {
        for version in step.events.iter().filter_map(made) {
            let (dot, write) = (version.dot(), version.write);
            let other = *self.writes.entry(dot).or_insert(write);
            if other != write {
                let what = format!("{dot:?} is the version of {other:?}, and of {write:?}");
                return Err(Breach::new([world.identity(step.process)], what));
            }
        }
        Ok(())
    }
}

/// A write has one version, however often it is asked for.
#[derive(Debug, Default)]
pub struct OneVersionAWrite {
    dots: BTreeMap<WriteId, Dot>,
}

impl Property<QuorumStore> for OneVersionAWrite {
    fn after_step(&mut self, world: &World<'_, QuorumStore>, step: &Step<'_, QuorumStore>) -> Result<(), Breach> {
        for version in step.events.iter().filter_map(made) {
            let (dot, write) = (version.dot(), version.write);
            let other = *self.dots.entry(write).or_insert(dot);
            if other != dot {
                let what = format!("{write:?} has the version {other:?}, and {dot:?}");
                return Err(Breach::new([world.identity(step.process)], what));
            }
        }
        Ok(())
    }
}

/// A version comes after all that its session had seen. Where siblings are kept, it comes after nothing else: it takes
/// the place of what its author had seen, and stands beside the rest.
#[derive(Debug)]
pub struct VersionsFollowSessions {
    /// Wall clocks promise nothing of the kind.
    has_promised: bool,
}

impl VersionsFollowSessions {
    /// For stores with this configuration.
    pub fn new(config: &QuorumConfig) -> Self {
        Self { has_promised: config.stamps == Stamps::Hybrid }
    }
}

impl Property<QuorumStore> for VersionsFollowSessions {
    fn after_step(&mut self, world: &World<'_, QuorumStore>, step: &Step<'_, QuorumStore>) -> Result<(), Breach> {
        for event in step.events.iter().filter(|_| self.has_promised) {
            let Event::Made { key, version, seen, .. } = event else { continue };
            let what = match version.stamp {
                Some(stamp) if stamp <= seen.clock => {
                    format!("a write to key {key} has the stamp {stamp:?}, and its session had seen {:?}", seen.clock)
                }
                None if version.vector.past != seen.context => format!(
                    "a write to key {key} comes after {:?}, and its session had seen {:?}",
                    version.vector.past, seen.context
                ),
                _ => continue,
            };
            return Err(Breach::new([world.identity(step.process)], what));
        }
        Ok(())
    }
}

/// A value that an application has merged is the union of the versions that its session had seen and that none of the
/// others had overwritten, and of what is new.
#[derive(Debug)]
pub struct MergesKeepAll {
    merges: bool,
    versions: Versions,
}

impl MergesKeepAll {
    /// For stores with this configuration.
    pub fn new(config: &QuorumConfig) -> Self {
        Self { merges: config.conflicts == Conflicts::Merge, versions: Versions::default() }
    }
}

impl Property<QuorumStore> for MergesKeepAll {
    fn after_step(&mut self, world: &World<'_, QuorumStore>, step: &Step<'_, QuorumStore>) -> Result<(), Breach> {
        if !self.merges {
            return Ok(());
        }
        for version in step.events.iter().filter_map(made) {
            let Some(value) = &version.value else { continue };
            let past: Vec<Dot> = version.vector.past.beyond(&CausalContext::default()).collect();
            // A crash has kept somebody from announcing one.
            if past.iter().any(|dot| self.versions.get(*dot).is_none()) {
                continue;
            }
            let mut expected: BTreeSet<WriteId> = self.versions.cell(past).values();
            expected.insert(version.write);
            if *value != expected {
                let what = format!(
                    "{:?} is written as {value:?}, and with all that was seen it is {expected:?}",
                    version.write
                );
                return Err(Breach::new([world.identity(step.process)], what));
            }
        }
        self.versions.after_step(step);
        Ok(())
    }
}
