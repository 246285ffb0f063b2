//! The clients' side of the engine: hands them events and carries out what they ask for.

use crate::canonical::Value;
use crate::choices::Choices;
use crate::client::{Client, ClientContext, ClientEffect, ClientTimer};
use crate::history::OperationId;
use crate::process::{NodeId, ProcessId};
use crate::protocol::Protocol;
use crate::time::Duration;
use crate::trace::TraceKind;

use super::pending::{Payload, Pending};
use super::{Engine, Phase, Progress};

impl<P: Protocol> Engine<'_, P> {
    pub(super) fn handle_client(
        &mut self,
        process: ProcessId,
        answer_from: Option<NodeId>,
        handler: impl FnOnce(&mut dyn Client<P>, &mut ClientContext<'_, P>),
    ) {
        let client = self.client_index(process).expect("only clients are handed clients' events");
        let now = self.local_now(process);
        self.phase = Phase::Node(process);
        handler(
            self.clients[client].as_mut(),
            &mut ClientContext {
                process,
                me: self.identities[process.index()],
                true_now: self.now,
                step: self.steps,
                answer_from,
                now,
                nodes: &self.site.nodes,
                draws: &mut self.draws,
                history: &mut self.history,
                operations: &mut self.operations,
                effects: &mut self.client_effects,
            },
        );
        self.phase = Phase::Engine;
        self.carry_out_for_client(process, client);
    }

    fn carry_out_for_client(&mut self, process: ProcessId, client: usize) {
        let mut effects = std::mem::take(&mut self.client_effects);
        for effect in effects.drain(..) {
            if self.progress == Progress::Owed {
                self.see_client(process, &effect);
            }
            match effect {
                ClientEffect::Request { to, request, op } => self.transmit(process, to, Payload::Request(request, op)),
                ClientEffect::SetTimer { timer, after } => self.set_client_timer(process, client, timer, after),
                ClientEffect::CancelTimer { timer } => self.client_timers[client].cancel(&timer),
                ClientEffect::Invoked { operation } => self.invoked(process, operation),
                ClientEffect::Returned { operation, ok } => self.returned(process, operation, ok),
            }
        }
        self.client_effects = effects;
    }

    fn set_client_timer(&mut self, process: ProcessId, client: usize, timer: ClientTimer, after: Duration) {
        let name = |choices: &mut Choices, arming, who| {
            choices.name_timer(arming, who, timer.0.into(), || format!("timer {}", timer.0));
        };
        let (due, arm) = self.number_timer(process, after, || "", name);
        if let Some(ticket) = self.client_timers[client].arm(timer, due, arm) {
            let incarnation = self.status[process.index()].incarnation;
            self.push(due, Pending::Timer { process: process.0, incarnation, ticket });
        }
    }

    fn invoked(&mut self, process: ProcessId, operation: OperationId) {
        if self.trace.is_some() {
            let (operation, op) = (self.history.name(operation), Value::of(&self.history.get(operation).op));
            self.record(Some(process), None, TraceKind::Invoke { operation, op });
        }
    }

    fn returned(&mut self, process: ProcessId, operation: OperationId, ok: bool) {
        if ok {
            self.operation_completed(process);
        } else if self.history.get(operation).returned().is_none() {
            self.given_up.insert(operation, self.now);
        }
        if self.trace.is_some() {
            let outcome = match self.history.get(operation).reply() {
                Some(reply) => Value::of(reply),
                None if self.history.get(operation).returned().is_some() => Value::Text("failed".to_owned()),
                None => Value::Text("unknown".to_owned()),
            };
            self.record(Some(process), None, TraceKind::Return { operation: self.history.name(operation), outcome });
        }
    }
}
