//! Twins: two processes under one identity.

use crate::common::{
    Ctx, Event, Handlers, IDLE, Message, Node, check_replays, count, deliveries, heard, missed, ms, n, numbers,
    pinging, set, simulation,
};
use sim_core::draft::{Draft, Twin};
use sim_core::{Assumption, Fault, FaultModel, NodeId, Selector, Simulation, TraceKind};

fn twin(index: u32) -> Draft<Twin> {
    Fault::twin(n(index))
}

fn twinned(nodes: u32, of: u32) -> Simulation<Node> {
    pinging(nodes).fault(twin(of).at(ms(10)).lasting(ms(10)))
}

/// In which milliseconds a process heard a ping of `from`, as often as it did.
fn heard_by(simulation: &Simulation<Node>, who: NodeId, from: u64) -> Vec<u64> {
    let heard = numbers(&simulation.trace(0), who);
    heard.into_iter().filter(|(_, of)| *of == from).map(|(time, _)| time).collect()
}

#[test]
fn both_hear_what_is_sent_to_the_identity_and_both_speak_as_it() {
    let simulation = twinned(3, 2);
    let once: Vec<u64> = (1..=30).collect();
    // The twin boots at 10 ms and pings from 11 ms to 19 ms.
    let twice: Vec<u64> = (1..=30).flat_map(|time| vec![time; if (11..20).contains(&time) { 2 } else { 1 }]).collect();
    let trace = simulation.trace(0);
    assert_eq!([heard(&trace, 0, 2), heard(&trace, 1, 2)], [twice.clone(), twice]);
    assert_eq!([heard(&trace, 0, 1), heard(&trace, 2, 0)], [once.clone(), once]);
    assert_eq!(heard_by(&simulation, n(2).twin(), 0), (10..20).collect::<Vec<_>>());
    assert_eq!(heard_by(&simulation, n(2).twin(), 2), Vec::<u64>::new(), "nor do they hear each other");
    check_replays(&simulation, 10);
}

#[test]
fn a_partition_decides_who_hears_which_of_them() {
    let groups = |groups: [[NodeId; 2]; 2]| groups.map(|group| group.map(Selector::Node).to_vec()).to_vec();
    let sides = groups([[n(0), n(2)], [n(1), n(2).twin()]]);
    let simulation = twinned(3, 2).fault(Fault::partition(sides).at(ms(10)));
    let trace = simulation.trace(0);
    assert_eq!(heard(&trace, 0, 2), (1..=30).collect::<Vec<_>>(), "the original alone");
    assert_eq!(missed(&trace, 1, 2), [[10].to_vec(), (20..=30).collect()].concat(), "the original, then the twin");
    assert_eq!(heard_by(&simulation, n(2).twin(), 0), Vec::<u64>::new());
    assert_eq!(heard_by(&simulation, n(2).twin(), 1), (10..20).collect::<Vec<_>>());
    // Groups may overlap: who is on both sides hears both.
    let overlapping = groups([[n(0), n(2)], [n(0), n(2).twin()]]);
    let cut = Fault::partition(overlapping);
    let trace = twinned(3, 2).fault(cut.at(ms(10))).trace(0);
    assert_eq!(heard(&trace, 0, 2).len(), 39);
}

#[test]
fn what_one_of_them_sends_itself_the_other_does_not_hear() {
    let start: fn(&mut Node, &mut Ctx<'_>) = |_, ctx| set(0, ms(5), ctx);
    let timer: fn(&mut Node, u64, &mut Ctx<'_>) = |_, _, ctx| ctx.send(ctx.me(), Message::Ping(1));
    let talk = Handlers { start, timer, ..IDLE };
    let trace = simulation(1, talk).fault(twin(0)).run_for(ms(20)).trace(0);
    let who: Vec<NodeId> = deliveries(&trace).into_iter().map(|(_, who, _)| who).collect();
    assert_eq!(who, [n(0), n(0).twin()]);
}

#[test]
fn a_twin_begins_with_a_copy_of_the_disk_and_keeps_its_own() {
    fn boot(_: &mut Node, ctx: &mut Ctx<'_>) {
        let records = ctx.disk().records().len() as u64;
        ctx.emit(Event::Saw(records));
        ctx.disk().append(records);
        ctx.disk().sync();
    }
    let start = Handlers { start: boot, ..IDLE };
    let crash = |of: NodeId| Fault::crash(of).restart_after(ms(1));
    let simulation = simulation(1, start)
        .fault(crash(n(0)).at(ms(2)))
        .fault(twin(0).at(ms(5)))
        .fault(crash(n(0).twin()).at(ms(10)))
        .run_for(ms(20));
    let trace = simulation.trace(0);
    assert_eq!(numbers(&trace, n(0)), [(0, 0), (3, 1)]);
    assert_eq!(numbers(&trace, n(0).twin()), [(5, 2), (11, 3)]);
    check_replays(&simulation, 3);
}

#[test]
fn a_node_with_a_twin_is_byzantine_and_the_twin_counts_as_no_node_of_its_own() {
    let of_at_most = |most| {
        let model = FaultModel::of(vec![Assumption::ByzantineAtMost(most)]);
        twinned(4, 2).model(model).run(0).summary.outside.safety
    };
    assert!(of_at_most(1).is_empty());
    assert_eq!(of_at_most(0), ["all nodes follow the protocol, but n2 was Byzantine"]);
    let unsaid = twinned(4, 2).run(0).summary.outside;
    assert_eq!(unsaid.safety, of_at_most(0), "a model that does not say allows none");
    let all = pinging(3).fault(twin(1).at(ms(5))).fault(Fault::pause("random:3").at(ms(9)));
    let hit = &all.run(0).summary.faults[1].hit;
    assert_eq!(*hit, [n(0), n(1), n(2)], "twins are named, never drawn");
}

#[test]
fn a_twin_stops_with_its_fault_and_stays_down() {
    let trace = twinned(3, 2).heal_at(ms(25)).trace(0);
    let boots = count(&trace, |kind| matches!(kind, TraceKind::Boot { .. }));
    assert_eq!(boots, 4, "{trace}");
}

#[test]
fn who_gets_a_twin_is_named_and_who_has_none_cannot_be() {
    let refused = |simulation: &Simulation<Node>| simulation.validate().expect_err("it makes no sense").1;
    let whose = pinging(3).fault(Fault::twin("random").at(ms(1)));
    assert_eq!(refused(&whose), "a node that gets a twin must be named");
    let none = pinging(3).fault(Fault::crash("n1'").at(ms(1)));
    assert_eq!(refused(&none), "there is no n1': no fault gives n1 a twin");
}

#[test]
fn what_one_of_them_draws_the_other_does_not() {
    fn draw(_: &mut Node, ctx: &mut Ctx<'_>) {
        let number = ctx.choose("number", 0..1 << 40) + ctx.rng().below(1 << 40);
        ctx.emit(Event::Saw(number));
    }
    let drawing = Handlers { start: draw, ..IDLE };
    let simulation = simulation(1, drawing).fault(twin(0)).run_for(ms(20));
    let trace = simulation.trace(0);
    assert_ne!(numbers(&trace, n(0)), numbers(&trace, n(0).twin()));
    check_replays(&simulation, 5);
}

/// The first of several faults brings the twin, and the last takes it away.
#[test]
fn faults_that_bring_the_same_twin_may_overlap() {
    let by = |first: (u64, u64), second: (u64, u64)| {
        let twin = |(at, lasts)| twin(2).at(ms(at)).lasting(ms(lasts));
        heard_by(&pinging(3).fault(twin(first)).fault(twin(second)), n(2).twin(), 0)
    };
    let all: Vec<u64> = (10..20).collect();
    assert_eq!(by((10, 10), (12, 3)), all, "the shorter within the longer");
    assert_eq!(by((10, 5), (13, 7)), all, "one after the other");
    assert_eq!(by((10, 10), (10, 10)), all, "both at once");
    assert_eq!(by((10, 10), (10, 4)), all);
    check_replays(&pinging(3).fault(twin(2).at(ms(10)).lasting(ms(9))).fault(twin(2).at(ms(12)).lasting(ms(2))), 5);
}

/// A sync of the twin that is in flight belongs to its own disk.
#[test]
fn a_second_fault_leaves_the_disk_of_a_running_twin_alone() {
    let start: fn(&mut Node, &mut Ctx<'_>) = |_, ctx| set(0, ms(5), ctx);
    let timer: fn(&mut Node, u64, &mut Ctx<'_>) = |_, _, ctx| {
        (0..4).for_each(|record| ctx.disk().append(record));
        ctx.disk().sync();
        let records = ctx.disk().records().len() as u64;
        ctx.emit(Event::Saw(records));
        set(0, ms(5), ctx);
    };
    let disk = sim_core::DiskProfile { sync: (ms(4), ms(4)), torn_writes: false };
    let of = |at| twin(0).at(ms(at)).lasting(ms(40));
    let simulation =
        simulation(2, Handlers { start, timer, ..IDLE }).disk(disk).run_for(ms(60)).fault(of(3)).fault(of(9));
    let twins = numbers(&simulation.trace(0), n(0).twin());
    assert!(twins.len() > 3 && twins.is_sorted_by_key(|(_, records)| *records), "{twins:?}");
    check_replays(&simulation, 3);
}
