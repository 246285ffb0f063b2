use sim_core::{
    CrashMoment, CrashSeverity, Duration, Fault, FaultKind, NodeId, Nothing, Selector, Simulation, Time, TraceKind,
};

use super::*;

/// Writes two numbers every millisecond, each the one above the last, and announces them when they are
/// durable.
#[derive(Debug, Default)]
struct Counter {
    journal: Journal,
    count: u32,
}

#[derive(Clone, Debug, PartialEq, serde::Serialize)]
enum Event {
    Found(u32),
    Durable(u32),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
struct Tick;

const MILLISECOND: Duration = Duration::from_millis(1);

impl Protocol for Counter {
    type Message = Nothing;
    type Timer = Tick;
    type Record = u32;
    type Op = Nothing;
    type Reply = Nothing;
    type Event = Event;

    fn on_start(&mut self, ctx: &mut Context<'_, Self>) {
        let mut expected = 1..;
        let Some(records) = self.journal.open_while(ctx, |record| expected.next() == Some(*record)) else { return };
        self.count = records.len() as u32;
        ctx.emit(Event::Found(self.count));
        ctx.set_timer(Tick, MILLISECOND);
    }

    fn on_message(&mut self, _: NodeId, message: Nothing, _: &mut Context<'_, Self>) {
        match message {}
    }

    fn on_timer(&mut self, Tick: Tick, ctx: &mut Context<'_, Self>) {
        for _ in 0..2 {
            self.count += 1;
            self.journal.append(self.count, ctx);
        }
        self.journal.make_durable(ctx);
        ctx.emit(Event::Durable(self.count));
        ctx.set_timer(Tick, MILLISECOND);
    }
}

/// One counter whose process dies in the middle of a step, and whose power fails soon after it is back.
fn crashing(power_loss: CrashSeverity) -> Simulation<Counter> {
    let crash = |severity, moment| FaultKind::Crash {
        targets: Selector::Node(NodeId::node(0)),
        severity,
        moment,
        restart_after: Some(MILLISECOND),
        wiped: false,
        lost: None,
    };
    let at = |millis: u64, kind| Fault::at(Time::ZERO + MILLISECOND * millis, kind);
    Simulation::new(1, |_, _| Counter::default())
        .fault(at(5, crash(CrashSeverity::Process, CrashMoment::MidStep)))
        .fault(at(9, crash(power_loss, CrashMoment::AtOnce)))
        .fault(at(12, crash(power_loss, CrashMoment::MidStep)))
        .run_for(MILLISECOND * 30)
}

/// What it announced, in order.
fn announced(simulation: &Simulation<Counter>, seed: u64) -> Vec<(bool, u32)> {
    let trace = simulation.trace(seed);
    let events = trace.events.iter().filter_map(|event| match &event.kind {
        TraceKind::Announce { event } => Some(event.to_string()),
        _ => None,
    });
    let parse = |text: String| {
        let (kind, count) = text.split_once(' ').expect("a kind and a number");
        (kind == "Found", count.parse().expect("a number"))
    };
    events.map(parse).collect()
}

#[test]
fn what_was_announced_as_durable_or_found_is_found_again() {
    for severity in [CrashSeverity::PowerLoss, CrashSeverity::ReorderingPowerLoss] {
        let (simulation, mut tails) = (crashing(severity), 0);
        for seed in 0..100 {
            let mut durable = 0;
            for (was_found, count) in announced(&simulation, seed) {
                assert!(count >= durable, "{severity:?}, seed {seed}: {count} after {durable}");
                tails += u32::from(was_found && count > durable);
                durable = count;
            }
            assert!(durable > 20, "{severity:?}, seed {seed}: it stopped at {durable}");
        }
        assert!(tails > 0, "{severity:?}: a crash never leaves more than was announced");
    }
}

/// A power loss tears the first record. The boot that cuts it off ends before its sync does, so the next finds nothing;
/// and the torn record may come back with the power loss after that.
#[test]
fn what_was_cut_off_does_not_come_back() {
    let crash = |after: Duration, severity| {
        let targets = Selector::Node(NodeId::node(0));
        let (moment, restart_after) = (CrashMoment::AtOnce, Some(MILLISECOND));
        let kind = FaultKind::Crash { targets, severity, moment, restart_after, wiped: false, lost: None };
        Fault::at(Time::ZERO + after, kind)
    };
    let moment = MILLISECOND / 20;
    let simulation = Simulation::new(1, |_, _| Counter::default())
        .fault(crash(MILLISECOND + moment, CrashSeverity::PowerLoss))
        .fault(crash(MILLISECOND * 2 + moment * 2, CrashSeverity::Process))
        .fault(crash(MILLISECOND * 4 + moment * 3, CrashSeverity::ReorderingPowerLoss))
        .run_for(MILLISECOND * 30);
    for seed in 0..500 {
        let (_, count) = *announced(&simulation, seed).last().expect("it counts");
        assert!(count > 20, "seed {seed}: it stopped at {count}");
    }
}

#[test]
fn a_disk_that_no_crash_leaves_stops_the_node() {
    let rot = FaultKind::CorruptRecord { targets: Selector::Node(NodeId::node(0)) };
    let simulation = crashing(CrashSeverity::PowerLoss).fault(Fault::at(Time::ZERO + MILLISECOND * 8, rot));
    let boots = |seed| announced(&simulation, seed).iter().filter(|(was_found, _)| *was_found).count();
    assert!((0..20).any(|seed| boots(seed) < 4), "a rotten record is never noticed");
}

#[test]
fn nothing_is_waited_for_where_nothing_was_written() {
    let trace = Simulation::new(1, |_, _| Counter::default()).run_for(MILLISECOND / 2).trace(0);
    let found = trace.events.iter().find(|event| matches!(event.kind, TraceKind::Announce { .. }));
    assert_eq!(found.expect("it boots").time, Time::ZERO);
}
