//! Whether a run was inside of what its protocol takes for granted, told from what happened in it,
//! and what that excuses.

use crate::common::{
    Ctx, Event, Handlers, IDLE, Message, Node, crash, fault, ms, node, set, simulation, stop_on_disk_fault,
};
use sim_core::{
    Assumption, Breach, ClockProfile, CrashMoment, CrashSeverity, CutMode, Fault, FaultFamily, FaultKind, FaultModel,
    Latency, LinkProfile, LinkTrouble, MessageFilter, Milestone, Nemesis, Probability, Property, PropertyClass, Rhythm,
    Selector, Simulation, Step, World,
};

/// Two nodes that write a record each, and then three more each millisecond up to ten.
fn assuming(assumption: Assumption) -> Simulation<Node> {
    let handlers = Handlers {
        start: |_, ctx| set(0, ms(1), ctx),
        timer: |node, timer, ctx| {
            node.memory += 1;
            if node.memory < 10 {
                ctx.disk().append(node.memory);
                ctx.disk().sync();
                set(timer, ms(1), ctx);
            }
        },
        ..IDLE
    };
    simulation(3, handlers).run_for(ms(100)).model(FaultModel::of(vec![assumption]))
}

/// What broke the assumption in a run with this fault at 50 ms.
fn broken(assumption: Assumption, kind: FaultKind) -> Option<String> {
    broken_by(assumption, fault(50, kind))
}

fn broken_by(assumption: Assumption, fault: Fault) -> Option<String> {
    let outside = assuming(assumption).fault(fault).run(0).summary.outside;
    assert!(outside.liveness.is_empty());
    outside.safety.into_iter().next()
}

fn wiping(moment: CrashMoment) -> FaultKind {
    let (targets, severity) = (node(0), CrashSeverity::Process);
    FaultKind::Crash { targets, severity, moment, restart_after: Some(ms(1)), wiped: true }
}

fn corrupt() -> FaultKind {
    FaultKind::CorruptRecord { targets: node(0) }
}

#[test]
fn disks_are_durable_until_something_durable_is_destroyed() {
    let of = |kind| broken(Assumption::DurableDisks, kind);
    let wiped = "durable records stay readable under the same identity, but there was a wiped_crash fault";
    assert_eq!(of(wiping(CrashMoment::AtOnce)).as_deref(), Some(wiped));
    assert!(of(corrupt()).expect("broken").ends_with("there was a corrupt_record fault"));
    assert_eq!(of(crash(node(0), None)), None);
    let (targets, severity, moment) = (node(0), CrashSeverity::ReorderingPowerLoss, CrashMoment::AtOnce);
    assert_eq!(of(FaultKind::Crash { targets, severity, moment, restart_after: None, wiped: false }), None);
}

/// Declared, and even begun, is not done.
#[test]
fn what_destroys_nothing_breaks_nothing() {
    let of = |fault| broken_by(Assumption::DurableDisks, fault);
    assert_eq!(of(Fault::after(Milestone::event("Saw", 1), wiping(CrashMoment::AtOnce))), None, "it never begins");
    assert_eq!(of(fault(50, wiping(CrashMoment::MidStep))), None, "its step never comes");
    assert_eq!(of(fault(0, wiping(CrashMoment::AtOnce))), None, "there is nothing on the disk");
    assert_eq!(of(fault(0, corrupt())), None, "there is nothing to corrupt");
    let simulation = assuming(Assumption::DurableDisks).fault(fault(40, crash(node(0), None)));
    let down = simulation.fault(fault(50, wiping(CrashMoment::AtOnce))).run(0).summary;
    assert_eq!(down.outside.safety.len(), 0, "its target is down");
}

#[test]
fn clocks_may_drift_as_far_as_is_allowed() {
    let of = |ppm| broken(Assumption::ClockRate { ppm: 200 }, FaultKind::Drift { targets: node(0), ppm });
    assert_eq!((of(200), of(-200)), (None, None));
    assert!(of(201).is_some() && of(-201).is_some());
    let wrong = |drift_ppm| {
        let clocks = ClockProfile { drift_ppm, ..ClockProfile::default() };
        assuming(Assumption::ClockRate { ppm: 200 }).clocks(clocks).run(0).summary.outside.safety.len()
    };
    assert_eq!((wrong(200), wrong(201)), (0, 1));
    let jump = FaultKind::ClockJump { targets: node(0), by: ms(5), backward: false };
    assert_eq!(broken(Assumption::ClockRate { ppm: 0 }, jump.clone()), None);
    assert!(broken(Assumption::SteadyWallClocks, jump.clone()).is_some());
    let waiting = Fault::after(Milestone::event("Saw", 1), jump);
    assert_eq!(broken_by(Assumption::SteadyWallClocks, waiting), None);
    assert_eq!(broken(Assumption::SteadyWallClocks, FaultKind::Drift { targets: node(0), ppm: 9 }), None);
}

#[test]
fn so_many_nodes_may_be_down_at_a_time() {
    let of = |kind| broken(Assumption::DownAtMost(1), kind);
    assert_eq!(of(crash(node(0), None)), None);
    let two = of(crash(Selector::Random(2), None));
    assert_eq!(two.as_deref(), Some("at most 1 nodes are down at a time, but 2 were down"));
    let rolling = |apart, down| {
        broken_by(Assumption::DownAtMost(1), fault(50, crash(Selector::All, Some(ms(down)))).one_by_one(ms(apart)))
    };
    assert_eq!(rolling(5, 4), None);
    assert!(rolling(5, 6).is_some());
    assert_eq!(of(FaultKind::Pause { targets: Selector::All }), None);
    let full = FaultKind::FullDisk { targets: Selector::All, restart_after: None };
    let stops = Handlers { start: |_, ctx| ctx.disk().append(1), disk: stop_on_disk_fault, ..IDLE };
    let model = FaultModel::of(vec![Assumption::DownAtMost(1)]);
    let stopped =
        simulation(3, stops).model(model).fault(fault(0, full)).fault(fault(5, crash(Selector::All, Some(ms(1)))));
    assert_eq!(stopped.run(0).summary.outside.safety.len(), 1);
    let joining = assuming(Assumption::DownAtMost(0)).fault(fault(50, FaultKind::Join { targets: node(2) }));
    assert_eq!(joining.run(0).summary.outside.safety.len(), 0, "who is not there yet is not down");
}

#[test]
fn a_system_is_synchronous_while_nothing_is_late() {
    let of = |kind| broken(Assumption::Synchronous { within: ms(10) }, kind).is_some();
    let late = Latency::Constant(ms(1));
    let links = |trouble| of(FaultKind::links(Selector::All, trouble));
    assert!(links(LinkTrouble { delay: Some(late), ..LinkTrouble::default() }));
    assert!(!links(LinkTrouble { duplicate: Probability::ALWAYS, ..LinkTrouble::default() }));
    assert!(of(FaultKind::OneWay { from: node(0), to: node(1), mode: CutMode::Hold }));
    assert!(of(FaultKind::Omission { from: Some(node(0)), to: None, messages: MessageFilter::ALL }));
    assert!(of(FaultKind::Pause { targets: node(0) }) && of(FaultKind::late_timers(node(0), late)));
    assert!(!of(crash(node(0), None)), "who is down need not be in time");
    let with = |network: LinkProfile| {
        let simulation = assuming(Assumption::Synchronous { within: ms(10) }).network(network);
        simulation.run(0).summary.outside.safety.is_empty()
    };
    let latency = |latency| with(LinkProfile { latency, ..LinkProfile::default() });
    assert!(latency(Latency::Uniform(ms(1), ms(10))) && !latency(Latency::Uniform(ms(1), ms(11))));
    assert!(!latency(Latency::Exponential { floor: ms(1), mean: ms(1) }));
    assert!(!with(LinkProfile { loss: Probability::ratio(1, 100), ..LinkProfile::default() }));
}

#[test]
fn links_are_reliable_while_nothing_loses_messages() {
    let of = |kind| broken(Assumption::ReliableLinks, kind).is_some();
    let cut = |mode| FaultKind::OneWay { from: node(0), to: node(1), mode };
    assert_eq!((of(cut(CutMode::Drop)), of(cut(CutMode::Hold))), (true, false));
    let omission = |messages| FaultKind::Omission { from: Some(node(0)), to: None, messages };
    assert!(of(omission(MessageFilter::ALL)) && !of(omission(MessageFilter::rate(Probability::NEVER))));
    let nth = MessageFilter { nth: vec![3], ..MessageFilter::rate(Probability::NEVER) };
    assert!(of(omission(nth)));
    let links = |trouble| FaultKind::links(node(0), trouble);
    assert!(of(links(LinkTrouble { loss: Probability::ratio(1, 9), ..LinkTrouble::default() })));
    assert!(!of(links(LinkTrouble { delay: Some(Latency::Constant(ms(9))), ..LinkTrouble::default() })));
    assert!(!of(crash(node(0), None)));
    assert_eq!(
        broken_by(Assumption::ReliableLinks, Fault::after(Milestone::event("Saw", 1), cut(CutMode::Drop))),
        None
    );
    let lossy = LinkProfile { loss: Probability::ratio(1, 9), ..LinkProfile::default() };
    assert_eq!(assuming(Assumption::ReliableLinks).network(lossy).run(0).summary.outside.safety.len(), 1);
}

#[test]
fn links_that_never_keep_to_the_model_are_refused() {
    let links = |fifo, connections| LinkProfile { fifo, connections, ..LinkProfile::default() };
    let all = [links(false, false), links(true, false), links(false, true), links(true, true)];
    let refused = |assumption| all.map(|links| assuming(assumption).network(links).validate().is_err());
    assert_eq!(refused(Assumption::OrderedLinks), [true, true, true, false]);
    assert_eq!(refused(Assumption::ReliableLinks), [false; 4]);
}

#[test]
fn links_that_repeat_messages_keep_their_order() {
    let ordered = LinkProfile { fifo: true, connections: true, ..LinkProfile::default() };
    let trouble = LinkTrouble { duplicate: Probability::ALWAYS, ..LinkTrouble::default() };
    let links = fault(50, FaultKind::links(node(0), trouble));
    let simulation = assuming(Assumption::OrderedLinks).network(ordered).fault(links);
    assert_eq!(simulation.run(0).summary.outside.safety, [""; 0]);
}

/// Sees node 0 boot again.
#[derive(Debug)]
struct Rebooted(PropertyClass);

impl Property<Node> for Rebooted {
    fn class(&self) -> PropertyClass {
        self.0
    }

    fn after_step(&mut self, world: &World<'_, Node>, step: &Step<'_, Node>) -> Result<(), Breach> {
        let incarnation = world.incarnation(step.process);
        if incarnation > 1 { Err(Breach::new([], format!("{incarnation}"))) } else { Ok(()) }
    }
}

#[test]
fn a_violation_is_excused_by_a_broken_assumption_of_its_own_class() {
    let excuse = |class, model: FaultModel, down| {
        let simulation = simulation(3, IDLE).model(model).property("Rebooted", move || Rebooted(class));
        let summary = simulation.fault(fault(10, crash(Selector::Random(down), Some(ms(1))))).run(0).summary;
        let violation = summary.verdict.violation().expect("a violation");
        assert_eq!((violation.class, summary.outside.of(class)), (class, summary.excuse()));
        summary.excuse().len()
    };
    let one = || vec![Assumption::DownAtMost(1)];
    let safety = || FaultModel::of(one());
    let liveness = || FaultModel::of(Vec::new()).live(one());
    assert_eq!((excuse(PropertyClass::Safety, safety(), 2), excuse(PropertyClass::Safety, safety(), 1)), (1, 0));
    assert_eq!((excuse(PropertyClass::Safety, liveness(), 2), excuse(PropertyClass::Liveness, liveness(), 2)), (0, 1));
    assert_eq!(excuse(PropertyClass::Liveness, FaultModel::default(), 3), 0, "what is not listed it survives");
}

#[test]
fn a_run_without_a_violation_has_no_excuse() {
    let model = FaultModel::of(vec![Assumption::DownAtMost(0)]);
    let summary = simulation(3, IDLE).model(model).fault(fault(10, crash(node(0), None))).run(0).summary;
    assert_eq!((summary.outside.safety.len(), summary.excuse().len()), (1, 0));
}

/// Nodes that stop over every failure of their disks, under a nemesis that must keep two of three up.
#[test]
fn a_restricted_nemesis_keeps_within_the_model() {
    let handlers = Handlers {
        start: |_, ctx| set(0, ms(1), ctx),
        timer: |node, timer, ctx| {
            set(timer, ms(2), ctx);
            node.memory += 1;
            ctx.broadcast(Message::Ping(1));
            ctx.disk().append(node.memory);
            ctx.disk().sync();
            ctx.emit(if node.memory.is_multiple_of(7) { Event::Elected } else { Event::Saw(1) });
        },
        disk: stop_on_disk_fault,
        ..IDLE
    };
    let rhythm = Rhythm { between: ms(60), lasts: ms(30) };
    let families = [FaultFamily::Disk, FaultFamily::Clock, FaultFamily::Pause].map(|family| (family, rhythm)).into();
    let run = |unrestricted, seed| {
        let assumptions = vec![Assumption::DownAtMost(1), Assumption::ClockRate { ppm: 300 }];
        let nemesis = Nemesis {
            families: std::collections::BTreeMap::clone(&families),
            byzantine: None,
            swarm: true,
            unrestricted,
        };
        simulation(3, handlers)
            .model(FaultModel::of(assumptions))
            .nemesis(nemesis)
            .heal_at(ms(900))
            .run_for(ms(1000))
            .run(seed)
            .summary
            .outside
            .safety
    };
    let outside = |unrestricted| (0..40).filter(|seed| !run(unrestricted, *seed).is_empty()).count();
    assert_eq!(outside(false), 0, "{:?}", (0..40).map(|seed| run(false, seed)).collect::<Vec<_>>());
    assert!(outside(true) > 10);
}

/// Faults that keep to the model, also those that milestones place: what would be too much is
/// withheld, and told.
#[test]
fn a_blow_that_would_exceed_the_model_is_withheld_and_recorded() {
    let all = || fault(10, crash(Selector::All, Some(ms(50)))).within_model();
    let milestone = Milestone::event("Elected", 1);
    let placed = Fault::after(milestone, crash(node(2), Some(ms(50)))).within_model();
    let announces =
        Handlers { start: |_, ctx| set(0, ms(20), ctx), timer: |_, _, ctx| ctx.emit(Event::Elected), ..IDLE };
    let with = |most: u32| {
        let model = FaultModel::of(vec![Assumption::DownAtMost(most)]);
        let simulation = simulation(3, announces).model(model).run_for(ms(100));
        simulation.fault(all()).fault(placed.clone()).run(0).summary
    };
    let told = |summary: &sim_core::Summary| summary.faults.iter().map(|fault| fault.withheld).collect::<Vec<_>>();
    for (most, withheld) in [(0, [3, 1]), (1, [2, 1]), (2, [1, 1])] {
        let summary = with(most);
        assert_eq!((told(&summary), summary.outside.safety.len()), (withheld.to_vec(), 0), "at most {most}");
    }
    // The one that is up may crash when nobody else is down.
    let model = FaultModel::of(vec![Assumption::DownAtMost(1)]);
    let alone = simulation(3, announces).model(model).fault(placed).run(0).summary;
    assert_eq!((told(&alone), alone.faults[0].blows, alone.outside.safety.len()), (vec![0], 1, 0));
}

#[test]
fn a_node_that_never_fails_is_spared_by_the_nemesis_and_missed_where_it_stops() {
    let spared = Assumption::NeverFails(crate::common::n(0));
    assert_eq!(broken(spared, crash(node(1), Some(ms(1)))), None);
    assert_eq!(broken(spared, crash(node(0), Some(ms(1)))), Some("n0 never stops, but it did".to_owned()));
    let rhythm = Rhythm { between: ms(5), lasts: ms(2) };
    let nemesis =
        Nemesis { families: [(FaultFamily::Crash, rhythm)].into(), byzantine: None, swarm: false, unrestricted: false };
    let simulation = assuming(spared).nemesis(nemesis);
    let summaries: Vec<_> = (0..20).map(|seed| simulation.run(seed).summary).collect();
    assert!(summaries.iter().all(|summary| summary.outside.safety.is_empty()));
    let withheld: u32 = summaries.iter().flat_map(|summary| &summary.faults).map(|fault| fault.withheld).sum();
    assert!(withheld > 10, "{withheld}");
}

/// A node that writes 1 to 5, one by one, must find no fewer records when it boots again.
#[test]
fn what_the_model_excuses_is_told_and_the_run_goes_on_if_it_is_to_be_followed() {
    let start: fn(&mut Node, &mut Ctx<'_>) = |_, ctx| {
        let found = ctx.disk().records().len() as u64;
        ctx.emit(Event::Saw(found));
        ctx.disk().append(found);
        ctx.disk().sync();
    };
    let crash = |at, wiped| {
        let (severity, moment) = (CrashSeverity::Process, CrashMoment::AtOnce);
        fault(at, FaultKind::Crash { targets: node(0), severity, moment, restart_after: Some(ms(1)), wiped })
    };
    let simulation = simulation(1, Handlers { start, ..IDLE })
        .model(FaultModel::of(vec![Assumption::DurableDisks]))
        .property("Never Fewer", || NeverFewer(0))
        .run_for(ms(60))
        .fault(crash(20, true))
        .fault(crash(40, false));
    let stopped = simulation.run(0).summary;
    assert_eq!((stopped.verdict.property(), stopped.excuse().len()), (Some("Never Fewer"), 1));
    let followed = simulation.clone().follow_beyond_model();
    let summary = followed.run(0).summary;
    assert!(summary.verdict.is_passed(), "{}", summary.verdict);
    let excused: Vec<&str> = summary.excused.iter().map(|violation| violation.property.as_str()).collect();
    assert_eq!(excused, ["Never Fewer"], "told once");
    assert_eq!(crate::common::saw(&followed.trace(0)), [0, 0, 1], "and it went on");
    crate::common::check_replays(&followed, 3);
    // Within the model nothing is excused.
    let within = simulation.model(FaultModel::default()).follow_beyond_model().run(0).summary;
    assert_eq!((within.verdict.property(), within.excused.len()), (Some("Never Fewer"), 0));
}

#[derive(Debug)]
struct NeverFewer(u64);

impl Property<Node> for NeverFewer {
    fn after_step(&mut self, _: &World<'_, Node>, step: &Step<'_, Node>) -> Result<(), Breach> {
        for event in step.events {
            if let Event::Saw(found) = event {
                if *found < self.0 {
                    return Err(Breach::new([], "fewer"));
                }
                self.0 = found + 1;
            }
        }
        Ok(())
    }
}
