//! Condition (III).

use std::collections::BTreeMap;

use sim_core::{Breach, Duration, Judgement, Property, PropertyClass, Step, Time, World};

use crate::config::LamportMutexConfig;
use crate::message::{Event, Request};
use crate::node::LamportMutex;

/// "If every process which is granted the resource eventually releases it, then every request is eventually
/// granted."
#[derive(Debug)]
pub struct EveryRequestIsGranted {
    granted_within: Duration,
    /// The requests that have not been granted yet, and since when they wait.
    waiting: BTreeMap<Request, Time>,
}

impl EveryRequestIsGranted {
    /// For processes of this configuration.
    pub const fn new(config: &LamportMutexConfig) -> Self {
        Self { granted_within: config.granted_within, waiting: BTreeMap::new() }
    }
}

impl Property<LamportMutex> for EveryRequestIsGranted {
    fn class(&self) -> PropertyClass {
        PropertyClass::Liveness
    }

    fn after_step(&mut self, world: &World<'_, LamportMutex>, step: &Step<'_, LamportMutex>) -> Result<(), Breach> {
        for event in step.events {
            match event {
                Event::Requested(request) => _ = self.waiting.insert(*request, world.now()),
                Event::Granted(request) => _ = self.waiting.remove(request),
                Event::Released(_) => {}
            }
        }
        Ok(())
    }

    fn at_end(&mut self, world: &World<'_, LamportMutex>) -> Judgement {
        let overdue = |since: Time| world.now().since(since) >= self.granted_within;
        let Some((request, since)) = self.waiting.iter().find(|(_, since)| overdue(**since)) else {
            return Judgement::Holds;
        };
        let what = format!("{}'s request of time {} waits since {since}", request.process, request.time.0);
        match world.calm_since() {
            Some(calm) if overdue(calm) => Judgement::Violated(Breach::new([request.process], what)),
            Some(calm) => Judgement::Inconclusive(format!("{what}, and faults ended at {calm}")),
            None => Judgement::Inconclusive(format!("{what}, and faults went on until the end")),
        }
    }
}
