//! Scripts: messages withheld and delivered, timers fired, faults ended, each when its turn comes.

use crate::common::{
    Ctx, Event, Handlers, IDLE, Message, Node, at, check_replays, constant, count, heard, missed, ms, n, numbers,
    pinging, set, simulation,
};
use sim_core::draft::{Deliver, Draft, LateTimers, Links};
use sim_core::{Duration, Fault, Latency, Milestone, NodeId, Simulation, TraceKind};

fn link() -> Draft<Links> {
    Fault::link("n0", "n1")
}

fn deliver() -> Draft<Deliver> {
    Fault::deliver("n0", "n1").kind("Ping")
}

fn run(faults: impl IntoIterator<Item = impl Into<Fault>>) -> Simulation<Node> {
    faults.into_iter().fold(pinging(3), Simulation::fault)
}

#[test]
fn what_is_withheld_arrives_when_the_fault_ends() {
    let simulation = run([link().hold().kind("Ping").at(ms(10)).lasting(ms(10))]);
    let trace = simulation.trace(0);
    assert_eq!(missed(&trace, 1, 0), (10..20).collect::<Vec<_>>());
    assert_eq!(heard(&trace, 1, 0).iter().filter(|time| **time == 20).count(), 11);
    assert_eq!([missed(&trace, 0, 1), missed(&trace, 2, 0)], [vec![0; 0], vec![]], "one link, one way");
    let pongs = numbers(&trace, n(1)).into_iter().filter(|(_, who)| *who == 100).count();
    assert_eq!(pongs, 30, "pongs get through");
    check_replays(&simulation, 5);
}

#[test]
fn only_some_messages_of_a_pair_are_delayed() {
    let second = link().delay(Latency::Constant(ms(5))).kind("Ping").nth([2]);
    let trace = run([second.at(ms(10)).lasting(ms(10))]).trace(0);
    assert_eq!(missed(&trace, 1, 0), [11]);
    assert_eq!(heard(&trace, 1, 0).iter().filter(|time| **time == 16).count(), 2);
}

/// On a link that keeps the order, what is sent after a message that is withheld waits for it.
#[test]
fn a_link_that_keeps_the_order_holds_back_all_behind() {
    let network = sim_core::LinkProfile { fifo: true, ..constant(Duration::from_micros(100)) };
    let simulation = run([link().hold().nth([1]).at(ms(10)).lasting(ms(5))]).network(network);
    let trace = simulation.trace(0);
    assert_eq!(missed(&trace, 1, 0), (10..15).collect::<Vec<_>>());
    check_replays(&simulation, 5);
}

#[test]
fn a_script_delivers_one_message_after_the_other() {
    let simulation = pinging(3)
        .fault(link().hold().kind("Ping").at(ms(10)).labelled("withheld"))
        .fault(deliver().at(ms(15)))
        .fault(deliver().at(ms(17)))
        .fault(Fault::end("withheld").at(ms(25)));
    let trace = simulation.trace(0);
    let heard = heard(&trace, 1, 0);
    let times: Vec<u64> = heard.iter().copied().filter(|time| (10..25).contains(time)).collect();
    assert_eq!(times, [15, 17]);
    assert_eq!(heard.len(), 30, "what was withheld came at the end");
    check_replays(&simulation, 5);
    let record = &simulation.run(0).summary.faults[0];
    assert_eq!(record.ended, Some(at(25)));
}

#[test]
fn a_message_under_way_can_be_delivered_as_well() {
    let start: fn(&mut Node, &mut Ctx<'_>) = |_, ctx| {
        if ctx.me() == n(0) {
            ctx.send(n(1), Message::Ping(1));
            ctx.send(n(1), Message::Ping(2));
        }
    };
    let message: fn(&mut Node, NodeId, Message, &mut Ctx<'_>) = |_, _, message, ctx| {
        if let Message::Ping(number) = message {
            ctx.emit(Event::Saw(number));
        }
    };
    let slow = simulation(2, Handlers { start, message, ..IDLE }).network(constant(ms(20))).run_for(ms(30));
    let simulation = slow.fault(deliver().at(ms(5)));
    assert_eq!(numbers(&simulation.trace(0), n(1)), [(5, 1), (20, 2)], "the one that was sent first");
    check_replays(&simulation, 3);
}

/// A step that finds nothing waits, and so do the steps behind it.
#[test]
fn a_script_waits_for_what_it_acts_on() {
    let start: fn(&mut Node, &mut Ctx<'_>) = |_, ctx| set(0, ms(12), ctx);
    let timer: fn(&mut Node, u64, &mut Ctx<'_>) = |_, _, ctx| {
        if ctx.me() == n(0) {
            ctx.send(n(1), Message::Ping(1));
        }
    };
    let message: fn(&mut Node, NodeId, Message, &mut Ctx<'_>) = |_, _, _, ctx| ctx.emit(Event::Saw(1));
    let talk = Handlers { start, timer, message, ..IDLE };
    let simulation = simulation(2, talk)
        .network(constant(ms(9)))
        .run_for(ms(30))
        .fault(deliver().at(ms(5)))
        .fault(Fault::crash("n1").then_after(ms(1)));
    let summary = simulation.run(0).summary;
    assert_eq!(numbers(&simulation.trace(0), n(1)), [(12, 1)], "delivered as soon as it was sent");
    assert_eq!(summary.faults[1].began, Some(at(13)));
    check_replays(&simulation, 3);
    let never = simulation.network(constant(ms(9))).run_for(ms(11)).run(0).summary;
    assert_eq!([never.faults[0].began, never.faults[1].began], [None, None]);
}

#[test]
fn a_script_fires_a_timer_before_its_time_or_as_soon_as_it_is_armed() {
    let fire = |timer: &str| Fault::fire("n0", timer);
    let start: fn(&mut Node, &mut Ctx<'_>) = |_, ctx| set(1, ms(20), ctx);
    let timer: fn(&mut Node, u64, &mut Ctx<'_>) = |_, number, ctx| {
        ctx.emit(Event::Saw(number));
        if number < 3 {
            set(number + 1, ms(20), ctx);
        }
    };
    let idle = simulation(2, Handlers { start, timer, ..IDLE }).run_for(ms(100));
    assert_eq!(numbers(&idle.trace(0), n(0)), [(20, 1), (40, 2), (60, 3)]);
    let simulation = idle.clone().fault(fire("Timer").at(ms(5))).fault(fire("Timer").at(ms(7)));
    let trace = simulation.trace(0);
    assert_eq!(numbers(&trace, n(0)), [(5, 1), (7, 2), (27, 3)]);
    assert_eq!(numbers(&trace, n(1)), [(20, 1), (40, 2), (60, 3)]);
    assert_eq!(count(&trace, |kind| matches!(kind, TraceKind::Fires { .. })), 2);
    check_replays(&simulation, 3);
    let waits = idle.fault(fire("Timer").at(ms(65)));
    assert_eq!(waits.run(0).summary.faults[0].began, None, "none was armed again");
}

#[test]
fn only_timers_of_one_kind_are_late() {
    let late = |timer: &str| Fault::late_timers("all", Latency::Constant(ms(3))).timer(timer);
    let first = |late: Draft<LateTimers>| missed(&run([late.at(ms(10)).lasting(ms(2))]).trace(0), 1, 0);
    assert_eq!(first(late("Other")), Vec::<u64>::new());
    assert_eq!(first(late("Timer")), [11, 12, 13]);
}

/// A milestone ends a fault as well as a time does.
#[test]
fn a_fault_ends_when_something_has_happened() {
    let when = Milestone::Message { kind: "Ping".to_owned(), from: Some(n(2)), to: Some(n(0)), count: 20 };
    let simulation =
        pinging(3).fault(Fault::one_way("n0", "n1").at(ms(10)).labelled("cut")).fault(Fault::end("cut").after(when));
    assert_eq!(missed(&simulation.trace(0), 1, 0), (10..20).collect::<Vec<_>>());
}
