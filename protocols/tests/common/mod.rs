//! What the tests of several protocols do.

use std::ops::ControlFlow;

use sim_core::{
    Fault, FaultKind, MessageFilter, Misconduct, NodeId, Outcome, Protocol, Selector, Simulation, Time, TraceKind,
    available_jobs, sweep,
};

/// The property that the first of these seeds violates that violates any.
pub(crate) fn first_violated<P: Protocol>(simulation: &Simulation<P>, seeds: u64) -> Option<String>
where
    Simulation<P>: Sync,
{
    let mut found = None;
    sweep(
        0..seeds,
        available_jobs(),
        |seed| simulation.run(seed).summary.verdict,
        |_, verdict| {
            found = verdict.violation().map(|violation| violation.property.clone());
            if found.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        },
    );
    found
}

pub(crate) const fn node(index: u32) -> Selector {
    Selector::Node(NodeId::node(index))
}

/// From the beginning on these nodes are an adversary's.
pub(crate) fn adversary(name: &str, nodes: impl IntoIterator<Item = u32>) -> Fault {
    let targets = nodes.into_iter().map(node).collect();
    Fault::at(Time::ZERO, FaultKind::Adversary { name: name.to_owned(), targets })
}

/// From the beginning on a node does this with all that it says to some, or to all if they are none.
pub(crate) fn lie(liar: u32, to: &[u32], misconduct: Misconduct) -> Fault {
    let to = to.iter().copied().map(node).collect();
    Fault::at(Time::ZERO, FaultKind::Lie { targets: node(liar), to, messages: MessageFilter::ALL, misconduct })
}

/// What was announced, and by whom, in the order of time.
pub(crate) fn announced<P: Protocol>(outcome: &Outcome<P>) -> Vec<String> {
    let events = outcome.trace.iter().flat_map(|trace| &trace.events);
    let said = events.filter_map(|event| match (&event.kind, event.who) {
        (TraceKind::Announce { event }, Some(who)) => Some(format!("{who} {event}")),
        _ => None,
    });
    said.collect()
}
