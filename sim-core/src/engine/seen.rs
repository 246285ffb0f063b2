//! What properties see of a step beside the states that it leaves.

use crate::process::{NodeId, ProcessId};
use crate::property::{Received, Step, StepKind};
use crate::protocol::Protocol;

/// What a process did in a step, or in the part of one that is before a sync.
#[derive(Debug)]
pub(super) struct Seen<P: Protocol> {
    /// What it has announced.
    pub(super) events: Vec<P::Event>,
    /// What was delivered to it, if a property looks at messages.
    pub(super) received: Option<Received<P::Message>>,
    /// What it has sent to other nodes, if a property looks at messages.
    pub(super) sent: Vec<(NodeId, P::Message)>,
}

impl<P: Protocol> Default for Seen<P> {
    fn default() -> Self {
        Self { events: Vec::new(), received: None, sent: Vec::new() }
    }
}

impl<P: Protocol> Seen<P> {
    /// Takes in what came next in the same step.
    pub(super) fn append(&mut self, later: &mut Self) {
        self.events.append(&mut later.events);
        self.sent.append(&mut later.sent);
        if let received @ Some(_) = later.received.take() {
            self.received = received;
        }
    }

    #[inline]
    pub(super) fn clear(&mut self) {
        self.events.clear();
        self.sent.clear();
        self.received = None;
    }

    /// The step as properties see it.
    #[inline]
    pub(super) fn step(&self, number: u64, process: ProcessId, kind: StepKind) -> Step<'_, P> {
        Step { number, process, kind, events: &self.events, received: self.received.as_ref(), sent: &self.sent }
    }
}
