//! What an operator asks of nodes.

use std::collections::BTreeSet;

use sim_core::{Context, Duration, Fault, NodeId, Nothing, OperatorAction, Protocol, Simulation, Time, TraceKind, ms};

/// Passes on what operators ask of it, and is slow to boot after each time.
#[derive(Debug)]
struct Obedient;

impl Protocol for Obedient {
    type Message = ();
    type Timer = Nothing;
    type Record = u64;
    type Op = Nothing;
    type Reply = Nothing;
    type Event = String;

    const ACTIONS: &'static [&'static str] = &["greet", "write"];

    fn on_start(&mut self, _: &mut Context<'_, Self>) {}

    fn on_message(&mut self, from: NodeId, (): (), ctx: &mut Context<'_, Self>) {
        ctx.emit(format!("greeted by {from}"));
    }

    fn on_operator(&mut self, action: &OperatorAction, ctx: &mut Context<'_, Self>) {
        if action.name == "write" {
            ctx.disk().append(1);
            ctx.disk().sync();
        }
        action.nodes.iter().for_each(|node| ctx.send(*node, ()));
        ctx.emit(action.to_string());
    }
}

fn simulation() -> Simulation<Obedient> {
    Simulation::new(4, |_, _| Obedient).run_for(Duration::from_secs(1))
}

/// What was announced, and by whom.
fn announced(simulation: &Simulation<Obedient>) -> Vec<(NodeId, String)> {
    let trace = simulation.trace(1);
    let announced = trace.events.iter().filter_map(|event| match &event.kind {
        TraceKind::Announce { event: what } => Some((event.who?, what.to_string().replace('"', ""))),
        _ => None,
    });
    announced.collect()
}

#[test]
fn the_nodes_that_are_asked_hear_of_it_and_no_others() {
    let found = announced(&simulation().fault(Fault::operate("n1", "greet").nodes(["n2", "n3"]).at(ms(10))));
    let n = NodeId::node;
    assert_eq!(found[0], (n(1), "greet n2 n3".to_owned()));
    let greeted: BTreeSet<_> = found[1..].iter().cloned().collect();
    assert_eq!(greeted, [2, 3].map(|index| (n(index), "greeted by n1".to_owned())).into());
}

#[test]
fn a_node_that_is_down_does_not_hear_of_it_and_a_busy_one_does_later() {
    let down = simulation()
        .fault(Fault::crash("n0").restart_after(ms(20)).at(ms(10)))
        .fault(Fault::operate("n0", "greet").at(ms(15)));
    assert_eq!(announced(&down), []);
    let paused = simulation()
        .fault(Fault::pause("n0").at(ms(10)).lasting(ms(20)))
        .fault(Fault::operate("n0", "write").at(ms(15)))
        .trace(1);
    let event = paused.events.iter().find(|event| matches!(event.kind, TraceKind::Operator { .. }));
    assert_eq!(event.map(|event| event.time), Some(Time::ZERO + Duration::from_millis(30)));
}

#[test]
fn an_action_that_the_protocol_does_not_have_is_refused_by_name() {
    let (_, message) = simulation().fault(Fault::operate("n0", "dance").at(ms(10))).validate().unwrap_err();
    assert_eq!(message, r#"no operator can ask for dance: the actions are ["greet", "write"]"#);
    let (_, message) =
        simulation().fault(Fault::operate("n0", "greet").nodes(["n7"]).at(ms(10))).validate().unwrap_err();
    assert!(message.contains("n7"), "{message}");
}

#[test]
fn a_recorded_run_asks_the_same_again() {
    let simulation = simulation().fault(Fault::operate("random:2", "greet").nodes(["random"]).at(ms(10)));
    let (outcome, recording) = simulation.record(7);
    let again = simulation.replaying(recording).run(0);
    assert_eq!(again.summary.trace_hash, outcome.summary.trace_hash);
}

/// Each hears the whole of what is asked, one later than the other; and again when it repeats.
#[test]
fn an_operator_goes_round_and_comes_again() {
    let one_by_one = Fault::operate("all", "greet").nodes(["n3"]).at(ms(10)).one_by_one(ms(20));
    let found = announced(&simulation().fault(one_by_one));
    let asked_of: Vec<_> = found.iter().filter(|(_, what)| what == "greet n3").map(|(who, _)| *who).collect();
    assert_eq!(asked_of, [0, 1, 2, 3].map(NodeId::node));
    let again = Fault::operate("n1", "greet").nodes(["n3"]).at(ms(10)).repeated(ms(20)).lasting(ms(45));
    let again = simulation().fault(again);
    assert_eq!(announced(&again).iter().filter(|(_, what)| what == "greet n3").count(), 3);
    let (outcome, recording) = again.record(7);
    assert_eq!(again.replaying(recording).run(0).summary.trace_hash, outcome.summary.trace_hash);
}
