//! Crashes that wait for a place in the middle of a step.

use crate::fault::{Boundary, Selector};
use crate::process::ProcessId;
use crate::protocol::Protocol;

use super::super::Engine;

/// A crash that waits for a step of its target.
#[derive(Clone, Copy, Debug)]
pub(in crate::engine) struct Pinned {
    fault: u32,
    process: ProcessId,
    boundary: Boundary,
}

impl<P: Protocol> Engine<'_, P> {
    /// From now on, the crash waits for its place.
    pub(super) fn pin(&mut self, fault: u32, boundary: Boundary) {
        let selectors = self.faults.plan[fault as usize].kind.aim().selectors();
        let target = selectors.first().and_then(|selector| match selector {
            Selector::Node(id) => self.process_of(*id),
            _ => None,
        });
        let process = target.expect("validated: it names its target");
        self.faults.pinned.push(Pinned { fault, process, boundary });
    }

    /// The faults that wait for this place begin. Says whether there were any.
    pub(in crate::engine) fn strike_pinned(&mut self, process: ProcessId, boundary: Boundary) -> bool {
        let is_due = |pinned: &Pinned| pinned.process == process && pinned.boundary == boundary;
        let Some(place) = self.faults.pinned.iter().position(is_due) else { return false };
        let fault = self.faults.pinned.remove(place).fault;
        self.look_everywhere();
        self.begin_fault(fault);
        self.look_where_needed();
        true
    }
}
