//! What recovery owes: A Recovering Replica Takes Part In Nothing, Crash Numbers Grow.

use parts::per_process::PerProcess;
use sim_core::{Breach, Property, Step, World};

use crate::config::{Stable, VrConfig};
use crate::crashes::CrashVector;
use crate::flaws::VrFlaw;
use crate::message::Event;
use crate::node::{Status, Vr};

/// "When a replica recovers after a crash it cannot participate in request processing and view changes until it has a state
/// at least as recent as when it failed" (Liskov and Cowling 2012, 4.3).
#[derive(Debug, Default)]
pub struct RecoveringTakesNoPart {
    /// The incarnation of each process, and whether it recovers.
    seen: PerProcess<(u32, bool)>,
}

impl Property<Vr> for RecoveringTakesNoPart {
    fn after_step(&mut self, world: &World<'_, Vr>, step: &Step<'_, Vr>) -> Result<(), Breach> {
        let Some(replica) = world.node(step.process) else { return Ok(()) };
        let incarnation = world.incarnation(step.process);
        let now = (incarnation, replica.status() == Status::Recovering);
        let before = std::mem::replace(self.seen.of(step.process), now);
        let has_recovered = || step.events.iter().any(|event| matches!(event, Event::Recovered { .. }));
        if before != (incarnation, true) || now.1 || has_recovered() {
            return Ok(());
        }
        let (me, view) = (world.identity(step.process), replica.view());
        Err(Breach::new([me], format!("{me} recovers, and takes part in the change to view {view}")))
    }
}

/// An incarnation ID is "distinct from all the ones that it previously obtained", and higher, and "a process's crash vector
/// is updated whenever a process learns about a newer incarnation of another process" (Michael et al. 2017, 3, 4.3).
#[derive(Debug)]
pub struct CrashNumbersGrow {
    has_vectors: bool,
    seen: PerProcess<Seen>,
}

#[derive(Clone, Debug, Default)]
struct Seen {
    incarnation: u32,
    crashes: Option<CrashVector>,
    /// With which number it has taken part in something.
    took_part_as: Option<u64>,
}

impl CrashNumbersGrow {
    /// Of replicas of this configuration.
    pub fn new(config: &VrConfig) -> Self {
        let has_vectors = config.stable == Stable::Nothing && !config.flaws.has(VrFlaw::VrrDisklessRecovery);
        Self { has_vectors, seen: PerProcess::default() }
    }
}

impl Property<Vr> for CrashNumbersGrow {
    fn after_step(&mut self, world: &World<'_, Vr>, step: &Step<'_, Vr>) -> Result<(), Breach> {
        let Some(replica) = world.node(step.process).filter(|_| self.has_vectors) else { return Ok(()) };
        let (me, crashes) = (world.identity(step.process), replica.crashes());
        let seen = self.seen.of(step.process);
        let is_new = seen.incarnation != world.incarnation(step.process);
        seen.incarnation = world.incarnation(step.process);
        if !is_new && seen.crashes.as_ref().is_some_and(|before| !crashes.includes(before)) {
            return Err(Breach::new([me], format!("{me} knew of a later crash than it does now")));
        }
        if is_new || seen.crashes.as_ref() != Some(crashes) {
            seen.crashes = Some(crashes.clone());
        }
        if step.events.iter().any(|event| matches!(event, Event::Recovered { .. })) {
            let number = crashes.of(me);
            if let Some(before) = seen.took_part_as.filter(|before| *before >= number) {
                let what = format!("{me} has recovered with crash number {number}, and had {before} before");
                return Err(Breach::new([me], what));
            }
        }
        if replica.status() != Status::Recovering {
            seen.took_part_as = seen.took_part_as.max(Some(crashes.of(me)));
        }
        Ok(())
    }
}
