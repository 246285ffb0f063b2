//! The text form of traces, which is public and stays what it is.

use crate::common::{Ctx, Event, Handlers, IDLE, Message, Node, calm, constant, ms, n, set, simulation};
use sim_core::{ClientProfile, DiskProfile, Fault, NodeId, Simulation, SyncToken, TraceKind};

/// A little of everything.
fn little_of_everything() -> Simulation<Node> {
    fn start(_: &mut Node, ctx: &mut Ctx<'_>) {
        if ctx.me() == n(0) {
            set(0, ms(10), ctx);
        }
    }
    fn timer(node: &mut Node, _: u64, ctx: &mut Ctx<'_>) {
        node.memory += 1;
        ctx.log(|| "a line\nof two".to_owned());
        ctx.disk().append(5);
        ctx.disk().sync();
        ctx.disk().replace(vec![6, 7]);
        ctx.disk().truncate(1);
        ctx.disk().sync_then(SyncToken(1));
        ctx.emit(Event::Elected);
        ctx.broadcast(Message::Ping(1));
        set(0, ms(20), ctx);
    }
    let message: fn(&mut Node, NodeId, Message, &mut Ctx<'_>) = |_, from, message, ctx| {
        if let Message::Ping(number) = message {
            ctx.send(from, Message::Pong(number));
            ctx.halt("it has seen enough");
        }
    };
    let crash = Fault::crash("n0").power_loss().mid_step().restart_after(ms(5));
    let cut = Fault::isolate("n0");
    let profile = ClientProfile { count: 1, operations: 2, think: (ms(15), ms(15)), ..ClientProfile::default() };
    simulation(2, Handlers { start, timer, message, ..IDLE })
        .network(constant(ms(2)))
        .disk(DiskProfile { sync: (ms(1), ms(1)), torn_writes: true })
        .clients(profile, |_, index, _| 40 + u64::from(index))
        .fault(cut.at(ms(20)).lasting(ms(15)))
        .fault(crash.at(ms(36)))
        .legitimate_halts(&["it has seen enough"])
        .heal_at(ms(50))
        .run_for(ms(70))
}

#[test]
fn a_trace_reads_so() {
    insta::assert_snapshot!(little_of_everything().trace(3));
}

#[test]
fn a_calm_trace_reads_so() {
    insta::assert_snapshot!(calm(little_of_everything()).trace(0));
}

#[test]
fn the_last_line_is_the_verdict_and_the_hash() {
    let trace = little_of_everything().trace(3);
    let text = trace.to_string();
    let last = text.lines().last().expect("a line");
    assert_eq!(last, format!("passed after {} steps, trace hash {:#018x}", trace.steps, trace.hash));
    assert_eq!(text.lines().count(), trace.events.len() + 2);
}

/// A message names the step in which it was sent.
#[test]
fn every_delivery_names_its_cause() {
    let trace = simulation(
        3,
        Handlers {
            start: |_, ctx| ctx.broadcast(Message::Ping(1)),
            message: |_, from, message, ctx| {
                if let Message::Ping(number) = message {
                    ctx.send(from, Message::Pong(number));
                }
            },
            ..IDLE
        },
    )
    .trace(0);
    let mut deliveries = 0;
    for event in &trace.events {
        if let TraceKind::Deliver { from, message } = &event.kind {
            let cause = event.cause.expect("a message has a cause");
            let by = trace.events.iter().find(|e| e.step == cause).expect("the step that sent it");
            assert!(by.who == Some(*from) && by.time < event.time);
            let sent_at_boot = message.to_string().starts_with("Ping");
            assert_eq!(matches!(by.kind, TraceKind::Boot { .. }), sent_at_boot);
            deliveries += 1;
        }
    }
    assert_eq!(deliveries, 12);
}

/// What waits at a node that crashes does not vanish without a word.
#[test]
fn messages_that_die_with_their_receiver_are_in_the_trace() {
    let handlers = Handlers { start: |_, ctx| ctx.broadcast(Message::Ping(1)), ..IDLE };
    let crash = Fault::crash("n1");
    let trace = simulation(3, handlers)
        .network(constant(ms(5)))
        .fault(Fault::pause("n1").at(ms(1)))
        .fault(crash.at(ms(10)))
        .trace(0);
    assert_eq!(crate::common::count(&trace, |kind| matches!(kind, TraceKind::Lost { .. })), 2);
}
