//! Whether a run was inside of what its protocol takes for granted, told from what happened in it,
//! and what that excuses.

use crate::common::{Ctx, Event, Handlers, IDLE, Message, Node, ms, set, simulation, stop_on_disk_fault};
use sim_core::draft::{CorruptRecord, Crash, Draft};
use sim_core::{
    Assumption, Breach, ClockProfile, Fault, FaultFamily, FaultModel, Latency, LinkProfile, Milestone, Nemesis,
    Probability, Property, PropertyClass, Rhythm, Selector, Simulation, Step, World,
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
fn broken<K>(assumption: Assumption, fault: Draft<K>) -> Option<String> {
    broken_by(assumption, fault.at(ms(50)))
}

fn broken_by(assumption: Assumption, fault: impl Into<Fault>) -> Option<String> {
    let outside = assuming(assumption).fault(fault).run(0).summary.outside;
    assert!(outside.liveness.is_empty());
    outside.safety.into_iter().next()
}

fn wiping() -> Draft<Crash> {
    Fault::crash("n0").wiped().restart_after(ms(1))
}

fn corrupt() -> Draft<CorruptRecord> {
    Fault::corrupt_record("n0")
}

#[test]
fn disks_are_durable_until_something_durable_is_destroyed() {
    fn of<K>(fault: Draft<K>) -> Option<String> {
        broken(Assumption::DurableDisks, fault)
    }
    let wiped = "durable records stay readable under the same identity, but there was a wiped_crash fault";
    assert_eq!(of(wiping()).as_deref(), Some(wiped));
    assert!(of(corrupt()).expect("broken").ends_with("there was a corrupt_record fault"));
    assert_eq!(of(Fault::crash("n0")), None);
    assert_eq!(of(Fault::crash("n0").reordering_power_loss()), None);
}

/// Declared, and even begun, is not done.
#[test]
fn what_destroys_nothing_breaks_nothing() {
    fn of(fault: impl Into<Fault>) -> Option<String> {
        broken_by(Assumption::DurableDisks, fault)
    }
    assert_eq!(of(wiping().after(Milestone::event("Saw", 1))), None, "it never begins");
    assert_eq!(of(wiping().mid_step().at(ms(50))), None, "its step never comes");
    assert_eq!(of(wiping()), None, "there is nothing on the disk");
    assert_eq!(of(corrupt()), None, "there is nothing to corrupt");
    let simulation = assuming(Assumption::DurableDisks).fault(Fault::crash("n0").at(ms(40)));
    let down = simulation.fault(wiping().at(ms(50))).run(0).summary;
    assert_eq!(down.outside.safety.len(), 0, "its target is down");
}

#[test]
fn clocks_may_drift_as_far_as_is_allowed() {
    let of = |ppm| broken(Assumption::ClockRate { ppm: 200 }, Fault::drift("n0", ppm));
    assert_eq!((of(200), of(-200)), (None, None));
    assert!(of(201).is_some() && of(-201).is_some());
    let wrong = |drift_ppm| {
        let clocks = ClockProfile { drift_ppm, ..ClockProfile::default() };
        assuming(Assumption::ClockRate { ppm: 200 }).clocks(clocks).run(0).summary.outside.safety.len()
    };
    assert_eq!((wrong(200), wrong(201)), (0, 1));
    let jump = Fault::clock_jump("n0", ms(5));
    assert_eq!(broken(Assumption::ClockRate { ppm: 0 }, jump.clone()), None);
    assert!(broken(Assumption::SteadyWallClocks, jump.clone()).is_some());
    let waiting = jump.after(Milestone::event("Saw", 1));
    assert_eq!(broken_by(Assumption::SteadyWallClocks, waiting), None);
    assert_eq!(broken(Assumption::SteadyWallClocks, Fault::drift("n0", 9)), None);
}

#[test]
fn so_many_nodes_may_be_down_at_a_time() {
    let of = |kind| broken(Assumption::DownAtMost(1), kind);
    assert_eq!(of(Fault::crash("n0")), None);
    let two = of(Fault::crash("random:2"));
    assert_eq!(two.as_deref(), Some("at most 1 nodes are down at a time, but 2 were down"));
    let rolling = |apart, down| {
        broken_by(
            Assumption::DownAtMost(1),
            Fault::crash("all").restart_after(ms(down)).at(ms(50)).one_by_one(ms(apart)),
        )
    };
    assert_eq!(rolling(5, 4), None);
    assert!(rolling(5, 6).is_some());
    assert_eq!(broken(Assumption::DownAtMost(1), Fault::pause("all")), None);
    let full = Fault::full_disk("all");
    let stops = Handlers { start: |_, ctx| ctx.disk().append(1), disk: stop_on_disk_fault, ..IDLE };
    let model = FaultModel::of(vec![Assumption::DownAtMost(1)]);
    let stopped =
        simulation(3, stops).model(model).fault(full).fault(Fault::crash("all").restart_after(ms(1)).at(ms(5)));
    assert_eq!(stopped.run(0).summary.outside.safety.len(), 1);
    let joining = assuming(Assumption::DownAtMost(0)).fault(Fault::join("n2").at(ms(50)));
    assert_eq!(joining.run(0).summary.outside.safety.len(), 0, "who is not there yet is not down");
}

#[test]
fn a_system_is_synchronous_while_nothing_is_late() {
    fn of<K>(fault: Draft<K>) -> bool {
        broken(Assumption::Synchronous { within: ms(10) }, fault).is_some()
    }
    let late = Latency::Constant(ms(1));
    assert!(of(Fault::links("all").delay(late)));
    assert!(!of(Fault::links("all").duplicate(Probability::ALWAYS)));
    assert!(of(Fault::one_way("n0", "n1").holding()));
    assert!(of(Fault::send_omission("n0")));
    assert!(of(Fault::pause("n0")) && of(Fault::late_timers("n0", late)));
    assert!(!of(Fault::crash("n0")), "who is down need not be in time");
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
    fn of<K>(fault: Draft<K>) -> bool {
        broken(Assumption::ReliableLinks, fault).is_some()
    }
    let cut = || Fault::one_way("n0", "n1");
    assert!(of(cut()) && !of(cut().holding()));
    let omission = || Fault::send_omission("n0");
    assert!(of(omission()) && !of(omission().rate(Probability::NEVER)));
    assert!(of(omission().rate(Probability::NEVER).nth([3])));
    assert!(of(Fault::links("n0").loss(Probability::ratio(1, 9))));
    assert!(!of(Fault::links("n0").delay(Latency::Constant(ms(9)))));
    assert!(!of(Fault::crash("n0")));
    assert_eq!(broken_by(Assumption::ReliableLinks, cut().after(Milestone::event("Saw", 1))), None);
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
    let ordered = LinkProfile::tcp();
    let links = Fault::links("n0").duplicate(Probability::ALWAYS).at(ms(50));
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
        let summary =
            simulation.fault(Fault::crash(Selector::Random(down)).restart_after(ms(1)).at(ms(10))).run(0).summary;
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
    let summary = simulation(3, IDLE).model(model).fault(Fault::crash("n0").at(ms(10))).run(0).summary;
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
    let families = [FaultFamily::Disk, FaultFamily::Clock, FaultFamily::Pause];
    let run = |unrestricted, seed| {
        let assumptions = vec![Assumption::DownAtMost(1), Assumption::ClockRate { ppm: 300 }];
        let nemesis = Nemesis { unrestricted, ..Nemesis::of(families, Rhythm::new(ms(60), ms(30))) };
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
    let all = || Fault::crash("all").restart_after(ms(50)).at(ms(10)).within_model();
    let milestone = Milestone::event("Elected", 1);
    let placed = Fault::crash("n2").restart_after(ms(50)).after(milestone).within_model();
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
    assert_eq!(broken(spared, Fault::crash("n1").restart_after(ms(1))), None);
    assert_eq!(broken(spared, Fault::crash("n0").restart_after(ms(1))), Some("n0 never stops, but it did".to_owned()));
    let rhythm = Rhythm::new(ms(5), ms(2));
    let nemesis = Nemesis::of([FaultFamily::Crash], rhythm).in_every_seed();
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
    let simulation = simulation(1, Handlers { start, ..IDLE })
        .model(FaultModel::of(vec![Assumption::DurableDisks]))
        .property("Never Fewer", || NeverFewer(0))
        .run_for(ms(60))
        .fault(wiping().at(ms(20)))
        .fault(Fault::crash("n0").restart_after(ms(1)).at(ms(40)));
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
