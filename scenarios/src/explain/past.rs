//! What an event of a run depends on.

use std::collections::BTreeMap;

use sim_core::{NodeId, Trace, TraceEvent, TraceKind, Value, Violation, kind_of};

/// The causal past of some steps (Lamport 1978): what happened at the same processes before, where
/// the messages that they had received were sent, and so on. What a node has on its disk, it has from
/// before: a restart forgets nothing here.
#[derive(Debug)]
pub(super) struct Past {
    /// For each process the last step that belongs to it.
    last: BTreeMap<NodeId, u64>,
}

impl Past {
    /// The past of a violation: of the step in which it came about, and of all before it on the nodes
    /// where it was seen. What should have happened and did not depends on everything.
    pub(super) fn of(trace: &Trace, violation: &Violation) -> Self {
        let happened_then = trace.events.iter().filter(|event| event.step == violation.step && !is_loss(event));
        let mut seen: Vec<NodeId> = happened_then.filter_map(|event| event.who).collect();
        seen.extend(&violation.nodes);
        if violation.nodes.is_empty() && seen.is_empty() {
            seen = trace.events.iter().filter_map(|event| event.who).collect();
        }
        Self::before(trace, seen.into_iter().map(|who| (who, violation.step)).collect())
    }

    /// The past of one step of a process.
    pub(super) fn of_step(trace: &Trace, who: NodeId, step: u64) -> Self {
        Self::before(trace, BTreeMap::from([(who, step)]))
    }

    fn before(trace: &Trace, mut last: BTreeMap<NodeId, u64>) -> Self {
        for event in trace.events.iter().rev() {
            let (Some(who), TraceKind::Deliver { from, .. }, Some(cause)) = (event.who, &event.kind, event.cause)
            else {
                continue;
            };
            if last.get(&who).is_some_and(|last| event.step <= *last) {
                let sent = last.entry(*from).or_default();
                *sent = cause.max(*sent);
            }
        }
        Self { last }
    }

    /// Whether this step of a process belongs to it.
    pub(super) fn has_step(&self, who: NodeId, step: u64) -> bool {
        self.last.get(&who).is_some_and(|last| step <= *last)
    }

    /// Whether the event belongs to it, or kept something out of it: a message that was lost on its way to
    /// a process that waited for it, or a fault that hit one.
    pub(super) fn has(&self, event: &TraceEvent) -> bool {
        match (&event.kind, event.who) {
            (TraceKind::Lost { to, .. }, _) => self.has_step(*to, event.step),
            (TraceKind::FaultBegins { hit, .. } | TraceKind::FaultStrikes { hit, .. }, _) => {
                hit.iter().any(|who| self.has_step(*who, event.step))
            }
            (TraceKind::FaultEnds { .. }, _) => false,
            (_, Some(who)) => self.has_step(who, event.step),
            (_, None) => self.last.values().any(|last| event.step <= *last),
        }
    }
}

/// Whether it happened to a message on its way, and not in a step of a process.
pub(super) const fn is_loss(event: &TraceEvent) -> bool {
    matches!(event.kind, TraceKind::Lost { .. })
}

/// The kind of a message, as choices name it; of a client's request or its answer, that of what it is about.
pub(super) fn message_kind(message: &Value) -> &'static str {
    match message {
        Value::List(parts) => match &parts[..] {
            [Value::Text(_), what] => kind_of(what),
            _ => kind_of(message),
        },
        _ => kind_of(message),
    }
}
