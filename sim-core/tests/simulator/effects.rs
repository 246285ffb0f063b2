//! What a fault's record says it did to clients and disks, against what can be worked out by hand.

use crate::common::{Ctx, Event, Handlers, IDLE, Node, check_replays, constant, ms, node, simulation};
use sim_core::draft::{Crash, Cut, Draft};
use sim_core::{ClientProfile, Fault, FaultEffects, Simulation};

/// One node and one client that asks at 10, 22, 34, 46, 58 … ms and is answered two later; it waits
/// 5 ms for an answer, twice.
fn asking() -> Simulation<Node> {
    let (think, timeout) = ((ms(10), ms(10)), ms(5));
    let profile = ClientProfile { count: 1, operations: 8, timeout, attempts: 2, think };
    simulation(1, IDLE).network(constant(ms(1))).clients(profile, |_, _, _| 1).run_for(ms(300))
}

fn cut() -> Draft<Cut> {
    Fault::one_way("clients", "n0")
}

fn effects(simulation: &Simulation<Node>) -> FaultEffects {
    check_replays(simulation, 2);
    simulation.run(0).summary.faults[0].effects
}

#[test]
fn a_fault_between_two_operations_does_nothing_and_the_next_comes_as_it_would() {
    let found = effects(&asking().fault(cut().at(ms(13)).lasting(ms(5))));
    assert_eq!(found, FaultEffects { recovered_after: Some(ms(6)), ..FaultEffects::default() });
}

/// The second operation, of 22 ms, is asked again at 27 ms and answered at 29 ms.
#[test]
fn an_operation_that_needs_a_second_attempt_is_delayed() {
    let found = effects(&asking().fault(cut().at(ms(20)).lasting(ms(5))));
    let expected = FaultEffects { operations_delayed: 1, recovered_after: Some(ms(4)), ..FaultEffects::default() };
    assert_eq!(found, expected);
}

/// The operations of 22 and 42 ms are given up at 32 and 52 ms; the one of 62 ms gets through.
#[test]
fn operations_that_are_given_up_are_failed() {
    let found = effects(&asking().fault(cut().at(ms(20)).lasting(ms(30))));
    let expected = FaultEffects { operations_failed: 2, recovered_after: Some(ms(14)), ..FaultEffects::default() };
    assert_eq!(found, expected);
}

/// The second of two faults begins when the operations that the first has failed are over.
#[test]
fn a_fault_does_not_answer_for_operations_that_were_given_up_before_it() {
    let simulation = asking().fault(cut().at(ms(100)).lasting(ms(1))).fault(cut().at(ms(20)).lasting(ms(30)));
    assert_eq!(effects(&simulation).operations_failed, 0);
    assert_eq!(simulation.run(0).summary.faults[1].effects.operations_failed, 2);
}

#[test]
fn operations_that_are_turned_down_are_failed() {
    let rejecting = Handlers { request: |_, request, _, ctx| ctx.reject(request), ..IDLE };
    let profile = ClientProfile { count: 1, operations: 8, think: (ms(10), ms(10)), ..ClientProfile::default() };
    let simulation = simulation(1, rejecting).network(constant(ms(1))).clients(profile, |_, _, _| 1);
    let found = effects(&simulation.fault(Fault::restart("n0").at(ms(20))));
    assert_eq!(found, FaultEffects::default(), "nothing was under way, and nothing ever completes");
    let simulation = asking().fault(Fault::pause("n0").at(ms(20)));
    let paused = effects(&simulation);
    assert_eq!((paused.operations_failed > 5, paused.recovered_after), (true, None), "it never ends");
}

#[test]
fn a_fault_that_never_began_did_nothing() {
    let never = cut().after(sim_core::Milestone::event("Saw", 1));
    assert_eq!(effects(&asking().fault(never)), FaultEffects::default());
}

/// All write 1 and 2 and sync them; node 0 also writes 3, 4 and 5, and does not sync the last.
fn start(_: &mut Node, ctx: &mut Ctx<'_>) {
    if ctx.disk().records().is_empty() {
        let own = if ctx.me() == crate::common::n(0) { 1..5 } else { 1..3 };
        own.for_each(|record| ctx.disk().append(record));
        ctx.disk().sync();
        ctx.disk().append(5);
    }
    ctx.disk().records().iter().filter(|record| record.readable().is_none()).for_each(|_| ctx.emit(Event::Saw(99)));
}

fn lost(faults: Vec<Draft<Crash>>) -> Vec<u64> {
    let writing = simulation(2, Handlers { start, ..IDLE });
    let simulation = (10..).zip(faults).fold(writing, |s, (at, kind)| s.fault(kind.at(ms(at))));
    check_replays(&simulation, 2);
    simulation.run(0).summary.faults.iter().map(|record| record.effects.records_lost).collect()
}

#[test]
fn records_are_lost_that_were_durable_and_are_readable_nowhere_else() {
    let wiping = |who| Fault::crash(node(who)).wiped();
    assert_eq!(lost(vec![wiping(0)]), [2], "3 and 4");
    assert_eq!(lost(vec![wiping(1)]), [0]);
    assert_eq!(lost(vec![wiping(1), wiping(0)]), [0, 4], "1 and 2 too, which nobody else has any more");
    assert_eq!(lost(vec![Fault::crash("n0")]), [0]);
    assert_eq!(lost(vec![Fault::crash("n0").power_loss()]), [0]);
}

#[test]
fn a_record_that_rots_is_lost_if_it_was_the_only_one() {
    let writing = simulation(2, Handlers { start, ..IDLE }).fault(Fault::corrupt_record("n0").at(ms(10)));
    let lost: Vec<u64> = (0..40).map(|seed| writing.run(seed).summary.faults[0].effects.records_lost).collect();
    let share = lost.iter().filter(|lost| **lost == 1).count();
    assert!(lost.iter().all(|lost| *lost <= 1) && (8..25).contains(&share), "two of five records: {share} of 40");
}
