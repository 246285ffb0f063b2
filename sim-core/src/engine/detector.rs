//! The perfect failure detector (Chandra, Toueg 1996): if a protocol assumes one, every node is told
//! in time of every node that has stopped, and of no other.

use crate::choices::{Point, Purpose, named};
use crate::process::ProcessId;
use crate::property::StepKind;
use crate::protocol::Protocol;
use crate::time::Duration;
use crate::timers::Due;
use crate::trace::TraceKind;
use crate::world::{Idle, Status};

use super::Engine;
use super::pending::Pending;
use super::steps::Tag;

impl<P: Protocol> Engine<'_, P> {
    /// A node has stopped, for good: all others will be told.
    pub(super) fn detect(&mut self, stopped: ProcessId) {
        if self.simulation.model.detects_within().is_some() {
            self.nodes_but(stopped).into_iter().for_each(|observer| self.will_tell(observer, stopped));
        }
    }

    /// A node has joined: it will be told of those that stopped before.
    pub(super) fn tell_of_the_past(&mut self, joined: ProcessId) {
        let mut stopped = self.nodes_but(joined);
        stopped.retain(|node| self.has_stopped_for_good(*node));
        stopped.into_iter().for_each(|stopped| self.will_tell(joined, stopped));
    }

    /// Whether a process has stopped and will not come back.
    pub(super) fn has_stopped_for_good(&self, process: ProcessId) -> bool {
        let Status { idle, incarnation, .. } = self.status[process.index()];
        idle.has(Idle::DOWN)
            && incarnation > 0
            && self.counts(process)
            && self.simulation.model.detects_within().is_some()
    }

    fn nodes_but(&self, node: ProcessId) -> Vec<ProcessId> {
        self.site.processes().filter(|process| *process != node && self.counts(*process)).collect()
    }

    fn will_tell(&mut self, observer: ProcessId, stopped: ProcessId) {
        let Some(within) = self.simulation.model.detects_within() else { return };
        let [who, of] = [observer, stopped].map(|process| self.identities[process.index()]);
        let point = Point::new(Purpose::Detection, observer.0, stopped.0.into());
        let name = named!("{who} told of {of}");
        let after = self.draws.choices.choose(point, name, within.as_nanos().saturating_add(1));
        let due = Due { time: self.now.saturating_add(Duration::from_nanos(after)), sequence: self.next_sequence() };
        let pending = Pending::Detected { process: observer.0, stopped: stopped.0 };
        self.push(due, pending);
    }

    /// A node is told, once it runs.
    #[cold]
    pub(super) fn detection_comes(&mut self, observer: ProcessId, stopped: ProcessId) {
        let idle = self.status[observer.index()].idle;
        if idle.is_none() {
            self.tell_of(observer, stopped);
        } else if !idle.has(Idle::DOWN) {
            let pending = Pending::Detected { process: observer.0, stopped: stopped.0 };
            self.local[observer.index()].inbox.push_back(pending);
        }
    }

    pub(super) fn tell_of(&mut self, observer: ProcessId, stopped: ProcessId) {
        let node = self.identities[stopped.index()];
        self.begin_step(Tag::Detected, observer.0, stopped.0);
        self.record(Some(observer), None, TraceKind::Detected { node });
        self.handle(observer, |this, ctx| this.on_stopped(node, ctx));
        self.complete(observer, StepKind::Detection);
    }
}
