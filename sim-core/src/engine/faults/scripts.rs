//! The verbs of a script: deliver this message now, fire this timer now, that fault is over.
//!
//! If a script has nothing to act on yet, the fault waits, and so do the steps after it.

use crate::canonical::kind_of;
use crate::fault::FaultKind;
use crate::process::ProcessId;
use crate::protocol::Protocol;
use crate::timers::Due;
use crate::trace::TraceKind;

use super::super::pending::{Delivery, Pending};
use super::super::{Engine, Errand};
use super::targets::Targets;

/// The order of messages that have not arrived: by the step in which they were sent, then by sender,
/// then by the order in which the sender sent them.
type Place = (u64, u32, u64);

impl<P: Protocol> Engine<'_, P> {
    /// Whether a fault has nothing to act on yet.
    pub(super) fn must_wait(&self, kind: &FaultKind, targets: &Targets) -> bool {
        let [first, second] = &targets.sets;
        match kind {
            FaultKind::Deliver { kind, .. } => self.first_under_way(first, second, kind.as_deref()).is_none(),
            FaultKind::Fire { timer, .. } => !first.iter().any(|process| self.has_armed(*process, timer)),
            _ => false,
        }
    }

    /// A message is sent or a timer is armed: what a script has waited for may be there.
    #[inline]
    pub(in crate::engine) fn wake_scripts(&mut self) {
        for number in std::mem::take(&mut self.faults.scripts) {
            self.errand(self.now, Errand::BeginFault(number));
        }
    }

    /// Of the matching messages in flight or held back, the one sent first. On FIFO links, only the
    /// first of a link can arrive.
    fn first_under_way(&self, from: &[ProcessId], to: &[ProcessId], kind: Option<&str>) -> Option<Place> {
        let is_between =
            |delivery: &Delivery<P>| from.contains(&ProcessId(delivery.from)) && to.contains(&ProcessId(delivery.to));
        let queued = self.queue.items().filter_map(|pending| match pending {
            Pending::Delivery(delivery) => Some(delivery),
            _ => None,
        });
        let held = self.faults.held.iter().map(|held| &held.delivery);
        let mut under_way: Vec<&Delivery<P>> = queued.chain(held).filter(|delivery| is_between(delivery)).collect();
        under_way.sort_by_key(|delivery| place_of(delivery));
        if self.links.profile().fifo {
            let mut links = std::collections::BTreeSet::new();
            under_way.retain(|delivery| links.insert((delivery.from, delivery.to)));
        }
        let is_of_kind = |delivery: &&&Delivery<P>| kind.is_none_or(|kind| delivery.payload.kind() == kind);
        under_way.iter().find(is_of_kind).map(|delivery| place_of(delivery))
    }

    /// A message arrives now.
    pub(super) fn deliver_now(&mut self, from: &[ProcessId], to: &[ProcessId], kind: Option<&str>) {
        let Some(place) = self.first_under_way(from, to, kind) else { return };
        let mut chosen = None;
        if let Some(index) = self.faults.held.iter().position(|held| place_of(&held.delivery) == place) {
            chosen = Some(self.faults.held.remove(index).delivery);
        } else {
            for (time, sequence, item) in self.queue.drain() {
                match item {
                    Pending::Delivery(delivery) if place_of(&delivery) == place => chosen = Some(delivery),
                    item => self.queue.push(time, sequence, item),
                }
            }
        }
        let Some(delivery) = chosen else { return };
        if self.trace.is_some() {
            let (to, message) = (self.identities[delivery.to as usize], delivery.payload.value());
            self.record(Some(ProcessId(delivery.from)), None, TraceKind::Delivers { to, message });
        }
        self.arrive_at(self.now, delivery);
    }

    fn has_armed(&self, process: ProcessId, timer: &str) -> bool {
        self.local[process.index()].timers.armed().any(|armed| kind_of(armed) == timer)
    }

    /// A timer of a process fires now, if it is armed.
    pub(super) fn fire_now(&mut self, process: ProcessId, timer: &str) {
        let due = Due { time: self.now, sequence: self.next_sequence() };
        let Some((ticket, name)) = self.local[process.index()].timers.hasten(due, |armed| kind_of(armed) == timer)
        else {
            return;
        };
        self.record(Some(process), None, TraceKind::Fires { timer: name });
        let incarnation = self.status[process.index()].incarnation;
        self.push(due, Pending::Timer { process: process.0, incarnation, ticket });
    }

    /// The faults with this label are over.
    pub(super) fn end_labelled(&mut self, label: &str) {
        let bears = |number: &u32| {
            let (fault, record) = (&self.faults.plan[*number as usize], &self.faults.records[*number as usize]);
            fault.label.as_deref() == Some(label) && record.began.is_some() && record.ended.is_none()
        };
        let ends: Vec<u32> = (0..self.faults.plan.len() as u32).filter(bears).collect();
        ends.into_iter().for_each(|number| self.end_fault(number));
    }
}

const fn place_of<P: Protocol>(delivery: &Delivery<P>) -> Place {
    (delivery.cause, delivery.from, delivery.nth.rank())
}
