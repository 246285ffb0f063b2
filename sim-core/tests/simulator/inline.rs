//! Properties that are said in a line.

use crate::common::{Ctx, Event, Handlers, IDLE, Node, ms, n, set, simulation, violation};
use sim_core::{Breach, ClientProfile, Fault, Outcome, PropertyClass, Simulation, World};

/// Every node counts up once in 10 ms.
const COUNTING: Handlers = Handlers { start: |_, ctx| set(0, ms(10), ctx), timer: count_up, ..IDLE };

fn count_up(node: &mut Node, timer: u64, ctx: &mut Ctx<'_>) {
    node.memory += 1;
    ctx.emit(Event::Saw(node.memory));
    set(timer, ms(10), ctx);
}

fn counting() -> Simulation<Node> {
    simulation(2, COUNTING).run_for(ms(75))
}

fn most(world: &World<'_, Node>) -> u64 {
    world.correct().filter_map(|process| world.node(process)).map(|node| node.memory).max().unwrap_or(0)
}

#[test]
fn what_always_holds_passes_and_what_does_not_is_told_with_its_step() {
    counting().always("Small", |world| most(world) <= 7).check(0..5);
    let outcome = counting().always("Small", |world| most(world) < 3).run(0);
    assert_eq!(violation(&outcome), ("Small".to_owned(), "it does not hold".to_owned()));
    assert_eq!(outcome.summary.verdict.violation().expect("violated").time, crate::common::at(30));
}

#[test]
fn what_was_seen_can_be_told_in_words_or_with_the_nodes() {
    let in_words = |world: &World<'_, Node>| match most(world) {
        0..3 => Ok(()),
        count => Err(format!("one has counted to {count}")),
    };
    assert_eq!(violation(&counting().always("Small", in_words).run(0)).1, "one has counted to 3");
    let with_nodes =
        |world: &World<'_, Node>| if most(world) < 3 { Ok(()) } else { Err(Breach::new([n(1)], "too much")) };
    let outcome = counting().always("Small", with_nodes).run(0);
    assert_eq!(outcome.summary.verdict.violation().expect("violated").nodes, [n(1)]);
}

/// Nothing happens after the last step but that time goes by.
#[test]
fn what_always_holds_must_hold_in_the_end_too() {
    let early = |world: &World<'_, Node>| world.now() <= crate::common::at(70);
    assert_eq!(violation(&counting().always("Early", early).run(0)).0, "Early");
}

#[test]
fn what_holds_in_the_end_passes_whatever_was_before() {
    counting().eventually("Seven", |world| most(world) == 7).check(0..5);
}

#[test]
fn what_does_not_hold_in_the_end_was_awaited_since_it_last_held() {
    let of = |outcome: Outcome<Node>| violation(&outcome).1;
    let never = counting().eventually("Nine", |world| most(world) == 9);
    assert_eq!(of(never.run(0)), "in the end it does not hold; awaited since 0ms");
    assert_eq!(never.run(0).summary.verdict.violation().expect("violated").class, PropertyClass::Liveness);
    let no_longer = counting().eventually("At Most Four", |world| match most(world) {
        0..=4 => Ok(()),
        count => Err(format!("one has counted to {count}")),
    });
    assert_eq!(of(no_longer.run(0)), "in the end one has counted to 7; awaited since 50ms");
    let late = counting().eventually("Early", |world| world.now() <= crate::common::at(70));
    assert_eq!(of(late.run(0)), "in the end it does not hold; awaited since 75ms");
}

/// Each run is judged for itself.
#[test]
fn a_run_knows_nothing_of_the_one_before() {
    let simulation = counting().eventually("At Most Four", |world| most(world) <= 4);
    assert_eq!(simulation.run(0).summary.verdict, simulation.run(0).summary.verdict);
}

const ASKING: ClientProfile =
    ClientProfile { count: 2, operations: 5, timeout: ms(20), attempts: 2, think: (ms(10), ms(10)) };

/// Node 0 alone, asked by two clients.
fn asked(handlers: Handlers) -> Simulation<Node> {
    simulation(1, handlers)
        .clients(ASKING, |_, index, _| index.into())
        .every_request_is_granted(ms(100))
        .run_for(ms(1000))
}

#[test]
fn requests_that_are_granted_in_the_end_pass() {
    asked(IDLE).check(0..10);
    // What is given up while the node is down is not held against it.
    let down = asked(IDLE).fault(Fault::crash("n0").at(ms(30))).heal_at(ms(500));
    let outcome = down.run(0);
    assert!(outcome.summary.verdict.is_passed(), "{}", outcome.summary.verdict);
    assert!(outcome.history.outcomes().unknown > 0);
}

#[test]
fn a_request_that_nobody_answers_is_told_with_its_name() {
    let silent = Handlers { request: |_, _, _, _| {}, ..IDLE };
    let (property, what) = violation(&asked(silent).run(0));
    assert_eq!(property, "Every Request Is Granted");
    assert!(what.ends_with("requests have no reply; c0.0.0 is awaited since 10ms"), "{what}");
    let refusing = Handlers { request: |_, request, _, ctx| ctx.reject(request), ..IDLE };
    assert_eq!(violation(&asked(refusing).run(0)).0, "Every Request Is Granted");
}

#[test]
fn requests_cannot_be_judged_while_faults_go_on_and_late_ones_are_not_due() {
    let verdict = asked(IDLE).fault(Fault::pause("n0").at(ms(30))).run(0).summary.verdict;
    assert_eq!((verdict.property(), verdict.word()), (Some("Every Request Is Granted"), "inconclusive"));
    let silent = Handlers { request: |_, _, _, _| {}, ..IDLE };
    assert!(asked(silent).run_for(ms(60)).run(0).summary.verdict.is_passed());
}
