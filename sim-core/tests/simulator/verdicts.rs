//! Passed, violated, inconclusive: which is which, and that nothing ends the program.

use crate::common::{Ctx, Event, Handlers, IDLE, Message, Node, constant, ms, n, set, simulation, violation};
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use sim_core::{
    Answer, Breach, Client, ClientContext, ClientProfile, ClientTimer, Context, Duration, Fault, Judgement, NodeId,
    Nothing, Outcome, Property, Protocol, RequestId, Simulation, Step, Verdict, World,
};

fn clients(count: u32) -> ClientProfile {
    ClientProfile { count, operations: 5, think: (ms(1), ms(5)), timeout: ms(20), ..ClientProfile::default() }
}

#[track_caller]
fn check_violated(outcome: &Outcome<impl Protocol>, property: &str, what: &str) {
    let (by, seen) = violation(outcome);
    assert_eq!(by, property, "{seen}");
    assert!(seen.contains(what), "{seen}");
}

#[track_caller]
fn check_inconclusive(outcome: &Outcome<Node>, property: &str) {
    match &outcome.summary.verdict {
        Verdict::Inconclusive { property: of, .. } => assert_eq!(of, property),
        other => panic!("expected an inconclusive run: {other}"),
    }
}

#[test]
fn a_panic_in_any_handler_is_a_violation_and_names_its_node() {
    let panics: [(&str, Handlers); 5] = [
        ("in on_start", Handlers { start: |_, _| panic!("in on_start"), ..IDLE }),
        (
            "in on_message",
            Handlers {
                start: |_, ctx| ctx.broadcast(Message::Ping(1)),
                message: |_, _, _, _| panic!("in on_message"),
                ..IDLE
            },
        ),
        (
            "in on_timer",
            Handlers { start: |_, ctx| set(0, ms(1), ctx), timer: |_, _, _| panic!("in on_timer"), ..IDLE },
        ),
        ("in on_request", Handlers { request: |_, _, _, _| panic!("in on_request"), ..IDLE }),
        (
            "in on_disk",
            Handlers {
                start: |_, ctx| ctx.disk().sync_then(sim_core::SyncToken(1)),
                disk: |_, _, _| panic!("in on_disk"),
                ..IDLE
            },
        ),
    ];
    for (message, handlers) in panics {
        let outcome = simulation(2, handlers).clients(clients(1), |_, _, _| 1).run(0);
        check_violated(&outcome, "No Panic", message);
        check_violated(&outcome, "No Panic", "tests/simulator/verdicts.rs");
        assert_eq!(outcome.summary.verdict.violation().map(|v| v.nodes.len()), Some(1));
    }
}

#[test]
fn a_panic_without_a_panic_hook_is_a_violation_too() {
    let start: fn(&mut Node, &mut Ctx<'_>) = |_, _| std::panic::resume_unwind(Box::new("unseen"));
    check_violated(&simulation(1, Handlers { start, ..IDLE }).run(0), "No Panic", "unseen");
}

#[test]
fn a_panic_while_a_node_is_built_is_a_violation() {
    let simulation: Simulation<Node> = Simulation::new(1, |_, _| panic!("cannot be built"));
    check_violated(&simulation.run(0), "No Panic", "cannot be built");
}

struct Panics;

impl Property<Node> for Panics {
    fn at_end(&mut self, _: &World<'_, Node>) -> Judgement {
        panic!("in a property")
    }
}

#[test]
fn a_panic_in_a_property_names_the_property() {
    check_violated(
        &simulation(1, IDLE).property("Panics", || Panics).run(0),
        "No Panic",
        "in the property Panics: panicked at",
    );
}

#[derive(Debug)]
struct PanickingClient;

impl Client<Node> for PanickingClient {
    fn on_start(&mut self, ctx: &mut ClientContext<'_, Node>) {
        ctx.set_timer(ClientTimer(0), ms(1));
    }

    fn on_answer(&mut self, _: NodeId, _: RequestId, _: Answer<u64>, _: &mut ClientContext<'_, Node>) {}

    fn on_timer(&mut self, _: ClientTimer, _: &mut ClientContext<'_, Node>) {
        panic!("in a client")
    }

    fn is_done(&self) -> bool {
        false
    }
}

#[test]
fn a_panic_in_a_client_is_a_violation() {
    let simulation = simulation(1, IDLE).clients(clients(1), |_, _, _| 1).client_behaviour(|_, _| PanickingClient);
    check_violated(&simulation.run(0), "No Panic", "in a client");
}

#[test]
fn a_message_to_nobody_is_a_violation() {
    let to: [fn(&mut Node, &mut Ctx<'_>); 3] = [
        |_, ctx| ctx.send(n(99), Message::Ping(1)),
        |_, ctx| ctx.send(NodeId::client(0), Message::Ping(1)),
        |_, ctx| ctx.reply(RequestId { client: n(1), session: 0, sequence: 0 }, 1),
    ];
    for start in to {
        let outcome = simulation(2, Handlers { start, ..IDLE }).clients(clients(1), |_, _, _| 1).run(0);
        check_violated(&outcome, "Known Receiver", "n0");
    }
    let start: fn(&mut Node, &mut Ctx<'_>) =
        |_, ctx| ctx.reply(RequestId { client: NodeId::client(7), session: 0, sequence: 0 }, 1);
    check_violated(&simulation(2, Handlers { start, ..IDLE }).run(0), "Known Receiver", "n0 answered c7");
}

/// Sends a map whose keys do not arrive in order, as a hash map's would.
#[derive(Debug)]
struct Unordered(Way);

#[derive(Clone, Copy, Debug)]
enum Way {
    Message,
    Event,
    Record,
}

#[derive(Clone, Debug)]
struct LikeAHashMap;

impl Serialize for LikeAHashMap {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry(&2, "b")?;
        map.serialize_entry(&1, "a")?;
        map.end()
    }
}

impl Protocol for Unordered {
    type Message = LikeAHashMap;
    type Timer = Nothing;
    type Record = LikeAHashMap;
    type Op = Nothing;
    type Reply = Nothing;
    type Event = LikeAHashMap;

    fn on_start(&mut self, ctx: &mut Context<'_, Self>) {
        match self.0 {
            Way::Message => ctx.broadcast(LikeAHashMap),
            Way::Event => ctx.emit(LikeAHashMap),
            Way::Record => ctx.disk().append(LikeAHashMap),
        }
    }

    fn on_message(&mut self, _: NodeId, _: LikeAHashMap, _: &mut Context<'_, Self>) {}
}

#[test]
fn maps_in_no_order_are_refused_loudly() {
    for way in [Way::Message, Way::Event, Way::Record] {
        check_violated(&Simulation::new(2, move |_, _| Unordered(way)).run(0), "No Panic", "BTreeMap");
    }
}

#[test]
fn time_that_stands_still_is_a_violation() {
    let forever: [Handlers; 3] = [
        Handlers {
            start: |_, ctx| ctx.send(ctx.me(), Message::Ping(1)),
            message: |_, from, message, ctx| ctx.send(from, message),
            ..IDLE
        },
        Handlers {
            start: |_, ctx| set(0, Duration::ZERO, ctx),
            timer: |_, timer, ctx| set(timer, Duration::ZERO, ctx),
            ..IDLE
        },
        Handlers {
            start: |_, ctx| ctx.broadcast(Message::Ping(1)),
            message: |_, from, message, ctx| ctx.send(from, message),
            ..IDLE
        },
    ];
    for handlers in forever {
        let outcome = simulation(2, handlers).network(constant(Duration::ZERO)).run(0);
        check_violated(&outcome, "Time Goes On", "without virtual time moving on");
        assert_eq!(outcome.summary.time, crate::common::at(0));
    }
}

/// More than a million messages that are due at one moment are many, but not endless.
#[test]
fn a_large_broadcast_over_constant_links_is_not_time_standing_still() {
    let handlers = Handlers { start: |_, ctx| ctx.broadcast(Message::Ping(1)), ..IDLE };
    let outcome = simulation(1_010, handlers).network(constant(ms(1))).run(0);
    assert!(outcome.summary.verdict.is_passed(), "{}", outcome.summary.verdict);
    assert_eq!(outcome.summary.delivered, 1_010 * 1_009);
}

fn ticking() -> Handlers {
    Handlers { start: |_, ctx| set(0, ms(1), ctx), timer: |_, timer, ctx| set(timer, ms(1), ctx), ..IDLE }
}

fn heals(simulation: Simulation<Node>) -> Simulation<Node> {
    simulation.heal_at(ms(100)).progress_within(ms(100))
}

#[test]
fn reaching_a_limit_is_inconclusive_and_so_is_an_end_before_the_heal() {
    let with_clients =
        || heals(simulation(1, Handlers { request: |_, _, _, _| {}, ..ticking() }).clients(clients(1), |_, _, _| 1));
    check_violated(&with_clients().run(0), "Progress", "no operation completed within 100ms");
    // A run lasts until progress is due.
    check_violated(&with_clients().run_for(ms(150)).run(0), "Progress", "no operation completed within 100ms");
    check_inconclusive(&with_clients().run_for(ms(50)).run(0), "Progress");
    check_inconclusive(&with_clients().step_limit(120).run(0), "Limits");
    check_inconclusive(&with_clients().step_limit(20).run(0), "Limits");
}

/// Each limit cuts the run that goes beyond it, and is named.
#[test]
fn a_run_without_bounds_is_cut_and_told_by_which_limit() {
    let limits = sim_core::Limits {
        steps: 50_000,
        pending_events: 20_000,
        bytes_in_flight: 100_000,
        records: 5_000,
        operations: 3_000,
    };
    let storm: fn(&mut Node, NodeId, Message, &mut Ctx<'_>) = |_, from, message, ctx| {
        ctx.send(from, message.clone());
        ctx.broadcast(message);
    };
    let storms = Handlers { start: |_, ctx| ctx.broadcast(Message::Ping(1)), message: storm, ..IDLE };
    let writes = Handlers {
        start: |_, ctx| set(0, Duration::from_nanos(1), ctx),
        timer: |_, timer, ctx| {
            ctx.disk().append(1);
            set(timer, Duration::from_nanos(1), ctx);
        },
        ..IDLE
    };
    let asks = ClientProfile { count: 1, operations: u32::MAX, think: (ms(0), ms(0)), ..clients(1) };
    let idle = || simulation(2, IDLE).network(constant(Duration::from_nanos(1)));
    let far = sim_core::Limits { bytes_in_flight: u64::MAX, ..limits };
    let many = sim_core::Limits { pending_events: u64::MAX, ..limits };
    for (simulation, limits, what) in [
        (simulation(3, storms), far, "20,000 pending events"),
        (simulation(3, storms), many, "100,000 bytes in flight"),
        (simulation(3, writes), limits, "5,000 records"),
        (idle().clients(asks, |_, _, _| 1), limits, "3,000 operations"),
        (simulation(2, ticking()), limits, "50,000 steps"),
    ] {
        let summary = simulation.limits(limits).run_for(Duration::from_secs(1000)).run(0).summary;
        assert_eq!(summary.verdict.to_string(), format!("Limits inconclusive: {what}"));
    }
}

#[test]
fn progress_is_an_operation_that_completes_after_the_heal() {
    // Everything is answered at once, and the clients' five operations are over before the heal.
    assert!(heals(simulation(1, IDLE).clients(clients(1), |_, _, _| 1)).run(0).summary.verdict.is_passed());
    // Nobody asks for anything.
    assert!(heals(simulation(1, IDLE)).run(0).summary.verdict.is_passed());
    // The only node is down until the heal.
    let crash = Fault::crash("all");
    let healed = heals(simulation(1, IDLE).clients(clients(1), |_, _, _| 1).fault(crash));
    assert!(healed.run(0).summary.verdict.is_passed());
    // An operation that is turned down is no progress.
    let rejects = Handlers { request: |_, request, _, ctx| ctx.reject(request), ..IDLE };
    let many = ClientProfile { operations: 10_000, ..clients(1) };
    check_violated(&heals(simulation(1, rejects).clients(many, |_, _, _| 1)).run(0), "Progress", "");
}

struct Fails(u64);

/// Fails at its step, and gives up at the end.
impl Property<Node> for Fails {
    fn after_step(&mut self, _: &World<'_, Node>, step: &Step<'_, Node>) -> Result<(), Breach> {
        if step.number >= self.0 { Err(Breach::new([n(0)], "too far")) } else { Ok(()) }
    }

    fn at_end(&mut self, _: &World<'_, Node>) -> Judgement {
        Judgement::Inconclusive("gave up".to_owned())
    }
}

#[test]
fn the_first_violation_stands_and_ends_the_run() {
    let simulation = simulation(3, ticking()).property("late", || Fails(50)).property("early", || Fails(20));
    let outcome = simulation.run_traced(0);
    let violation = outcome.summary.verdict.violation().expect("a violation").clone();
    assert_eq!((violation.property.as_str(), violation.step), ("early", 20));
    assert_eq!((outcome.summary.steps, violation.time), (20, outcome.summary.time));
    assert!(outcome.trace.expect("a trace").events.iter().all(|event| event.step <= 20));
}

/// The boots of all nodes, and a crash of all, are many steps: the run ends in their midst.
#[test]
fn a_violation_ends_the_run_at_its_very_step() {
    let all = Fault::crash("all");
    for step in [3, 12] {
        let simulation = simulation(10, IDLE).fault(all.clone().at(ms(5))).property("steps", move || Fails(step));
        assert_eq!(simulation.run(0).summary.steps, step);
    }
}

#[test]
fn inconclusive_is_never_a_pass_and_a_violation_outweighs_it() {
    check_inconclusive(&simulation(1, IDLE).property("unclear", || Fails(99)).run(0), "unclear");
    let simulation = simulation(1, IDLE).property("unclear", || Fails(99)).property("Panics", || Panics);
    check_violated(&simulation.run(0), "No Panic", "Panics");
}

#[test]
fn goals_are_events_that_were_announced() {
    let start: fn(&mut Node, &mut Ctx<'_>) = |_, ctx| ctx.emit(Event::Saw(1));
    let simulation = simulation(1, Handlers { start, ..IDLE }).sometimes("Saw").sometimes("Elected");
    assert_eq!(simulation.run(0).summary.goals, [true, false]);
}

#[test]
fn a_fault_that_never_fired_is_told() {
    let simulation = simulation(2, IDLE)
        .fault(Fault::pause("leader").at(ms(10)))
        .fault(Fault::pause("n0").after(sim_core::Milestone::event("Elected", 1)))
        .fault(Fault::pause("n1").at(ms(10)).lasting(ms(5)));
    let faults = simulation.run(0).summary.faults;
    assert_eq!((faults[0].began, faults[1].began), (None, None));
    assert_eq!(
        (faults[2].began, faults[2].ended, &faults[2].hit[..]),
        (Some(crate::common::at(10)), Some(crate::common::at(15)), &[n(1)][..])
    );
}

#[test]
fn ten_thousand_nodes_and_no_clients_are_fine() {
    let handlers = Handlers {
        start: |_, ctx| ctx.send(n((ctx.me().index() + 1) % 10_000), Message::Ping(1)),
        message: |_, _, message, ctx| ctx.send(n((ctx.me().index() + 1) % 10_000), message),
        ..IDLE
    };
    let outcome = simulation(10_000, handlers).run_for(ms(100)).run(0);
    assert!(outcome.summary.verdict.is_passed());
    assert!(outcome.summary.delivered > 150_000);
}
