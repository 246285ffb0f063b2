//! Scripts: messages withheld and delivered, timers fired, faults ended, each when its turn comes.

use crate::common::{
    Ctx, Event, Handlers, IDLE, Message, Node, at, check_replays, constant, count, crash, fault, heard, missed, ms, n,
    node, numbers, pinging, set, simulation,
};
use sim_core::{
    Duration, Ends, Fault, FaultKind, Latency, LinkTrouble, MessageFilter, Milestone, NodeId, Selector, Simulation,
    TraceKind,
};

const HOLD: LinkTrouble = LinkTrouble {
    hold: true,
    loss: sim_core::Probability::NEVER,
    duplicate: sim_core::Probability::NEVER,
    delay: None,
    replays: None,
    bandwidth: None,
    corruption: sim_core::Probability::NEVER,
    checksum: false,
};

fn pings() -> MessageFilter {
    MessageFilter { kind: Some("Ping".to_owned()), ..MessageFilter::ALL }
}

fn link(trouble: LinkTrouble, messages: MessageFilter) -> FaultKind {
    FaultKind::Links { ends: Ends::Between { from: node(0), to: node(1) }, trouble, messages }
}

fn deliver() -> FaultKind {
    FaultKind::Deliver { from: node(0), to: node(1), kind: Some("Ping".to_owned()) }
}

fn run(faults: impl IntoIterator<Item = Fault>) -> Simulation<Node> {
    faults.into_iter().fold(pinging(3), Simulation::fault)
}

#[test]
fn what_is_withheld_arrives_when_the_fault_ends() {
    let simulation = run([fault(10, link(HOLD, pings())).lasting(ms(10))]);
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
    let delay = LinkTrouble { delay: Some(Latency::Constant(ms(5))), ..LinkTrouble::default() };
    let second = MessageFilter { nth: vec![2], ..pings() };
    let trace = run([fault(10, link(delay, second)).lasting(ms(10))]).trace(0);
    assert_eq!(missed(&trace, 1, 0), [11]);
    assert_eq!(heard(&trace, 1, 0).iter().filter(|time| **time == 16).count(), 2);
}

/// On a link that keeps the order, what is sent after a message that is withheld waits for it.
#[test]
fn a_link_that_keeps_the_order_holds_back_all_behind() {
    let network = sim_core::LinkProfile { fifo: true, ..constant(Duration::from_micros(100)) };
    let first = MessageFilter { nth: vec![1], ..MessageFilter::ALL };
    let simulation = run([fault(10, link(HOLD, first)).lasting(ms(5))]).network(network);
    let trace = simulation.trace(0);
    assert_eq!(missed(&trace, 1, 0), (10..15).collect::<Vec<_>>());
    check_replays(&simulation, 5);
}

#[test]
fn a_script_delivers_one_message_after_the_other() {
    let simulation = run([
        fault(10, link(HOLD, pings())).labelled("withheld"),
        fault(15, deliver()),
        fault(17, deliver()),
        fault(25, FaultKind::End { label: "withheld".to_owned() }),
    ]);
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
    let simulation = slow.fault(fault(5, deliver()));
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
    let killed = Fault { trigger: sim_core::Trigger::Wait(ms(1)), ..fault(0, crash(node(1), None)) };
    let simulation = simulation(2, talk)
        .network(constant(ms(9)))
        .run_for(ms(30))
        .fault(fault(5, deliver()))
        .fault(killed.following());
    let summary = simulation.run(0).summary;
    assert_eq!(numbers(&simulation.trace(0), n(1)), [(12, 1)], "delivered as soon as it was sent");
    assert_eq!(summary.faults[1].began, Some(at(13)));
    check_replays(&simulation, 3);
    let never = simulation.network(constant(ms(9))).run_for(ms(11)).run(0).summary;
    assert_eq!([never.faults[0].began, never.faults[1].began], [None, None]);
}

#[test]
fn a_script_fires_a_timer_before_its_time_or_as_soon_as_it_is_armed() {
    let fire = |timer: &str| FaultKind::Fire { targets: node(0), timer: timer.to_owned() };
    let start: fn(&mut Node, &mut Ctx<'_>) = |_, ctx| set(1, ms(20), ctx);
    let timer: fn(&mut Node, u64, &mut Ctx<'_>) = |_, number, ctx| {
        ctx.emit(Event::Saw(number));
        if number < 3 {
            set(number + 1, ms(20), ctx);
        }
    };
    let idle = simulation(2, Handlers { start, timer, ..IDLE }).run_for(ms(100));
    assert_eq!(numbers(&idle.trace(0), n(0)), [(20, 1), (40, 2), (60, 3)]);
    let simulation = idle.clone().fault(fault(5, fire("Timer"))).fault(fault(7, fire("Timer")));
    let trace = simulation.trace(0);
    assert_eq!(numbers(&trace, n(0)), [(5, 1), (7, 2), (27, 3)]);
    assert_eq!(numbers(&trace, n(1)), [(20, 1), (40, 2), (60, 3)]);
    assert_eq!(count(&trace, |kind| matches!(kind, TraceKind::Fires { .. })), 2);
    check_replays(&simulation, 3);
    let waits = idle.fault(fault(65, fire("Timer")));
    assert_eq!(waits.run(0).summary.faults[0].began, None, "none was armed again");
}

#[test]
fn only_timers_of_one_kind_are_late() {
    let late = |timer: &str| FaultKind::LateTimers {
        targets: Selector::All,
        by: Latency::Constant(ms(3)),
        timer: Some(timer.to_owned()),
    };
    let first = |kind| missed(&run([fault(10, kind).lasting(ms(2))]).trace(0), 1, 0);
    assert_eq!(first(late("Other")), Vec::<u64>::new());
    assert_eq!(first(late("Timer")), [11, 12, 13]);
}

/// A milestone ends a fault as well as a time does.
#[test]
fn a_fault_ends_when_something_has_happened() {
    let cut = FaultKind::OneWay { from: node(0), to: node(1), mode: sim_core::CutMode::Drop };
    let end = FaultKind::End { label: "cut".to_owned() };
    let when = Milestone::Message { kind: "Ping".to_owned(), from: Some(n(2)), to: Some(n(0)), count: 20 };
    let simulation = run([fault(10, cut).labelled("cut"), Fault::after(when, end)]);
    assert_eq!(missed(&simulation.trace(0), 1, 0), (10..20).collect::<Vec<_>>());
}
