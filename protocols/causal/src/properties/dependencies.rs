//! Dependencies First, and the Clock Condition.

use std::collections::BTreeMap;

use sim_core::consistency::SessionGuarantee;
use sim_core::{Breach, Property, Step, World};

use super::sessions::Sessions;
use super::visible::Visible;
use super::words;
use crate::message::{Event, Put, Version};
use crate::node::Causal;

/// Those of these guarantees that are about writes: what a write comes after.
fn of_writes(guarantees: impl IntoIterator<Item = SessionGuarantee>) -> Vec<SessionGuarantee> {
    let is_of_writes = |it: &_| matches!(it, SessionGuarantee::MonotonicWrites | SessionGuarantee::WritesFollowReads);
    guarantees.into_iter().filter(is_of_writes).collect()
}

/// A version is visible in a data centre only after all that it depends on: what its session had written before
/// (monotonic writes) and what it had read (writes follow reads). What that depends on is visible by the same.
///
/// The dependencies are those that the session really had, and not those that its client has handed over.
#[derive(Debug)]
pub struct DependenciesFirst {
    guarantees: Vec<SessionGuarantee>,
    visible: Visible,
    sessions: Sessions,
    after: BTreeMap<Version, Vec<Version>>,
}

impl DependenciesFirst {
    /// As far as these guarantees make dependencies.
    pub fn of(guarantees: impl IntoIterator<Item = SessionGuarantee>) -> Self {
        Self {
            guarantees: of_writes(guarantees),
            visible: Visible::default(),
            sessions: Sessions::default(),
            after: BTreeMap::new(),
        }
    }
}

impl Property<Causal> for DependenciesFirst {
    fn after_step(&mut self, world: &World<'_, Causal>, step: &Step<'_, Causal>) -> Result<(), Breach> {
        let Some(data_centre) = self.visible.after_step(world, step) else { return Ok(()) };
        for event in step.events {
            let version = match event {
                Event::Wrote(Put { version, request, .. }) | Event::RecoveredOwn(Put { version, request, .. }) => {
                    let Self { guarantees, sessions, .. } = self;
                    self.after.entry(*version).or_insert_with(|| {
                        let before = sessions.before(*request, guarantees, world);
                        before.into_iter().map(|(_, version)| version).collect()
                    });
                    *version
                }
                Event::Committed { version, .. } | Event::Recovered(version) => *version,
                Event::Read { .. } | Event::Blocked => continue,
            };
            let after = self.after.get(&version).map_or(&[][..], Vec::as_slice);
            if let Some(missing) = self.visible.first_missing(data_centre, after) {
                let me = world.identity(step.process);
                let what = format!(
                    "{} is visible at {me} and {}, on which it depends, is not visible in that data centre",
                    words(version),
                    words(missing)
                );
                return Err(Breach::new([me], what));
            }
        }
        Ok(())
    }
}

/// The stamp of a version is higher than those of all that it depends on.
#[derive(Debug)]
pub struct ClockCondition {
    guarantees: Vec<SessionGuarantee>,
    sessions: Sessions,
}

impl ClockCondition {
    /// As far as these guarantees make dependencies.
    pub fn of(guarantees: impl IntoIterator<Item = SessionGuarantee>) -> Self {
        Self { guarantees: of_writes(guarantees), sessions: Sessions::default() }
    }
}

impl Property<Causal> for ClockCondition {
    fn after_step(&mut self, world: &World<'_, Causal>, step: &Step<'_, Causal>) -> Result<(), Breach> {
        for event in step.events {
            let Event::Wrote(Put { version, request, .. }) = event else { continue };
            let before = self.sessions.before(*request, &self.guarantees, world);
            if let Some((_, other)) = before.iter().find(|(_, other)| other.stamp >= version.stamp) {
                let me = world.identity(step.process);
                let what = format!(
                    "{me} makes {}, which depends on {} and does not come after it",
                    words(*version),
                    words(*other)
                );
                return Err(Breach::new([me], what));
            }
        }
        Ok(())
    }
}

/// What a guarantee about writes asks for: that they become visible in their order, and that stamps have it too.
#[derive(Debug)]
pub struct SessionWrites {
    first: DependenciesFirst,
    clock: ClockCondition,
}

impl SessionWrites {
    /// This guarantee.
    pub fn of(guarantee: SessionGuarantee) -> Self {
        Self { first: DependenciesFirst::of([guarantee]), clock: ClockCondition::of([guarantee]) }
    }
}

impl Property<Causal> for SessionWrites {
    fn after_step(&mut self, world: &World<'_, Causal>, step: &Step<'_, Causal>) -> Result<(), Breach> {
        self.first.after_step(world, step)?;
        self.clock.after_step(world, step)
    }
}
