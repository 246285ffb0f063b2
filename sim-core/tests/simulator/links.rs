//! Links of limited bandwidth, and links that corrupt what they carry.

use crate::common::{
    Ctx, Event, Handlers, IDLE, Message, Node, at, check_replays, constant, count, missed, ms, n, numbers, pinging,
    simulation,
};
use sim_core::{
    Bandwidth, Fault, LinkProfile, LossReason, Mutations, NodeId, Probability, Simulation, TraceKind, size_of_value,
};

const START: fn(&mut Node, &mut Ctx<'_>) = |_, ctx| {
    if ctx.me() == n(0) {
        (1..=4).for_each(|number| ctx.send(n(1), Message::Ping(number)));
    }
};
const NOTE: fn(&mut Node, NodeId, Message, &mut Ctx<'_>) = |_, _, message, ctx| {
    let (Message::Ping(number) | Message::Pong(number)) = message;
    ctx.emit(Event::Saw(number));
};

/// Four messages are sent at once, and the link takes 10 ms for each and 5 ms to cross it.
fn four(queue: Option<u64>) -> Simulation<Node> {
    let bandwidth = Some(Bandwidth { bytes_per_second: bytes() * 100, queue });
    let network = LinkProfile { bandwidth, ..constant(ms(5)) };
    simulation(2, Handlers { start: START, message: NOTE, ..IDLE }).network(network).run_for(ms(100))
}

fn bytes() -> u64 {
    size_of_value(&Message::Ping(1))
}

fn arrivals(simulation: &Simulation<Node>) -> Vec<(u64, u64)> {
    numbers(&simulation.trace(0), n(1))
}

#[test]
fn messages_wait_for_their_turn_on_a_narrow_link() {
    assert_eq!(arrivals(&four(None)), [(15, 1), (25, 2), (35, 3), (45, 4)]);
    check_replays(&four(None), 5);
}

#[test]
fn what_finds_no_room_in_the_queue_is_lost() {
    let simulation = four(Some(bytes() * 3));
    assert_eq!(arrivals(&simulation), [(15, 1), (25, 2), (35, 3)]);
    let lost = |kind: &TraceKind| matches!(kind, TraceKind::Lost { why: LossReason::Queue, .. });
    assert_eq!(count(&simulation.trace(0), lost), 1);
    assert_eq!(arrivals(&four(Some(0))), [(15, 1)], "an empty link takes anything");
}

#[test]
fn a_fault_narrows_links_for_a_while_and_the_heal_widens_them() {
    let wide = simulation(2, Handlers { start: START, message: NOTE, ..IDLE }).network(constant(ms(5)));
    let narrow = Bandwidth { bytes_per_second: bytes() * 100, queue: None };
    let narrowed = wide.run_for(ms(100)).fault(Fault::links("n0").bandwidth(narrow));
    assert_eq!(arrivals(&narrowed).len(), 4);
    assert!(four(None).heal_at(ms(1)).run(0).summary.verdict.is_passed());
    let healed = four(None).heal_at(ms(12)).run_for(ms(100));
    assert!(arrivals(&healed).iter().all(|(time, _)| *time <= 12 + 5 + 10), "{:?}", arrivals(&healed));
}

fn corrupting(rate: Probability, checksum: bool) -> Simulation<Node> {
    let corrupting = Fault::link("n0", "n1").corruption(rate).at(ms(10)).lasting(ms(10));
    pinging(3).fault(if checksum { corrupting.checksum() } else { corrupting })
}

#[test]
fn what_a_checksum_catches_is_lost() {
    let trace = corrupting(Probability::ALWAYS, true).trace(0);
    assert_eq!(missed(&trace, 1, 0), (10..20).collect::<Vec<_>>());
    assert_eq!((missed(&trace, 0, 1), missed(&trace, 2, 0)), (vec![], vec![]));
    let lost = |kind: &TraceKind| matches!(kind, TraceKind::Lost { why: LossReason::Checksum, .. });
    assert_eq!(count(&trace, lost), 20);
}

/// These nodes tell nothing of what a message can be corrupted into.
#[test]
fn what_has_no_other_form_is_lost_too() {
    assert_eq!(missed(&corrupting(Probability::ALWAYS, false).trace(0), 1, 0).len(), 10);
}

#[test]
fn what_no_checksum_catches_arrives_as_something_else() {
    let simulation = corrupting(Probability::ratio(1, 2), false).mutations(Mutations::of(|message, _| match message {
        Message::Ping(_) => vec![Message::Ping(7), Message::Ping(8)],
        Message::Pong(_) => Vec::new(),
    }));
    let simulation = Simulation::clone(&simulation);
    let corrupted = |seed| count(&simulation.trace(seed), |kind| matches!(kind, TraceKind::Corrupted { .. }));
    let all: usize = (0..40).map(corrupted).sum();
    assert!((150..250).contains(&all), "{all} of 400");
    check_replays(&simulation, 5);
    assert_eq!(simulation.run(0).summary.faults[0].ended, Some(at(20)));
}
