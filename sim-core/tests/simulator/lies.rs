//! Byzantine nodes that send something else than they should: to whom, which messages, for how
//! long.

use std::cell::RefCell;

use crate::common::{
    Ctx, Event, Handlers, IDLE, Message, Node, check_replays, count, deliveries, heard, missed, ms, n, node, numbers,
    pinging, set, simulation,
};
use sim_core::draft::{Draft, Lie};
use sim_core::{
    Assumption, Fault, FaultModel, Latency, Misconduct, Mutations, Probability, ProcessId, Property, Selector, Signed,
    Simulation, Step, TraceKind, Traitor, World,
};

fn lie(misconduct: Misconduct) -> Draft<Lie> {
    Fault::lie("n0", misconduct).at(ms(10)).lasting(ms(10))
}

/// A traitor says 77, or 78.
fn other_numbers(message: &Message, _: &Traitor<'_, Message>) -> Vec<Message> {
    match message {
        Message::Ping(_) => vec![Message::Ping(77), Message::Ping(78)],
        Message::Pong(_) => Vec::new(),
    }
}

/// Everybody pings everybody with a number that grows, and announces what it hears of `n0`.
const COUNTING: Handlers = Handlers { start: |_, ctx| set(0, ms(1), ctx), timer: count_on, message: note, ..IDLE };

fn count_on(node: &mut Node, timer: u64, ctx: &mut Ctx<'_>) {
    node.memory += 1;
    ctx.broadcast(Message::Ping(node.memory));
    ctx.broadcast(Message::Pong(node.memory));
    set(timer, ms(1), ctx);
}

fn note(_: &mut Node, from: sim_core::NodeId, message: Message, ctx: &mut Ctx<'_>) {
    if let (Message::Ping(number), true) = (message, from == n(0)) {
        ctx.emit(Event::Saw(number));
    }
}

fn counting() -> Simulation<Node> {
    let network = crate::common::constant(sim_core::Duration::from_micros(100));
    simulation(3, COUNTING).network(network).run_for(ms(31)).mutations(Mutations::of(other_numbers))
}

/// What a node heard of n0, but for the numbers that it should have heard at that time.
fn wrong(simulation: &Simulation<Node>, who: u32, seed: u64) -> Vec<(u64, u64)> {
    numbers(&simulation.trace(seed), n(who)).into_iter().filter(|(time, number)| time != number).collect()
}

#[test]
fn a_mutated_message_says_what_the_protocol_offers_and_only_to_those_that_are_lied_to() {
    let simulation = counting().fault(lie(Misconduct::Mutate).toward(["n1"]));
    for seed in 0..4 {
        let lies = wrong(&simulation, 1, seed);
        assert_eq!(lies.iter().map(|(time, _)| *time).collect::<Vec<_>>(), (10..20).collect::<Vec<_>>());
        assert!(lies.iter().all(|(_, number)| [77, 78].contains(number)), "{lies:?}");
        assert!(wrong(&simulation, 2, seed).is_empty());
    }
    check_replays(&simulation, 10);
}

#[test]
fn each_receiver_may_be_told_something_else() {
    let simulation = counting().fault(lie(Misconduct::Mutate));
    let equivocates = |seed| wrong(&simulation, 1, seed) != wrong(&simulation, 2, seed);
    assert!((0..8).any(equivocates));
    check_replays(&simulation, 10);
}

#[test]
fn only_messages_of_the_kind_the_rate_the_number_and_the_rounds_are_touched() {
    let touched = |lie: Draft<Lie>| {
        let to_one = counting().fault(lie.toward(["n1"]));
        wrong(&to_one, 1, 1).into_iter().map(|(time, _)| time).collect::<Vec<_>>()
    };
    let mutate = || lie(Misconduct::Mutate);
    assert!(touched(mutate().kind("Pong")).is_empty());
    assert_eq!(touched(mutate().kind("Ping").nth([3, 5])), [12, 14]);
    assert_eq!(touched(mutate().rounds(7..=12)), [10, 11, 12]);
    let some = touched(mutate().kind("Ping").rate(Probability::ratio(1, 2))).len();
    assert!((1..10).contains(&some), "{some}");
}

#[test]
fn a_silent_node_withholds_its_messages_and_a_slow_one_sends_them_late() {
    let silent = pinging(3).fault(lie(Misconduct::Silence).toward(["n1"]));
    let trace = silent.trace(0);
    assert_eq!(missed(&trace, 1, 0), (10..20).collect::<Vec<_>>());
    assert!(missed(&trace, 2, 0).is_empty());
    let late = Misconduct::Stall(Latency::Constant(ms(3)));
    let late = counting().fault(lie(late).toward(["n1"]));
    let numbers: Vec<u64> = wrong(&late, 1, 0).into_iter().map(|(time, number)| time - number).collect();
    assert_eq!(numbers, [3; 10]);
    check_replays(&silent, 3);
    check_replays(&late, 3);
}

#[test]
fn a_stale_message_is_one_that_the_node_sent_before() {
    let simulation = counting().fault(lie(Misconduct::Stale).toward(["n1"]));
    let stale: Vec<(u64, u64)> = (0..8).flat_map(|seed| wrong(&simulation, 1, seed)).collect();
    assert!(stale.iter().any(|(time, number)| number + 1 < *time), "{stale:?}");
    assert!(stale.iter().all(|(time, number)| (10..20).contains(time) && number < time), "{stale:?}");
    check_replays(&simulation, 5);
}

#[test]
fn the_trace_tells_what_was_sent_and_what_should_have_been() {
    let simulation = counting().fault(lie(Misconduct::Mutate).toward(["n1"]));
    let trace = simulation.trace(0);
    let lies = count(&trace, |kind| matches!(kind, TraceKind::Lies { .. }));
    assert_eq!(lies, 10, "{trace}");
    assert!(trace.to_string().contains("lies      to n1 Ping 77, not Ping 10"), "{trace}");
}

#[test]
fn lies_compose_with_one_another_and_with_twins() {
    let simulation = counting()
        .fault(lie(Misconduct::Mutate).toward(["n1"]))
        .fault(lie(Misconduct::Stall(Latency::Constant(ms(3)))).toward(["n1"]))
        .fault(Fault::twin("n0").at(ms(5)));
    let trace = simulation.trace(0);
    let late: Vec<(u64, u64)> = numbers(&trace, n(1)).into_iter().filter(|(_, number)| *number > 70).collect();
    assert_eq!(late.iter().map(|(time, _)| *time).collect::<Vec<_>>(), (13..23).collect::<Vec<_>>());
    assert_eq!(heard(&pinging(3).fault(Fault::twin("n0").at(ms(5))).trace(0), 1, 0).len(), 55);
    check_replays(&simulation, 10);
}

/// Notes which processes a property is shown.
#[derive(Debug, Default)]
struct Shown {
    stepped: Vec<ProcessId>,
}

impl Property<Node> for Shown {
    fn after_step(&mut self, world: &World<'_, Node>, step: &Step<'_, Node>) -> Result<(), sim_core::Breach> {
        self.stepped.push(step.process);
        let correct: Vec<_> = world.correct().map(|process| world.identity(process)).collect();
        let is_right = correct == [n(1), n(2)] && !world.is_correct(ProcessId(0)) && world.is_correct(ProcessId(1));
        if is_right && step.process != ProcessId(0) {
            return Ok(());
        }
        Err(sim_core::Breach::new([], format!("{correct:?}")))
    }
}

#[test]
fn properties_are_shown_correct_nodes_alone_from_the_beginning() {
    let lie = lie(Misconduct::Mutate);
    let model = FaultModel::of(vec![Assumption::ByzantineAtMost(1)]);
    let simulation = counting().fault(lie).model(model).property("Shown", Shown::default);
    assert!(simulation.run(0).summary.verdict.is_passed(), "{}", simulation.run(0).summary.verdict);
}

thread_local! {
    static SIGNED: RefCell<Vec<Signed<u64>>> = const { RefCell::new(Vec::new()) };
}

#[test]
fn a_traitor_signs_for_traitors_alone() {
    fn sign(_: &Message, traitor: &Traitor<'_, Message>) -> Vec<Message> {
        let own = traitor.sign(traitor.me(), 1);
        let statements = [own.clone(), traitor.sign(n(1), 2), traitor.unsigned(&own)];
        SIGNED.with_borrow_mut(|all| all.extend(statements));
        Vec::new()
    }
    counting().mutations(Mutations::of(sign)).fault(lie(Misconduct::Mutate)).run(0);
    let verified: Vec<(sim_core::NodeId, Option<u64>)> =
        SIGNED.with_borrow(|all| all[..3].iter().map(|s| (s.signer(), s.verify().copied())).collect());
    assert_eq!(verified, [(n(0), Some(1)), (n(1), None), (n(0), None)]);
}

#[test]
fn a_partition_of_rounds_cuts_only_messages_of_these_rounds() {
    let groups = vec![vec![node(0)], vec![Selector::Others]];
    let kind = Fault::partition(groups).rounds(5..=7);
    let trace = counting().fault(kind).trace(0);
    let heard: Vec<u64> = numbers(&trace, n(1)).into_iter().map(|(_, number)| number).collect();
    assert_eq!(heard, (1..=30).filter(|number| !(5..=7).contains(number)).collect::<Vec<_>>());
    assert!(!deliveries(&trace).is_empty());
}
