//! Which updates were made, and which of them each replica has, as they have announced it.

use std::collections::BTreeMap;

use parts::clocks::{CausalContext, Dot};
use parts::per_process::PerProcess;
use sim_core::{ProcessId, Step, StepKind};

use crate::message::{Event, Request};
use crate::node::Crdt;
use crate::specification::Made;

/// All updates by name, and by process those that it has.
#[derive(Debug, Default)]
pub(super) struct Visible {
    made: BTreeMap<Dot, Made>,
    /// Since it last booted.
    seen: PerProcess<CausalContext>,
    /// Ever. A crash may cut off what it was about to announce, of an update that it has made and of a boot: but
    /// whatever it had before that update it has announced at some time.
    known: PerProcess<CausalContext>,
}

impl Visible {
    /// What the process has got in this step: that it has lost all it had, and each update that is new to it.
    pub(super) fn after_step(&mut self, step: &Step<'_, Crdt>, mut changed: impl FnMut(Changed<'_>)) {
        let process = step.process;
        if step.kind == StepKind::Boot {
            *self.seen.of(process) = CausalContext::default();
            changed(Changed::Lost);
        }
        for event in step.events {
            let dot = match event {
                Event::Made(request) => {
                    let past = self.seen.of(process).clone();
                    self.make(request, past);
                    continue;
                }
                Event::RecoveredOwn(request) => {
                    if !self.made.contains_key(&request.stamp.dot) {
                        let past = self.known.of(process).clone();
                        self.make(request, past);
                    }
                    request.stamp.dot
                }
                Event::Applied(dot) | Event::Recovered(dot) => *dot,
                Event::Left => {
                    *self.seen.of(process) = CausalContext::default();
                    *self.known.of(process) = CausalContext::default();
                    changed(Changed::Lost);
                    continue;
                }
                Event::Read(_) | Event::Leaving | Event::Joining | Event::Joined => continue,
            };
            self.seen.of(process).insert(dot);
            self.known.of(process).insert(dot);
            changed(Changed::Got(dot, self.made.get(&dot)));
        }
    }

    fn make(&mut self, request: &Request, past: CausalContext) {
        let Request { stamp, object, update, .. } = *request;
        self.made.entry(stamp.dot).or_insert(Made { stamp, kind: object, update, past });
    }

    /// The updates that a process has, and all that were made.
    pub(super) fn seen(&mut self, process: ProcessId) -> (&CausalContext, &BTreeMap<Dot, Made>) {
        (self.seen.of(process), &self.made)
    }
}

/// What has changed at a process.
pub(super) enum Changed<'a> {
    /// It has booted, or left the group: it has nothing.
    Lost,
    /// It has this update now; nothing is known of one that nobody has made.
    Got(Dot, Option<&'a Made>),
}
