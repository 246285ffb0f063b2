//! Crashes at a place between two effects of a step that is told, and where there are such places.

use std::sync::atomic::AtomicBool;

use crate::common::{Ctx, Event, Handlers, IDLE, Message, Node, ms, n, set, simulation};
use sim_core::{
    Boundary, CrashMoment, CrashSeverity, CrashSite, DiskProfile, Fault, FaultKind, LostWrites, Outcome, Selector,
    Simulation, Survey, Time,
};

/// At 10 ms node 0 sends, writes twice, announces, and writes once more; a timer and a log line lie between.
/// When it boots again, it announces what it finds, and 999 for what it cannot read.
const BUSY: Handlers = Handlers {
    start: |_, ctx| {
        for record in ctx.disk().records() {
            ctx.emit(Event::Saw(record.readable().copied().unwrap_or(999)));
        }
        set(0, ms(10), ctx);
    },
    timer: |_, timer, ctx| {
        if timer == 0 && ctx.me() == n(0) {
            busy(ctx);
        }
    },
    message: |_, _, message, ctx| {
        if let Message::Ping(number) = message {
            ctx.emit(Event::Saw(number));
        }
    },
    ..IDLE
};

fn busy(ctx: &mut Ctx<'_>) {
    ctx.send(n(1), Message::Ping(50));
    ctx.disk().append(1);
    ctx.log(|| "no effect".to_owned());
    ctx.disk().append(2);
    set(7, ms(100), ctx);
    ctx.emit(Event::Saw(60));
    ctx.disk().append(3);
}

fn world() -> Simulation<Node> {
    let disk = DiskProfile { sync: (ms(1), ms(1)), torn_writes: true };
    simulation(2, BUSY).disk(disk).run_for(ms(40))
}

fn run(simulation: &Simulation<Node>, faults: &[Fault], survey: Option<Survey>) -> Outcome<Node> {
    simulation.run_with(1, faults, survey, &AtomicBool::new(false)).expect("nobody stops it")
}

/// The places of node 0.
fn sites(simulation: &Simulation<Node>) -> Vec<CrashSite> {
    let mut sites = run(simulation, &[], Some(Survey::Everywhere)).sites;
    sites.retain(|site| site.node == n(0));
    sites
}

fn power_loss(boundary: Boundary, lost: LostWrites) -> Fault {
    let severity = match lost {
        LostWrites::Last { .. } => CrashSeverity::PowerLoss,
        LostWrites::At(_) => CrashSeverity::ReorderingPowerLoss,
    };
    let (targets, moment) = (Selector::Node(n(0)), CrashMoment::AtOnce);
    let kind =
        FaultKind::Crash { targets, severity, moment, restart_after: Some(ms(5)), wiped: false, lost: Some(lost) };
    Fault::in_step(boundary, kind)
}

/// The effects are counted, and those that a crash does not undo are told apart.
#[test]
fn places_lie_between_effects_that_outlive_a_crash() {
    let sites = sites(&world());
    let places: Vec<(u64, usize)> = sites.iter().map(|site| (site.boundary.after, site.tears.len())).collect();
    // The timer is the fifth effect: behind it nothing is different.
    assert_eq!(places, [(0, 0), (1, 0), (2, 1), (3, 2), (5, 2), (6, 3)]);
    let all_alike = |site: &CrashSite| (site.node, site.incarnation, site.time, site.returns);
    assert!(sites.iter().all(|site| all_alike(site) == (n(0), 1, Time::ZERO + ms(10), true)), "{sites:?}");
}

#[test]
fn a_crash_falls_where_it_is_told_to_and_takes_what_it_is_told_to() {
    let last = |count, torn| LostWrites::Last { count, torn };
    let check = |after, lost: LostWrites, announced_before: &[&str], found: &[u64]| {
        let boundary = Boundary { step: sites(&world())[0].boundary.step, after };
        let simulation = world().fault(power_loss(boundary, lost));
        let outcome = simulation.run_traced(1);
        assert_eq!(outcome.summary.faults[0].began, Some(Time::ZERO + ms(10)));
        let said = outcome.announced();
        let of_node = |node: &str| said.iter().filter(|line| line.starts_with(node)).cloned().collect::<Vec<_>>();
        let mut expected: Vec<String> = announced_before.iter().map(|line| (*line).to_owned()).collect();
        expected.extend(found.iter().map(|record| format!("n0 Saw {record}")));
        let mine = of_node("n0");
        assert_eq!(mine[..expected.len()], expected[..], "{after}: {said:?}");
    };
    check(0, last(0, false), &[], &[]);
    check(2, last(0, false), &[], &[1]);
    check(3, last(1, false), &[], &[1]);
    check(3, last(2, true), &[], &[999]);
    check(5, last(1, true), &["n0 Saw 60"], &[1, 999]);
    check(6, last(9, false), &["n0 Saw 60"], &[]);
    check(6, LostWrites::At(vec![0, 2]), &["n0 Saw 60"], &[2]);
    check(6, LostWrites::At(vec![1]), &["n0 Saw 60"], &[1, 3]);
}

/// Until the crash it is the same run, step by step, and it can be written down.
#[test]
fn a_run_with_a_crash_is_the_run_without_it_until_then() {
    let world = world();
    let before = world.trace(1).to_string();
    for site in sites(&world) {
        let crash = power_loss(site.boundary, LostWrites::Last { count: 0, torn: false });
        let crashed = world.clone().fault(crash.clone());
        let trace = crashed.trace(1).to_string();
        let (same, _) = trace.split_once("fault     0").expect("it falls");
        let same = &same[..same.rfind('\n').expect("something happens before it")];
        assert!(before.starts_with(same), "{:?}:\n{trace}", site.boundary);
        let hash = run(&world, &[crash], None).summary.trace_hash;
        assert_eq!(hash, crashed.run(1).summary.trace_hash);
        let (_, recording) = crashed.record(1);
        assert_eq!(hash, crashed.replaying(recording).run(99).summary.trace_hash);
    }
}

#[test]
fn looking_for_places_changes_no_run() {
    let busy = world().random_faults().heal_at(ms(30));
    for seed in 0..100 {
        let stop = AtomicBool::new(false);
        let surveyed = busy.run_with(seed, &[], Some(Survey::Everywhere), &stop).expect("nobody stops it");
        assert_eq!(surveyed.summary, busy.run(seed).summary, "seed {seed}");
    }
}

#[test]
fn a_recovery_is_the_boot_and_so_many_steps_of_one_node() {
    let first = sites(&world()).pop().expect("there are places");
    let crash = power_loss(first.boundary, LostWrites::Last { count: 1, torn: false });
    let recovery = |steps| {
        let survey = Survey::Recovery { of: n(0), incarnation: 2, steps };
        let outcome = run(&world().run_for(ms(80)), std::slice::from_ref(&crash), Some(survey));
        let mut steps: Vec<u64> = outcome.sites.iter().map(|site| site.boundary.step).collect();
        assert!(outcome.sites.iter().all(|site| (site.node, site.incarnation) == (n(0), 2)));
        steps.dedup();
        (steps.len(), outcome.sites.len())
    };
    // It announces two records, and then does what it did before.
    assert_eq!(recovery(1), (1, 3));
    assert_eq!(recovery(2), (2, 9));
    assert_eq!(recovery(9), (2, 9));
}

/// A second crash of the same node, in its boot.
#[test]
fn crashes_can_follow_one_another() {
    let world = world();
    let first = sites(&world).pop().expect("there are places");
    let crash = power_loss(first.boundary, LostWrites::Last { count: 0, torn: false });
    let survey = Survey::Recovery { of: n(0), incarnation: 2, steps: 1 };
    let recovery = run(&world, std::slice::from_ref(&crash), Some(survey)).sites;
    let second = power_loss(recovery[1].boundary, LostWrites::Last { count: 0, torn: false });
    let said = world.fault(crash).fault(second).run_traced(1).announced();
    let said: Vec<&str> = said.iter().filter_map(|line| line.strip_prefix("n0 ")).collect();
    assert_eq!(said[..6], ["Saw 60", "Saw 1", "Saw 1", "Saw 2", "Saw 3", "Saw 60"], "{said:?}");
}

#[test]
fn what_is_no_crash_of_one_node_falls_into_no_step() {
    let boundary = Boundary { step: 1, after: 0 };
    let check = |fault: Fault, message: &str| {
        let refused = world().fault(fault).validate().expect_err("it makes no sense");
        assert!(refused.1.contains(message), "{refused:?}");
    };
    let crash = |targets| FaultKind::Crash {
        targets,
        severity: CrashSeverity::Process,
        moment: CrashMoment::AtOnce,
        restart_after: None,
        wiped: false,
        lost: None,
    };
    let one = "only a crash of a node by name";
    check(Fault::in_step(boundary, FaultKind::Pause { targets: Selector::Node(n(0)) }), one);
    check(Fault::in_step(boundary, crash(Selector::All)), one);
    check(Fault::in_step(boundary, crash(Selector::Node(n(0)))).repeated(ms(1), None), "does not repeat");
    let lost = |lost, severity| match power_loss(boundary, lost).kind {
        FaultKind::Crash { targets, moment, restart_after, wiped, lost, .. } => {
            Fault::in_step(boundary, FaultKind::Crash { targets, severity, moment, restart_after, wiped, lost })
        }
        _ => unreachable!("it is a crash"),
    };
    check(lost(LostWrites::At(vec![0]), CrashSeverity::PowerLoss), "which writes are lost");
    check(lost(LostWrites::Last { count: 1, torn: false }, CrashSeverity::Process), "which writes are lost");
    check(lost(LostWrites::Last { count: 0, torn: true }, CrashSeverity::PowerLoss), "a record is torn");
}
