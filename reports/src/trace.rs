//! Parts of a trace: up to a step, or what concerns some nodes.

use sim_core::{NodeId, Trace, TraceEvent, TraceKind};

/// Which events of a trace to show.
#[derive(Clone, Debug, Default)]
pub struct TraceFilter {
    /// None after this step.
    pub until: Option<u64>,
    /// Only what concerns these; empty for everybody.
    pub nodes: Vec<NodeId>,
}

impl TraceFilter {
    /// The trace with nothing but these events. Its verdict and its hash stay those of the whole
    /// run.
    pub fn apply(&self, mut trace: Trace) -> Trace {
        trace.events.retain(|event| self.shows(event));
        trace
    }

    fn shows(&self, event: &TraceEvent) -> bool {
        self.until.is_none_or(|until| event.step <= until)
            && (self.nodes.is_empty() || self.nodes.iter().any(|&node| concerns(event, node)))
    }
}

/// Whether something happened to the node, to a message from it or to it, or by a fault that hit
/// it.
fn concerns(event: &TraceEvent, node: NodeId) -> bool {
    event.who == Some(node)
        || match &event.kind {
            TraceKind::Deliver { from, .. } => *from == node,
            TraceKind::Lost { to, .. } => *to == node,
            TraceKind::FaultBegins { hit, .. } | TraceKind::FaultStrikes { hit, .. } => hit.contains(&node),
            TraceKind::Heal { .. } => true,
            _ => false,
        }
}

#[cfg(test)]
mod tests {
    use sim_core::{FaultSeverity, Time, Value, Verdict};

    use super::*;

    fn event(step: u64, who: Option<u32>, kind: TraceKind) -> TraceEvent {
        TraceEvent { step, time: Time::ZERO, who: who.map(NodeId::node), kind, cause: None }
    }

    fn check(filter: &TraceFilter, expected: &[u64]) {
        let from = NodeId::node(2);
        let events = vec![
            event(1, Some(0), TraceKind::Synced),
            event(2, Some(1), TraceKind::Deliver { from, message: Value::Unit }),
            event(
                3,
                None,
                TraceKind::FaultBegins { fault: 0, name: "pause", severity: FaultSeverity::Minor, hit: vec![from] },
            ),
            event(4, None, TraceKind::Heal { core: Vec::new(), sealed: false }),
        ];
        let trace = Trace { events, verdict: Verdict::Passed, steps: 4, time: Time::ZERO, hash: 7 };
        let shown: Vec<u64> = filter.apply(trace).events.iter().map(|event| event.step).collect();
        assert_eq!(shown, expected);
    }

    #[test]
    fn events_are_chosen_by_step_and_by_node() {
        check(&TraceFilter::default(), &[1, 2, 3, 4]);
        check(&TraceFilter { until: Some(2), nodes: Vec::new() }, &[1, 2]);
        check(&TraceFilter { until: None, nodes: vec![NodeId::node(0)] }, &[1, 4]);
        check(&TraceFilter { until: Some(3), nodes: vec![NodeId::node(2)] }, &[2, 3]);
    }
}
