//! A run goes on with other faults than it began with.

use crate::fault::{Fault, Trigger};
use crate::protocol::Protocol;

use super::super::{Engine, Errand};

impl<P: Protocol> Engine<'_, P> {
    /// Faults from number `first` on that have not begun never do, and those of `drawn` that would begin
    /// later than now do in their place. A sequence that has begun goes on, and who is Byzantine stands:
    /// others beside them would be more than the protocol claims to survive.
    pub(in crate::engine) fn replan(&mut self, first: usize, drawn: impl Iterator<Item = Fault>) {
        if self.simulation.env.heal.at.is_some_and(|heal| self.now >= heal) {
            return;
        }
        let (mut gone, mut has_begun) = (Vec::new(), false);
        for (number, fault) in self.faults.plan.iter().enumerate().skip(first) {
            has_begun = self.faults.records[number].began.is_some() || fault.follows && has_begun;
            if !has_begun && !fault.kind.is_byzantine() {
                gone.push(number as u32);
            }
        }
        let stays = |errand: &Errand| !matches!(errand, Errand::BeginFault(number) if gone.contains(number));
        self.agenda.retain(|_, errand| stays(errand));
        self.faults.waiting.retain(stays);
        self.faults.scripts.retain(|number| !gone.contains(number));
        self.unwatch(&gone);
        let mut is_kept = false;
        for fault in drawn {
            let is_late = match fault.trigger {
                Trigger::At(at) => at > self.now,
                Trigger::InStep(boundary) => boundary.step > self.steps,
                Trigger::Wait(_) | Trigger::After(_) => true,
            };
            is_kept = if fault.follows { is_kept } else { is_late && !fault.kind.is_byzantine() };
            if is_kept {
                let number = self.faults.add(fault);
                if !self.faults.plan[number as usize].follows {
                    self.await_trigger(number);
                }
            }
        }
        self.interrupt = self.agenda.first_key_value().map_or(self.interrupt, |((at, _), _)| *at);
    }
}
