//! The lies of the engine: each is noticed by a protocol that looks, and there is none without it.

use crate::common::{Ctx, Event, Handlers, IDLE, Message, Node, check_replays, constant, ms, n, saw, set, simulation};
use sim_core::{Duration, Fault, Latency, LinkProfile, NodeId, Sabotage, Simulation};

/// What is seen over some seeds, with and without the lie.
#[track_caller]
fn check(simulation: &Simulation<Node>, sabotage: Sabotage, is_honest: fn(&[u64]) -> bool) {
    let sabotaged = simulation.clone().sabotage(sabotage);
    assert!((0..40).all(|seed| is_honest(&saw(&simulation.trace(seed)))));
    assert!((0..40).any(|seed| !is_honest(&saw(&sabotaged.trace(seed)))), "{sabotage:?} is not noticed");
    check_replays(&sabotaged, 10);
}

/// Writes ten records, syncs, and says so; announces what it finds when it boots.
fn ten_records(_: &mut Node, ctx: &mut Ctx<'_>) {
    if ctx.disk().records().is_empty() {
        (1..=10).for_each(|record| ctx.disk().append(record));
        ctx.disk().sync();
        ctx.emit(Event::Saw(100));
    }
    ctx.disk().records().iter().for_each(|record| ctx.emit(Event::Saw(record.readable().copied().unwrap_or(99))));
}

const TEN: Handlers = Handlers { start: ten_records, ..IDLE };

/// The sync reported its end, and then everything that it covered is there.
fn has_all(seen: &[u64]) -> bool {
    seen == [100, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
}

#[test]
fn syncs_that_do_nothing_show_when_the_power_fails() {
    let simulation = simulation(1, TEN).fault(Fault::crash("all").power_loss().restart_after(ms(1)).at(ms(10)));
    check(&simulation, Sabotage::NoSync, has_all);
    let processes = crate::common::simulation(1, TEN)
        .fault(Fault::crash("n0").restart_after(ms(1)).at(ms(10)))
        .sabotage(Sabotage::NoSync);
    assert!(has_all(&saw(&processes.trace(0))), "a crash of the process alone does not tell");
}

#[test]
fn crashes_that_take_synced_records_show_when_they_are_read() {
    let simulation = simulation(1, TEN).fault(Fault::crash("n0").restart_after(ms(1)).at(ms(10)));
    check(&simulation, Sabotage::LoseSynced, has_all);
    let some = simulation.sabotage(Sabotage::LoseSynced);
    let least = (0..40).map(|seed| saw(&some.trace(seed)).len()).min();
    assert_eq!(least, Some(1 + 6), "four at most");
}

/// Records that no sync has covered are not there to be taken twice.
#[test]
fn a_lie_about_crashes_takes_no_more_than_there_is() {
    let unsynced = Handlers { start: |_, ctx| ctx.disk().append(1), ..IDLE };
    let looping = Fault::crash("n0").restart_after(ms(1)).at(ms(10)).repeated(ms(3)).lasting(ms(200));
    check_replays(&simulation(1, unsynced).fault(looping).sabotage(Sabotage::LoseSynced), 20);
}

#[test]
fn pauses_that_wipe_memory_show_when_it_is_used() {
    let count: fn(&mut Node, u64, &mut Ctx<'_>) = |node, timer, ctx| {
        node.memory += 1;
        ctx.emit(Event::Saw(node.memory));
        set(timer, ms(1), ctx);
    };
    let handlers = Handlers { start: |_, ctx| set(0, ms(1), ctx), timer: count, ..IDLE };
    let simulation = simulation(1, handlers).run_for(ms(30));
    let paused = simulation.clone().fault(Fault::pause("n0").at(ms(10)).lasting(ms(5)));
    check(&paused, Sabotage::KeepMemoryNever, |seen| seen.iter().copied().eq(1..=seen.len() as u64));
    let unpaused = simulation.sabotage(Sabotage::KeepMemoryNever);
    assert_eq!(saw(&unpaused.trace(0)), (1..30).collect::<Vec<_>>());
}

#[test]
fn links_that_lie_about_the_order_show_when_it_matters() {
    fn start(_: &mut Node, ctx: &mut Ctx<'_>) {
        if ctx.me() == n(0) {
            (1..=20).for_each(|number| ctx.send(n(1), Message::Ping(number)));
        }
    }
    let message: fn(&mut Node, NodeId, Message, &mut Ctx<'_>) = |_, _, message, ctx| {
        if let Message::Ping(number) = message {
            ctx.emit(Event::Saw(number));
        }
    };
    let fifo = LinkProfile { latency: Latency::Uniform(Duration::ZERO, ms(9)), fifo: true, ..constant(ms(1)) };
    let simulation = simulation(2, Handlers { start, message, ..IDLE }).network(fifo).run_for(ms(50));
    check(&simulation, Sabotage::ReorderFifo, |seen| seen.is_sorted() && seen.len() == 20);
}
