//! Keeps the trace or tells it, when one is asked for.

use crate::canonical::Value;
use crate::disk::Write;
use crate::process::ProcessId;
use crate::protocol::Protocol;
use crate::trace::{LossReason, TraceEvent, TraceKind};

use super::pending::Delivery;
use super::{Engine, Events};

impl<P: Protocol> Engine<'_, P> {
    /// Notes that something happened.
    pub(super) fn record(&mut self, process: Option<ProcessId>, cause: Option<u64>, kind: TraceKind) {
        let who = process.map(|process| self.identities[process.index()]);
        let (step, time) = (self.steps, self.now);
        let Some(events) = &mut self.trace else { return };
        let event = TraceEvent { step, time, who, kind, cause };
        match events {
            Events::Kept(events) => events.push(event),
            Events::Told(tell) => tell(event),
        }
        self.draws.choices.note_event();
    }

    #[cold]
    pub(super) fn trace_delivery(&mut self, from: u32, to: u32, cause: u64, message: Value) {
        let from = self.identities[from as usize];
        self.record(Some(ProcessId(to)), Some(cause), TraceKind::Deliver { from, message });
    }

    pub(super) fn trace_loss(&mut self, delivery: &Delivery<P>, why: LossReason) {
        let to = self.identities[delivery.to as usize];
        let message = delivery.payload.value();
        self.record(Some(ProcessId(delivery.from)), Some(delivery.cause), TraceKind::Lost { to, message, why });
    }

    #[cold]
    pub(super) fn trace_write(&mut self, process: ProcessId, write: &Write<P::Record>) {
        let (operation, value) = match write {
            Write::Append(record) => ("append", Value::of(record)),
            Write::Truncate(keep) => ("truncate", Value::of(keep)),
            Write::Replace(records) => ("replace", Value::of(records)),
        };
        self.record(Some(process), None, TraceKind::Write { operation, value });
    }
}
