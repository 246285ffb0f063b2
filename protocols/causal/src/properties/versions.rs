//! Versions and writes belong together, and the highest version is read.

use std::collections::BTreeMap;

use parts::clocks::Stamp;
use parts::kv::WriteId;
use parts::per_process::PerProcess;
use sim_core::{Breach, Property, Step, World};

use super::visible::version;
use super::words;
use crate::message::{Event, Put, Version};
use crate::node::Causal;

/// No two writes have the same version, and no write has two.
#[derive(Debug, Default)]
pub struct UniqueVersions {
    writes: BTreeMap<Version, WriteId>,
    versions: BTreeMap<WriteId, Version>,
}

impl Property<Causal> for UniqueVersions {
    fn after_step(&mut self, world: &World<'_, Causal>, step: &Step<'_, Causal>) -> Result<(), Breach> {
        for event in step.events {
            let (Event::Wrote(Put { version, write, .. })
            | Event::RecoveredOwn(Put { version, write, .. })
            | Event::Committed { version, write }) = event
            else {
                continue;
            };
            let first = *self.writes.entry(*version).or_insert(*write);
            let other = *self.versions.entry(*write).or_insert(*version);
            let what = if first != *write {
                format!("{} is the write {first:?} and the write {write:?}", words(*version))
            } else if other != *version {
                format!("the write {write:?} is {} and {}", words(other), words(*version))
            } else {
                continue;
            };
            return Err(Breach::new([world.identity(step.process)], what));
        }
        Ok(())
    }
}

/// A get returns the highest version of those that its node has.
#[derive(Debug, Default)]
pub struct LastWriterWins {
    /// By node and key, the highest that it has said is visible.
    highest: PerProcess<BTreeMap<u32, Stamp>>,
}

impl Property<Causal> for LastWriterWins {
    fn after_step(&mut self, world: &World<'_, Causal>, step: &Step<'_, Causal>) -> Result<(), Breach> {
        for event in step.events {
            if let Some(Version { key, stamp }) = version(event) {
                let highest = self.highest.of(step.process).entry(key).or_insert(stamp);
                *highest = stamp.max(*highest);
            }
            let Event::Read { request, key, latest } = event else { continue };
            let highest = self.highest.of(step.process).get(key).copied();
            let returned = latest.map(|(stamp, _)| stamp);
            if returned != highest {
                let me = world.identity(step.process);
                let [returned, highest] = [returned, highest].map(|stamp| {
                    stamp.map_or_else(|| "nothing".to_owned(), |stamp| words(Version { key: *key, stamp }))
                });
                let what = format!("{me} answers {request} with {returned}, and the highest that it has is {highest}");
                return Err(Breach::new([me], what));
            }
        }
        Ok(())
    }
}
