//! What an operator asks of nodes.

use std::collections::BTreeSet;

use sim_core::{
    Context, Duration, Fault, FaultKind, NodeId, Nothing, OperatorAction, Protocol, Selector, Simulation, Time,
    TraceKind,
};

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

fn asked(at: u64, targets: Selector, action: &str, nodes: Vec<Selector>) -> Fault {
    let kind = FaultKind::Operator { targets, action: action.to_owned(), nodes };
    Fault::at(Time::ZERO + Duration::from_millis(at), kind)
}

fn node(index: u32) -> Selector {
    Selector::Node(NodeId::node(index))
}

fn simulation(faults: Vec<Fault>) -> Simulation<Obedient> {
    let simulation = Simulation::new(4, |_, _| Obedient).run_for(Duration::from_secs(1));
    faults.into_iter().fold(simulation, Simulation::fault)
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
    let found = announced(&simulation(vec![asked(10, node(1), "greet", vec![node(2), node(3)])]));
    let n = NodeId::node;
    assert_eq!(found[0], (n(1), "greet n2 n3".to_owned()));
    let greeted: BTreeSet<_> = found[1..].iter().cloned().collect();
    assert_eq!(greeted, [2, 3].map(|index| (n(index), "greeted by n1".to_owned())).into());
}

#[test]
fn a_node_that_is_down_does_not_hear_of_it_and_a_busy_one_does_later() {
    let crash = FaultKind::Crash {
        targets: node(0),
        severity: sim_core::CrashSeverity::Process,
        moment: sim_core::CrashMoment::AtOnce,
        restart_after: Some(Duration::from_millis(20)),
        wiped: false,
    };
    let crash = Fault::at(Time::ZERO + Duration::from_millis(10), crash);
    let down = simulation(vec![crash, asked(15, node(0), "greet", vec![])]);
    assert_eq!(announced(&down), []);
    let pause = FaultKind::Pause { targets: node(0) };
    let pause = Fault::at(Time::ZERO + Duration::from_millis(10), pause).lasting(Duration::from_millis(20));
    let paused = simulation(vec![pause, asked(15, node(0), "write", vec![])]).trace(1);
    let event = paused.events.iter().find(|event| matches!(event.kind, TraceKind::Operator { .. }));
    assert_eq!(event.map(|event| event.time), Some(Time::ZERO + Duration::from_millis(30)));
}

#[test]
fn an_action_that_the_protocol_does_not_have_is_refused_by_name() {
    let (_, message) = simulation(vec![asked(10, node(0), "dance", vec![])]).validate().unwrap_err();
    assert_eq!(message, r#"no operator can ask for dance: the actions are ["greet", "write"]"#);
    let (_, message) = simulation(vec![asked(10, node(0), "greet", vec![node(7)])]).validate().unwrap_err();
    assert!(message.contains("n7"), "{message}");
}

#[test]
fn a_recorded_run_asks_the_same_again() {
    let simulation = simulation(vec![asked(10, Selector::Random(2), "greet", vec![Selector::Random(1)])]);
    let (outcome, recording) = simulation.record(7);
    let again = simulation.replaying(recording).run(0);
    assert_eq!(again.summary.trace_hash, outcome.summary.trace_hash);
}

/// Each hears the whole of what is asked, one later than the other; and again when it repeats.
#[test]
fn an_operator_goes_round_and_comes_again() {
    let one_by_one = asked(10, Selector::All, "greet", vec![node(3)]).one_by_one(Duration::from_millis(20));
    let found = announced(&simulation(vec![one_by_one]));
    let asked_of: Vec<_> = found.iter().filter(|(_, what)| what == "greet n3").map(|(who, _)| *who).collect();
    assert_eq!(asked_of, [0, 1, 2, 3].map(NodeId::node));
    let again = asked(10, node(1), "greet", vec![node(3)]).lasting(Duration::from_millis(45));
    let again = simulation(vec![again.repeated(Duration::from_millis(20), None)]);
    assert_eq!(announced(&again).iter().filter(|(_, what)| what == "greet n3").count(), 3);
    let (outcome, recording) = again.record(7);
    assert_eq!(again.replaying(recording).run(0).summary.trace_hash, outcome.summary.trace_hash);
}
