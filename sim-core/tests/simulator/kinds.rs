//! The kind of a message that wraps others is that of what is inside.

use sim_core::{
    Context, Duration, Fault, Milestone, NodeId, Nothing, Protocol, Simulation, Time, Trace, TraceKind, kind_of,
};

/// Node 0 asks node 1 for its vote, which it grants.
#[derive(Debug)]
struct Layered;

#[derive(Clone, Debug, serde::Serialize)]
enum Layer {
    Election(Vote),
}

#[derive(Clone, Debug, serde::Serialize)]
enum Vote {
    Ask,
    Grant,
}

impl Protocol for Layered {
    type Message = Layer;
    type Timer = Nothing;
    type Record = Nothing;
    type Op = Nothing;
    type Reply = Nothing;
    type Event = Nothing;

    fn on_start(&mut self, ctx: &mut Context<'_, Self>) {
        if ctx.me() == NodeId::node(0) {
            ctx.broadcast(Layer::Election(Vote::Ask));
        }
    }

    fn on_message(&mut self, from: NodeId, Layer::Election(vote): Layer, ctx: &mut Context<'_, Self>) {
        if matches!(vote, Vote::Ask) {
            ctx.send(from, Layer::Election(Vote::Grant));
        }
    }

    fn kind(Layer::Election(vote): &Layer) -> &'static str {
        kind_of(vote)
    }
}

fn simulation() -> Simulation<Layered> {
    Simulation::new(2, |_, _| Layered).run_for(Duration::from_millis(100))
}

fn arrived(trace: &Trace) -> Vec<String> {
    let message = |kind: &TraceKind| match kind {
        TraceKind::Deliver { message, .. } => Some(message.to_string()),
        _ => None,
    };
    trace.events.iter().filter_map(|event| message(&event.kind)).collect()
}

#[test]
fn faults_tell_what_is_inside_from_one_another() {
    let arrived_without = |kind: &str| arrived(&simulation().fault(Fault::omission().kind(kind)).trace(0));
    assert_eq!(arrived_without("Grant"), ["Election Ask"]);
    assert_eq!(arrived_without("Election"), ["Election Ask", "Election Grant"]);
}

#[test]
fn milestones_tell_what_is_inside_from_one_another() {
    let begins_at = |kind: &str| {
        let pause = Fault::pause("all").after(Milestone::message(kind, 1));
        simulation().fault(pause).run(0).summary.faults[0].began
    };
    let answered = begins_at("Grant").expect("it is sent");
    assert!(begins_at("Ask") == Some(Time::ZERO) && answered > Time::ZERO);
    assert_eq!(begins_at("Election"), None);
}

#[test]
fn choices_are_named_after_what_is_inside() {
    let (_, recording) = simulation().record(0);
    let names: Vec<String> = recording.deviations.iter().map(|deviation| deviation.name.to_string()).collect();
    assert!(names.contains(&"n1>n0 Grant#0 delay".to_owned()), "{names:?}");
}
