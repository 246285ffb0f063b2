//! Faults that wait for something to happen in the run, and sequences of faults.

use crate::common::{
    Ctx, Event, Handlers, IDLE, Message, Node, at, check_replays, constant, ms, n, node, set, simulation,
};
use sim_core::draft::{Draft, Restart};
use sim_core::{ClientProfile, Fault, FaultRecord, Milestone, NodeId, Simulation, Time};

/// Every node takes the leadership at 10, 20, 30 … ms plus its index, and gives it up 5 ms later;
/// it pings the next node then. Its memory is how often it has done so.
const LEADING: Handlers = Handlers { start, timer, ..IDLE };

fn start(_: &mut Node, ctx: &mut Ctx<'_>) {
    set(0, ms(10 + u64::from(ctx.me().index())), ctx);
}

fn timer(node: &mut Node, timer: u64, ctx: &mut Ctx<'_>) {
    if timer == 0 {
        node.memory += 1;
        let next = (ctx.me().index() + 1) % ctx.nodes().len() as u32;
        ctx.emit(Event::Elected);
        ctx.send(n(next), if node.memory == 3 { Message::Pong(0) } else { Message::Ping(0) });
        set(1, ms(5), ctx);
        set(0, ms(10), ctx);
    } else {
        ctx.emit(Event::Resigned);
    }
}

fn leading() -> Simulation<Node> {
    simulation(3, LEADING).network(constant(ms(1))).run_for(ms(100))
}

/// Something that changes nothing.
fn nothing() -> Draft<Restart> {
    Fault::restart("all")
}

fn after(milestone: Milestone) -> Draft<Restart> {
    nothing().after(milestone)
}

fn records(simulation: &Simulation<Node>) -> Vec<FaultRecord> {
    check_replays(simulation, 3);
    simulation.run(0).summary.faults
}

/// When a fault began that waits for this.
fn began(milestone: Milestone) -> Option<Time> {
    records(&leading().fault(after(milestone)))[0].began
}

#[test]
fn an_event_counts_of_anybody_or_of_one_node() {
    let event =
        |event: &str, by: Option<u32>, count| Milestone::Event { event: event.to_owned(), by: by.map(node), count };
    assert_eq!(began(event("Elected", None, 1)), Some(at(10)));
    assert_eq!(began(event("Elected", None, 4)), Some(at(20)));
    assert_eq!(began(event("Elected", Some(2), 2)), Some(at(22)));
    assert_eq!(began(event("Resigned", Some(1), 1)), Some(at(16)));
    assert_eq!(began(event("Elected", None, 1000)), None);
    assert_eq!(began(event("Saw", None, 1)), None);
}

#[test]
fn a_role_counts_when_it_is_taken() {
    let role = |by: Option<u32>, count| Milestone::Role { role: "leader".to_owned(), by: by.map(node), count };
    assert_eq!(began(role(None, 2)), Some(at(11)));
    assert_eq!(began(role(Some(2), 3)), Some(at(32)));
    assert_eq!(began(role(Some(2), 30)), None);
}

#[test]
fn a_message_counts_when_it_is_sent() {
    let message = |kind: &str, from: Option<u32>, to: Option<u32>, count| {
        let (from, to) = (from.map(n), to.map(n));
        Milestone::Message { kind: kind.to_owned(), from, to, count }
    };
    assert_eq!(began(message("Ping", None, None, 2)), Some(at(11)));
    assert_eq!(began(message("Pong", None, None, 1)), Some(at(30)));
    assert_eq!(began(message("Ping", Some(1), None, 2)), Some(at(21)));
    assert_eq!(began(message("Ping", None, Some(1), 2)), Some(at(20)));
    assert_eq!(began(message("Ping", Some(2), Some(0), 1)), Some(at(12)));
    assert_eq!(began(message("Ping", Some(2), Some(1), 1)), None);
}

/// The message that it waits for is under way when the fault begins, and is lost.
#[test]
fn a_fault_that_waits_for_a_message_meets_it_on_its_way() {
    let milestone = Milestone::Message { kind: "Ping".to_owned(), from: None, to: Some(n(1)), count: 1 };
    let cut = Fault::one_way("n0", "n1");
    let simulation = leading().fault(cut.after(milestone).lasting(ms(5)));
    let arrived = |simulation: &Simulation<Node>| {
        crate::common::deliveries(&simulation.trace(0))
            .into_iter()
            .filter(|(time, to, _)| *to == n(1) && *time < 15_000_000)
            .count()
    };
    assert_eq!((arrived(&simulation), arrived(&leading())), (0, 1));
}

#[test]
fn a_state_counts_when_a_node_is_in_it() {
    fn count_up(node: &mut Node, timer: u64, ctx: &mut Ctx<'_>) {
        node.memory += 1 + u64::from(ctx.me().index());
        set(timer, ms(1), ctx);
    }
    let simulation = simulation(3, Handlers { start: |_, ctx| set(0, ms(1), ctx), timer: count_up, ..IDLE });
    let state = |state: &str, on: Option<u32>| Milestone::State { state: state.to_owned(), on: on.map(node) };
    let began = |milestone| records(&simulation.clone().run_for(ms(50)).fault(after(milestone)))[0].began;
    assert_eq!(began(state("seven", None)), Some(at(7)));
    assert_eq!(began(state("seven", Some(1))), None, "it jumps over it");
    assert_eq!((began(state("odd", None)), began(state("odd", Some(2)))), (Some(at(1)), Some(at(1))));
    // Whoever is in it already when the wait begins counts.
    let follows = simulation.run_for(ms(50)).fault(nothing().at(ms(9))).fault(after(state("odd", Some(0))).following());
    assert_eq!(records(&follows)[1].began, Some(at(9)), "at 9 ms it is at 9 in the same moment or the next");
}

#[test]
fn operations_count_when_they_complete() {
    let profile = ClientProfile { count: 1, operations: 5, think: (ms(10), ms(10)), ..ClientProfile::default() };
    let simulation = leading().clients(profile, |_, _, _| 1);
    // Ten to think, one there, one back.
    let began = |count| records(&simulation.clone().fault(after(Milestone::operations(count))))[0].began;
    assert_eq!([began(1), began(3), began(6)], [Some(at(12)), Some(at(36)), None]);
}

#[test]
fn a_milestone_that_never_comes_leaves_no_trace() {
    let never = Fault::crash("all").after(Milestone::event("Saw", 1));
    let simulation = leading().fault(never).fault(Fault::crash("n0").at(ms(5)).following());
    let faulty = simulation.run(0).summary;
    assert!(faulty.faults.iter().all(|record| {
        let FaultRecord { kind, class, severity, label, .. } = record.clone();
        *record == FaultRecord { kind, class, severity, label, ..FaultRecord::default() }
    }));
    assert_eq!(faulty.trace_hash, leading().run(0).summary.trace_hash);
}

#[test]
fn the_steps_of_a_sequence_count_from_the_beginning_of_the_one_before() {
    let simulation = leading()
        .fault(after(Milestone::event("Elected", 4)))
        .fault(Fault::pause("random:0").then_after(ms(3)).lasting(ms(50)))
        .fault(after(Milestone::role("leader", 2)).following())
        .fault(nothing().at(ms(5)).following())
        .fault(nothing().at(ms(70)).following())
        .fault(nothing().at(ms(1)));
    let began: Vec<Option<Time>> = records(&simulation).into_iter().map(|record| record.began).collect();
    // The fourth is due long before the third, and begins with it.
    assert_eq!(began, [20, 23, 31, 31, 70, 1].map(|millis| Some(at(millis))));
}

#[test]
fn a_step_may_hit_whom_the_one_before_has_hit() {
    let simulation = leading()
        .fault(Fault::pause("leader").at(ms(13)).lasting(ms(1)))
        .fault(Fault::crash("same").restart_after(ms(2)).then_after(ms(10)))
        .fault(Fault::operate("same", "shake").then_after(ms(10)));
    let hit: Vec<Vec<NodeId>> = records(&simulation).into_iter().map(|record| record.hit).collect();
    assert_eq!(hit, [[n(2)], [n(2)], [n(2)]]);
    let random = leading()
        .fault(Fault::pause("random:2").at(ms(13)).lasting(ms(1)))
        .fault(Fault::pause("same").then_after(ms(1)));
    for seed in 0..10 {
        let records = random.run(seed).summary.faults;
        assert_eq!(records[0].hit, records[1].hit);
    }
    check_replays(&random, 10);
}

/// The sequence goes on only when the step before it has found its targets.
#[test]
fn a_step_waits_for_one_that_waits_for_a_role() {
    let pause = Fault::pause("leader");
    let simulation = leading().fault(pause.at(ms(2)).lasting(ms(1))).fault(nothing().then_after(ms(4)));
    let began: Vec<Option<Time>> = records(&simulation).into_iter().map(|record| record.began).collect();
    assert_eq!(began, [Some(at(10)), Some(at(14))]);
}

/// Its states are its own code.
#[test]
fn a_panic_of_a_node_that_is_asked_for_its_state_is_a_violation() {
    let start: fn(&mut Node, &mut Ctx<'_>) = |node, _| node.memory = crate::common::NO_STATE;
    let outcome = simulation(1, Handlers { start, ..IDLE }).fault(after(Milestone::state("odd"))).run(0);
    assert_eq!(crate::common::violation(&outcome).0, "No Panic");
}
