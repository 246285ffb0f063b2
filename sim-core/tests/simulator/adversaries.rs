//! Adversaries: scripts that act for nodes, which see what their puppets receive, collude, rush,
//! and can speak and sign only for them.

use crate::common::{
    Ctx, Event, Handlers, IDLE, Message, Node, check_replays, count, deliveries, heard, missed, ms, n, numbers,
    pinging, simulation, violation,
};
use sim_core::{Adversary, AdversaryContext, ClientProfile, Fault, NO_PANIC, NodeId, RequestId, Simulation, TraceKind};

/// Answers every ping to a puppet of its with a pong of another one.
#[derive(Debug)]
struct Colluding;

impl Adversary<Node> for Colluding {
    fn on_message(&mut self, puppet: NodeId, from: NodeId, message: &Message, ctx: &mut AdversaryContext<'_, Node>) {
        if let (Message::Ping(_), Some(other)) = (message, ctx.puppets().iter().find(|other| **other != puppet)) {
            ctx.send(*other, from, Message::Pong(7));
        }
    }
}

/// Says something once a millisecond, until it is no more.
#[derive(Debug)]
struct Chatting;

impl Adversary<Node> for Chatting {
    fn rushes(&self) -> bool {
        false
    }

    fn on_start(&mut self, ctx: &mut AdversaryContext<'_, Node>) {
        ctx.set_timer(1, ms(1));
    }

    fn on_message(&mut self, _: NodeId, _: NodeId, _: &Message, _: &mut AdversaryContext<'_, Node>) {}

    fn on_timer(&mut self, timer: u64, ctx: &mut AdversaryContext<'_, Node>) {
        let number = ctx.choose("number", 0..10);
        ctx.broadcast(ctx.puppets()[0], &Message::Ping(number));
        ctx.set_timer(timer, ms(1));
    }
}

/// Speaks under the name of a node that is not its own.
#[derive(Debug)]
struct Forging;

impl Adversary<Node> for Forging {
    fn on_start(&mut self, ctx: &mut AdversaryContext<'_, Node>) {
        assert!(ctx.sign(ctx.puppets()[0], 5).verify().is_some());
        assert_eq!(ctx.sign(n(0), 5).verify(), None);
        ctx.send(n(0), n(2), Message::Ping(1));
    }

    fn on_message(&mut self, _: NodeId, _: NodeId, _: &Message, _: &mut AdversaryContext<'_, Node>) {}
}

/// Answers clients with a number of its own.
#[derive(Debug)]
struct Answering;

impl Adversary<Node> for Answering {
    fn on_message(&mut self, _: NodeId, _: NodeId, _: &Message, _: &mut AdversaryContext<'_, Node>) {}

    fn on_request(&mut self, puppet: NodeId, request: RequestId, _: &u64, ctx: &mut AdversaryContext<'_, Node>) {
        ctx.reply(puppet, request, 99);
    }
}

fn scripted(simulation: Simulation<Node>) -> Simulation<Node> {
    simulation
        .adversary("colluding", || Box::new(Colluding))
        .adversary("chatting", || Box::new(Chatting))
        .adversary("forging", || Box::new(Forging))
        .adversary("answering", || Box::new(Answering))
}

#[test]
fn an_adversary_sees_what_its_puppets_receive_and_speaks_for_all_of_them() {
    let kind = Fault::adversary("colluding", ["n1", "n2"]);
    let simulation = scripted(pinging(4)).fault(kind.at(ms(10)).lasting(ms(10)));
    let trace = simulation.trace(0);
    assert_eq!(missed(&trace, 0, 1), (10..=20).collect::<Vec<_>>(), "the nodes themselves are gone: {trace}");
    // Of n2 it is told for what n1 heard, and the other way round.
    let colluded = deliveries(&trace).iter().filter(|(_, to, what)| *to == n(0) && what == "n2 Pong 7").count();
    assert_eq!(colluded, 10);
    check_replays(&simulation, 5);
}

#[test]
fn a_rushing_adversary_hears_and_answers_in_no_time() {
    let simulation = scripted(pinging(3)).fault(Fault::adversary("colluding", ["n1", "n2"]));
    let answers = |trace: &sim_core::Trace| {
        let to_zero = deliveries(trace).into_iter().filter(|(_, to, _)| *to == n(0));
        to_zero.map(|(time, ..)| time % 1_000_000).collect::<Vec<_>>()
    };
    assert_eq!(answers(&simulation.trace(0)), [0; 60], "it pings at whole milliseconds");
}

#[test]
fn an_adversary_has_timers_and_choices_and_when_it_goes_its_puppets_boot_from_their_disks() {
    fn boot(_: &mut Node, ctx: &mut Ctx<'_>) {
        let records = ctx.disk().records().len() as u64;
        ctx.emit(Event::Saw(records));
        ctx.disk().append(records);
        ctx.disk().sync();
    }
    let handlers = Handlers { start: boot, message: |_, _, _, ctx| ctx.emit(Event::Elected), ..IDLE };
    let kind = Fault::adversary("chatting", ["n1"]);
    let simulation = scripted(simulation(2, handlers)).run_for(ms(30)).fault(kind.at(ms(10)).lasting(ms(10)));
    let trace = simulation.trace(3);
    assert_eq!(numbers(&trace, n(1)), [(0, 0), (20, 1)]);
    let chat: Vec<String> = deliveries(&trace).into_iter().map(|(.., what)| what).collect();
    assert!((8..=10).contains(&chat.len()) && chat.iter().any(|what| *what != chat[0]), "{chat:?}");
    check_replays(&simulation, 5);
}

#[test]
fn nobody_can_send_or_sign_under_the_name_of_another() {
    let simulation = scripted(pinging(3)).fault(Fault::adversary("forging", ["n1"]).at(ms(5)));
    let (property, what) = violation(&simulation.run(0));
    assert_eq!(property, NO_PANIC);
    assert!(what.contains("n0 is not one of the adversary's nodes: it cannot send under its name"), "{what}");
}

#[test]
fn an_adversary_can_answer_clients() {
    let profile = ClientProfile { count: 1, operations: 3, ..ClientProfile::default() };
    let simulation = scripted(simulation(1, IDLE)).clients(profile, |_, _, _| 1).run_for(ms(500));
    let told = |simulation: &Simulation<Node>| {
        let history = simulation.run(0).history;
        history.iter().filter_map(|(_, op)| op.reply().copied()).collect::<Vec<u64>>()
    };
    assert_eq!(told(&simulation), [1; 3]);
    assert_eq!(told(&simulation.fault(Fault::adversary("answering", ["n0"]))), [99; 3]);
}

#[test]
fn crashes_do_not_touch_puppets_and_a_heal_of_the_correct_leaves_them_to_the_adversary() {
    let simulation = scripted(pinging(3))
        .fault(Fault::adversary("chatting", ["n1"]).at(ms(5)))
        .fault(Fault::crash("n1").restart_after(ms(1)).at(ms(10)))
        .fault(Fault::crash("n2").at(ms(10)))
        .heal_at(ms(20))
        .heal_core(["correct"]);
    let trace = simulation.trace(0);
    let crashes = count(&trace, |kind| matches!(kind, TraceKind::Crash { .. }));
    let healed = count(&trace, |kind| matches!(kind, TraceKind::Heal { core, .. } if *core == [n(0), n(2)]));
    assert_eq!((crashes, healed), (1, 1), "{trace}");
    assert_eq!(missed(&trace, 0, 2), (10..=20).collect::<Vec<_>>());
    assert!(heard(&trace, 0, 2).contains(&25));
    let whole = scripted(pinging(3)).fault(Fault::adversary("chatting", ["n1"]).at(ms(5))).heal_at(ms(20)).trace(0);
    assert!(heard(&whole, 0, 1).ends_with(&[28, 29, 30]), "a heal of everything ends it");
}

#[test]
fn an_adversary_that_nobody_has_written_is_refused() {
    let simulation = scripted(pinging(3)).fault(Fault::adversary("clever", ["n1"]).at(ms(5)));
    let (_, what) = simulation.validate().expect_err("there is none of this name");
    assert!(what.starts_with("there is no adversary clever: the adversaries are"), "{what}");
}
