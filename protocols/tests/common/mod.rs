//! What the tests of several protocols do.

use sim_core::{Outcome, Protocol, TraceKind};

/// What was announced, and by whom, in the order of time.
pub(crate) fn announced<P: Protocol>(outcome: &Outcome<P>) -> Vec<String> {
    let events = outcome.trace.iter().flat_map(|trace| &trace.events);
    let said = events.filter_map(|event| match (&event.kind, event.who) {
        (TraceKind::Announce { event }, Some(who)) => Some(format!("{who} {event}")),
        _ => None,
    });
    said.collect()
}
