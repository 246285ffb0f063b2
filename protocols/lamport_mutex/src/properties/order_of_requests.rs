//! Condition (II).

use std::collections::{BTreeMap, BTreeSet};

use sim_core::{Breach, Property, Step, World};

use crate::message::{Event, Request};
use crate::node::LamportMutex;

/// "Different requests for the resource must be granted in the order in which they are made."
///
/// In which order they are made is told twice: by their times, and by what can have influenced what. A
/// process that has another's request on its queue when it asks itself asks after it, whatever clocks say.
#[derive(Debug, Default)]
pub struct OrderOfRequests {
    last_granted: Option<Request>,
    /// The requests that have not been granted yet, each with those that its process had heard of when it was
    /// made.
    waiting: BTreeMap<Request, BTreeSet<Request>>,
}

impl OrderOfRequests {
    fn requested(&mut self, request: Request, known: impl Iterator<Item = Request>) {
        let before = known.filter(|other| *other != request && self.waiting.contains_key(other)).collect();
        self.waiting.insert(request, before);
    }

    fn granted(&mut self, request: Request) -> Result<(), Breach> {
        let breach = |other: Request, how: String| {
            let [this, that] = [request, other].map(|of| format!("{}'s request of time {}", of.process, of.time.0));
            Breach::new([request.process, other.process], format!("{this} is granted {how} {that}"))
        };
        let before = self.waiting.remove(&request).unwrap_or_default();
        if let Some(other) = before.into_iter().find(|other| self.waiting.contains_key(other)) {
            return Err(breach(other, format!("before one that {} had heard of when it asked,", request.process)));
        }
        match self.last_granted.replace(request) {
            Some(last) if last > request => Err(breach(last, "after".to_owned())),
            _ => Ok(()),
        }
    }
}

impl Property<LamportMutex> for OrderOfRequests {
    fn after_step(&mut self, world: &World<'_, LamportMutex>, step: &Step<'_, LamportMutex>) -> Result<(), Breach> {
        for event in step.events {
            match event {
                Event::Requested(request) => {
                    self.requested(*request, world.node(step.process).into_iter().flat_map(LamportMutex::queue));
                }
                Event::Granted(request) => self.granted(*request)?,
                Event::Released(_) => {}
            }
        }
        Ok(())
    }
}
