//! Disks that let their nodes down: records that rot, syncs that fail, no room.

use crate::common::{
    Ctx, Event, Handlers, IDLE, Message, Node, at, check_replays, constant, count, ms, n, numbers, set, simulation,
    stop_on_disk_fault,
};
use sim_core::draft::{Crash, Draft, FailingSync};
use sim_core::{DiskEvent, DiskProfile, Fault, Probability, Simulation, SyncToken, Trace, TraceKind, WriteToken};

fn disk(sync: u64) -> DiskProfile {
    DiskProfile { sync: (ms(sync), ms(sync)), torn_writes: false }
}

fn events(trace: &Trace, is: fn(&TraceKind) -> bool) -> Vec<(u64, u32)> {
    let of = trace.events.iter().filter(|event| is(&event.kind));
    of.filter_map(|event| Some((event.time.as_nanos() / 1_000_000, event.who?.index()))).collect()
}

fn halts(trace: &Trace) -> Vec<(u64, u32)> {
    events(trace, |kind| matches!(kind, TraceKind::Halt { .. }))
}

fn boots(trace: &Trace) -> Vec<(u64, u32)> {
    events(trace, |kind| matches!(kind, TraceKind::Boot { .. })).into_iter().filter(|(time, _)| *time > 0).collect()
}

/// Writes 1 to 5 at its first boot; announces what it finds at each, 99 for what it cannot read.
fn five_records(_: &mut Node, ctx: &mut Ctx<'_>) {
    if ctx.disk().records().is_empty() {
        (1..=5).for_each(|record| ctx.disk().append(record));
        ctx.disk().sync();
    }
    for record in ctx.disk().records() {
        ctx.emit(Event::Saw(record.readable().copied().unwrap_or(99)));
    }
}

#[test]
fn a_record_that_rots_is_found_out_when_it_is_read() {
    let simulation = simulation(2, Handlers { start: five_records, ..IDLE })
        .fault(Fault::crash("all").restart_after(ms(5)).at(ms(20)));
    let rotten = simulation.clone().fault(Fault::corrupt_record("n0").at(ms(10)));
    let found = |simulation: &Simulation<Node>, seed, who| -> Vec<u64> {
        numbers(&simulation.trace(seed), n(who)).into_iter().map(|(_, record)| record).collect()
    };
    let mut places = std::collections::BTreeSet::new();
    for seed in 0..60 {
        let records = found(&rotten, seed, 0);
        assert_eq!((records.len(), records.iter().filter(|record| **record == 99).count()), (5, 1));
        places.insert(records.iter().position(|record| *record == 99));
        assert_eq!(found(&rotten, seed, 1), [1, 2, 3, 4, 5]);
    }
    assert_eq!(places.len(), 5, "any of them");
    assert_eq!(found(&simulation, 0, 0), [1, 2, 3, 4, 5]);
    let only_rot = crate::common::simulation(1, Handlers { start: five_records, ..IDLE });
    let only_rot = only_rot.fault(Fault::corrupt_record("n0").at(ms(10)));
    assert_eq!(crate::common::saw(&only_rot.trace(0)).len(), 0, "nobody has read it");
    check_replays(&rotten, 10);
}

/// At 10, 20, 30 ms it writes, syncs, and announces the timer when that is done.
fn writer(_: &mut Node, timer: u64, ctx: &mut Ctx<'_>) {
    ctx.disk().append(timer);
    ctx.disk().sync();
    ctx.emit(Event::Saw(timer));
}

fn at_10_20_30(_: &mut Node, ctx: &mut Ctx<'_>) {
    [10, 20, 30].into_iter().for_each(|timer| set(timer, ms(timer), ctx));
}

fn note_disk(_: &mut Node, event: DiskEvent, ctx: &mut Ctx<'_>) {
    ctx.emit(Event::Saw(match event {
        DiskEvent::Synced(token) => token.0,
        DiskEvent::Failed(None) => 500,
        DiskEvent::Failed(Some(token)) => 500 + token.0,
        _ => 600,
    }));
}

const WRITER: Handlers = Handlers { start: at_10_20_30, timer: writer, disk: note_disk, ..IDLE };

#[test]
fn a_barrier_that_fails_lets_nothing_behind_it_happen() {
    let simulation = simulation(2, WRITER).disk(disk(2));
    let faulty = simulation.clone().fault(Fault::failing_sync("n0").at(ms(15)).lasting(ms(10)));
    assert_eq!(numbers(&faulty.trace(0), n(0)), [(12, 10), (22, 500), (32, 30)]);
    assert_eq!(numbers(&faulty.trace(0), n(1)), [(12, 10), (22, 20), (32, 30)]);
    assert_eq!(numbers(&simulation.trace(0), n(0)), [(12, 10), (22, 20), (32, 30)]);
    check_replays(&faulty, 5);
}

/// A power loss right after shows what the sync was worth, and what a later one makes good.
#[test]
fn what_a_failed_sync_was_to_cover_is_not_durable_until_a_later_one_covers_it() {
    fn recover(node: &mut Node, ctx: &mut Ctx<'_>) {
        ctx.disk().records().iter().for_each(|r| ctx.emit(Event::Saw(900 + r.readable().copied().unwrap_or(99))));
        at_10_20_30(node, ctx);
    }
    let power_loss = Fault::crash("n0").power_loss().restart_after(ms(1));
    let found = |crash_at| {
        let simulation = simulation(1, Handlers { start: recover, ..WRITER }).disk(disk(2)).run_for(ms(45));
        let simulation = simulation.fault(Fault::failing_sync("n0").at(ms(15)).lasting(ms(10)));
        let simulation = simulation.fault(power_loss.clone().at(ms(crash_at)));
        let least =
            (0..40).map(|seed| crate::common::saw(&simulation.trace(seed)).into_iter().filter(|n| *n > 900).count());
        least.min()
    };
    assert_eq!((found(14), found(25), found(35)), (Some(1), Some(1), Some(3)));
}

#[test]
fn a_sync_in_the_background_that_fails_says_which_it_was() {
    fn timer(_: &mut Node, timer: u64, ctx: &mut Ctx<'_>) {
        ctx.disk().append(timer);
        ctx.disk().sync_then(SyncToken(timer));
        ctx.emit(Event::Saw(timer + 1));
    }
    let simulation = simulation(1, Handlers { timer, ..WRITER }).disk(disk(2));
    let faulty = simulation.clone().fault(Fault::failing_sync("n0").at(ms(15)).lasting(ms(6)));
    let expected = [(10, 11), (12, 10), (20, 21), (22, 520), (30, 31), (32, 30)];
    assert_eq!(numbers(&faulty.trace(0), n(0)), expected, "although the fault is over when it ends");
    assert!(!crate::common::saw(&simulation.trace(0)).contains(&520));
}

#[test]
fn a_part_of_the_syncs_fails() {
    fn timer(node: &mut Node, timer: u64, ctx: &mut Ctx<'_>) {
        set(timer, ms(1), ctx);
        writer(node, 1, ctx);
    }
    let handlers = Handlers { start: |_, ctx| set(0, ms(1), ctx), timer, ..WRITER };
    let rate = Probability::ratio(1, 4);
    let kind = Fault::failing_sync("n0").rate(rate);
    let simulation = simulation(1, handlers).disk(disk(0)).run_for(ms(1000)).fault(kind);
    let failed = crate::common::saw(&simulation.trace(0)).into_iter().filter(|number| *number == 500).count();
    assert!((200..300).contains(&failed), "{failed} of 1000");
    check_replays(&simulation, 3);
}

#[test]
fn a_node_that_does_not_handle_it_stops_and_boots_again() {
    let stopping = Handlers { disk: stop_on_disk_fault, ..WRITER };
    let failing = || Fault::failing_sync("n0");
    let run = |failing: Draft<FailingSync>, lasts| {
        let simulation = simulation(2, stopping).disk(disk(2)).run_for(ms(60)).heal_at(ms(50));
        simulation.fault(failing.at(ms(15)).lasting(ms(lasts))).trace(0)
    };
    let trace = run(failing().restart_after(ms(3)), 10);
    assert_eq!((halts(&trace), boots(&trace)), (vec![(22, 0)], vec![(25, 0)]));
    let trace = run(failing(), 10);
    assert_eq!((halts(&trace), boots(&trace)), (vec![(22, 0)], vec![(50, 0)]));
    let trace = run(failing().restart_after(ms(3)), 6);
    assert_eq!((halts(&trace), boots(&trace)), (vec![(22, 0)], vec![(25, 0)]), "the fault was over before the sync");
}

/// A node that stops for another reason while its disk is bad is not brought back.
#[test]
fn only_a_node_that_stopped_over_its_disk_boots_again() {
    let handlers = Handlers { timer: |_, _, ctx| ctx.halt("enough"), ..WRITER };
    let trace = simulation(1, handlers).fault(Fault::failing_sync("n0").restart_after(ms(3)).at(ms(5))).trace(0);
    assert_eq!((halts(&trace), boots(&trace)), (vec![(10, 0)], vec![]));
}

fn records(trace: &Trace) -> usize {
    count(trace, |kind| matches!(kind, TraceKind::Write { .. }))
}

#[test]
fn a_full_disk_takes_no_record_and_what_was_to_follow_does_not_happen() {
    fn timer(_: &mut Node, timer: u64, ctx: &mut Ctx<'_>) {
        ctx.emit(Event::Saw(timer));
        ctx.disk().append(timer);
        ctx.emit(Event::Saw(timer + 1));
    }
    let simulation = simulation(2, Handlers { timer, ..WRITER });
    let faulty = simulation.clone().fault(Fault::full_disk("n0").at(ms(15)).lasting(ms(10)));
    let trace = faulty.trace(0);
    assert_eq!(numbers(&trace, n(0)), [(10, 10), (10, 11), (20, 20), (20, 600), (30, 30), (30, 31)]);
    assert_eq!(numbers(&trace, n(1)).len(), 6);
    assert_eq!((records(&trace), records(&simulation.trace(0))), (5, 6));
    check_replays(&faulty, 5);
}

#[test]
fn a_full_disk_lets_a_node_make_room() {
    fn make_room(_: &mut Node, event: DiskEvent, ctx: &mut Ctx<'_>) {
        if event == DiskEvent::Full {
            ctx.disk().truncate(0);
            ctx.disk().sync();
            ctx.emit(Event::Saw(700));
        }
    }
    let simulation = simulation(1, Handlers { disk: make_room, ..WRITER }).disk(disk(2));
    let trace = simulation.fault(Fault::full_disk("n0").at(ms(15)).lasting(ms(10))).trace(0);
    assert_eq!((numbers(&trace, n(0)), halts(&trace)), (vec![(12, 10), (22, 700), (32, 30)], vec![]));
}

/// The node hears which write it was, in the middle of its step, and what it does about it comes first.
#[test]
fn a_write_that_may_be_refused_is_named_and_the_rest_of_the_step_goes_on() {
    fn timer(_: &mut Node, timer: u64, ctx: &mut Ctx<'_>) {
        ctx.emit(Event::Saw(timer));
        ctx.disk().try_append(timer, WriteToken(1));
        ctx.emit(Event::Saw(timer + 1));
        ctx.disk().try_replace(vec![timer; 9], WriteToken(2));
        ctx.disk().truncate(2);
        ctx.emit(Event::Saw(timer + 2));
    }
    fn hear(_: &mut Node, event: DiskEvent, ctx: &mut Ctx<'_>) {
        let DiskEvent::Refused(WriteToken(token)) = event else { panic!("{event:?}") };
        ctx.emit(Event::Saw(700 + token));
    }
    let simulation = simulation(2, Handlers { timer, disk: hear, ..WRITER });
    let faulty = simulation.clone().fault(Fault::full_disk("n0").at(ms(15)).lasting(ms(10)));
    let trace = faulty.trace(0);
    let seen: Vec<u64> = numbers(&trace, n(0)).into_iter().map(|(_, number)| number).collect();
    assert_eq!(seen, [10, 11, 12, 20, 701, 21, 702, 22, 30, 31, 32]);
    assert!(halts(&trace).is_empty());
    // Of each step of a node all three writes are done, or, where the disk is full, the last alone.
    assert_eq!((records(&trace), records(&simulation.trace(0))), (16, 18));
    check_replays(&faulty, 5);
}

/// A crash in the middle of such a step falls between any two of its effects, and is recorded as any other.
#[test]
fn a_crash_falls_into_a_step_whose_write_was_refused() {
    fn timer(_: &mut Node, timer: u64, ctx: &mut Ctx<'_>) {
        ctx.disk().try_append(timer, WriteToken(1));
        (0..3).for_each(|number| ctx.emit(Event::Saw(timer + number)));
    }
    fn hear(_: &mut Node, _: DiskEvent, ctx: &mut Ctx<'_>) {
        ctx.emit(Event::Saw(701));
    }
    let simulation = simulation(1, Handlers { timer, disk: hear, ..WRITER })
        .fault(Fault::full_disk("n0").at(ms(15)).lasting(ms(10)))
        .fault(Fault::crash("n0").mid_step().at(ms(16)).restart_after(ms(1)));
    check_replays(&simulation, 40);
    let mut cut: Vec<usize> = (0..40).map(|seed| numbers(&simulation.trace(seed), n(0)).len()).collect();
    cut.sort_unstable();
    cut.dedup();
    assert!(cut.len() >= 4, "it falls before the write, behind it, and between what follows: {cut:?}");
}

#[test]
fn a_node_that_writes_on_although_its_disk_is_full_is_stopped() {
    let stops = |disk: fn(&mut Node, DiskEvent, &mut Ctx<'_>)| {
        let simulation = simulation(1, Handlers { disk, ..WRITER }).run_for(ms(60));
        let trace = simulation.fault(Fault::full_disk("n0").restart_after(ms(4)).at(ms(15)).lasting(ms(10))).trace(0);
        (halts(&trace), boots(&trace))
    };
    let stopped = (vec![(20, 0)], vec![(24, 0)]);
    assert_eq!(stops(|_, _, ctx| ctx.disk().append(1)), stopped);
    assert_eq!(stops(|_, _, ctx| ctx.disk().replace(vec![1, 2])), stopped);
    assert_eq!(stops(|_, _, ctx| ctx.disk().try_append(1, WriteToken(0))), stopped);
    assert_eq!(stops(stop_on_disk_fault), stopped);
    assert_eq!(stops(|_, _, ctx| ctx.disk().replace(vec![1])), (vec![], vec![]), "it is no longer than before");
    assert_eq!(stops(|_, _, _| {}), (vec![], vec![]));
}

/// A crash waits for the effects behind a sync; the sync fails, and its node would do less than was
/// to be cut off. It falls then, and the next crash finds its own place.
#[test]
fn a_crash_behind_a_sync_that_fails_falls_with_it() {
    fn timer(_: &mut Node, timer: u64, ctx: &mut Ctx<'_>) {
        ctx.disk().append(timer);
        ctx.disk().sync();
        (0..4).for_each(|number| ctx.send(n(1), Message::Ping(number)));
    }
    let handlers = Handlers { timer, ..WRITER };
    let mid_step = Fault::crash("n0").mid_step().restart_after(ms(1));
    let simulation = simulation(2, handlers)
        .disk(disk(2))
        .network(constant(ms(1)))
        .fault(Fault::failing_sync("n0").at(ms(5)).lasting(ms(10)))
        .fault(mid_step.clone().at(ms(5)))
        .fault(mid_step.at(ms(16)));
    check_replays(&simulation, 40);
    for seed in 0..40 {
        let crashes = events(&simulation.trace(seed), |kind| matches!(kind, TraceKind::Crash { .. }));
        assert_eq!(crashes.len(), 2, "{crashes:?}");
        assert!(crashes[0].0 <= 12);
    }
}

/// A step in which a crash was to fall stops its node itself: the next crash is another.
#[test]
fn a_crash_in_a_step_that_stops_itself_is_spent() {
    fn timer(_: &mut Node, _: u64, ctx: &mut Ctx<'_>) {
        ctx.emit(Event::Saw(1));
        ctx.halt("enough");
        ctx.emit(Event::Saw(2));
    }
    let mid_step = |at| Fault::crash("n0").mid_step().restart_after(ms(1)).at(ms(at));
    let simulation = simulation(1, Handlers { timer, ..WRITER })
        .fault(mid_step(5))
        .fault(Fault::restart("n0").at(ms(15)))
        .fault(mid_step(16))
        .run_for(ms(100));
    check_replays(&simulation, 40);
}

#[test]
fn a_slow_disk_is_slow_while_it_lasts() {
    let slow = Fault::slow_disk("n0", ms(6), ms(7));
    let simulation = simulation(2, WRITER).disk(disk(2)).fault(slow.at(ms(15)).lasting(ms(10)));
    let times =
        |seed, who| numbers(&simulation.trace(seed), n(who)).into_iter().map(|(time, _)| time).collect::<Vec<_>>();
    for seed in 0..10 {
        assert_eq!((times(seed, 0)[0], times(seed, 0)[2]), (12, 32));
        assert!((26..=27).contains(&times(seed, 0)[1]));
        assert_eq!(times(seed, 1), [12, 22, 32]);
    }
    assert_eq!(simulation.run(0).summary.faults[0].ended, Some(at(25)));
    check_replays(&simulation, 10);
}

/// What becomes of a write whose sync failed, once a later sync has succeeded and the power has failed.
#[test]
fn what_a_failed_sync_was_to_cover_may_be_gone_or_a_phantom() {
    fn recover(node: &mut Node, ctx: &mut Ctx<'_>) {
        ctx.disk().records().iter().for_each(|r| ctx.emit(Event::Saw(900 + r.readable().copied().unwrap_or(99))));
        if ctx.now() < at(1) {
            at_10_20_30(node, ctx);
        }
    }
    let of = |writes, crash: Draft<Crash>| {
        let failing = Fault::failing_sync("n0").writes(writes);
        let crash = crash.restart_after(ms(1));
        let start: fn(&mut Node, &mut Ctx<'_>) = recover;
        let simulation = simulation(1, Handlers { start, ..WRITER }).disk(disk(1)).run_for(ms(60));
        let simulation = simulation.fault(failing.at(ms(15)).lasting(ms(10))).fault(crash.at(ms(40)));
        check_replays(&simulation, 3);
        let saw = crate::common::saw(&simulation.trace(0));
        saw.into_iter().filter(|number| *number >= 900).map(|number| number - 900).collect::<Vec<u64>>()
    };
    use sim_core::FailedWrites::{Gone, Phantom, Unsynced};
    let process = |writes| of(writes, Fault::crash("n0"));
    let power = |writes| of(writes, Fault::crash("n0").power_loss());
    assert_eq!(
        [process(Unsynced), process(Gone), process(Phantom)],
        [vec![10, 20, 30], vec![10, 30], vec![10, 20, 30]]
    );
    assert_eq!([power(Unsynced), power(Gone), power(Phantom)], [vec![10, 20, 30], vec![10, 30], vec![10, 99, 30]]);
}

#[test]
fn a_node_that_cannot_read_a_record_is_told_instead_of_being_started() {
    fn stop(_: &mut Node, event: DiskEvent, ctx: &mut Ctx<'_>) {
        if let DiskEvent::ReadFailed { record } = event {
            ctx.emit(Event::Saw(500 + record));
            ctx.halt("a record could not be read");
        }
    }
    let read_error = |rate| Fault::read_error("n0").rate(rate).restart_after(ms(5));
    let of = |rate| {
        simulation(2, Handlers { start: five_records, disk: stop, ..IDLE })
            .run_for(ms(60))
            .fault(read_error(rate).at(ms(10)).lasting(ms(20)))
            .fault(Fault::crash("all").restart_after(ms(5)).at(ms(20)))
    };
    let simulation = of(Probability::ALWAYS);
    let mut places = std::collections::BTreeSet::new();
    for seed in 0..40 {
        let trace = simulation.trace(seed);
        assert_eq!(boots(&trace), [(25, 0), (25, 1), (30, 0)], "it tries again, and the fault is over");
        let saw = numbers(&trace, n(0));
        assert_eq!(saw.len(), 6, "{saw:?}");
        places.insert(saw[0].1);
        assert_eq!(saw[1..].iter().map(|(_, record)| *record).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
        assert!(simulation.run(seed).summary.verdict.is_passed(), "it may stop itself for that");
    }
    assert_eq!(places, (500..505).collect());
    check_replays(&of(Probability::ratio(1, 2)), 10);
}

/// A sync that began before the heal fails after it, and whoever does not look into it stops. A
/// node of the core boots again at once, whatever the fault said of that; the others stay down.
#[test]
fn a_repaired_node_that_stops_over_an_old_failure_boots_again() {
    fn start(_: &mut Node, ctx: &mut Ctx<'_>) {
        set(10, ms(10), ctx);
    }
    let simulation = simulation(3, Handlers { start, disk: stop_on_disk_fault, ..WRITER })
        .disk(disk(15))
        .heal_at(ms(20))
        .run_for(ms(100));
    let sorted = |mut events: Vec<(u64, u32)>| {
        events.sort_unstable();
        events
    };
    for failing in [Fault::failing_sync("all"), Fault::failing_sync("all").restart_after(ms(1000))] {
        let faulty = simulation.clone().fault(failing.at(ms(5)));
        let trace = faulty.clone().heal_core(["n0", "n1"]).trace(0);
        assert_eq!(sorted(halts(&trace)), [(25, 0), (25, 1), (25, 2)]);
        assert_eq!(sorted(boots(&trace)), [(25, 0), (25, 1)]);
        assert_eq!(sorted(boots(&faulty.trace(0))), [(25, 0), (25, 1), (25, 2)]);
        check_replays(&faulty, 3);
    }
}
