//! Links: loss, duplication, delay, order, cuts.

use std::collections::{BTreeMap, BTreeSet};

use crate::common::{
    Ctx, Event, Handlers, IDLE, Message, Node, Seen, announced, at, constant, count, deliveries, ms, n, node, numbers,
    set, simulation,
};
use sim_core::draft::Draft;
use sim_core::draft::Omission;
use sim_core::{
    ClientProfile, CutMode, Duration, Fault, Latency, LinkProfile, LossReason, Milestone, NodeId, Probability,
    Simulation, Trace, TraceKind,
};

/// Node 0 pings everybody once a millisecond; everybody announces what it hears.
const PINGS: Handlers = Handlers { start: start_pinging, timer: ping_all, message: note, ..IDLE };

fn start_pinging(_: &mut Node, ctx: &mut Ctx<'_>) {
    if ctx.me() == n(0) {
        set(0, ms(1), ctx);
    }
}

fn ping_all(node: &mut Node, _: u64, ctx: &mut Ctx<'_>) {
    node.memory += 1;
    ctx.broadcast(Message::Ping(node.memory));
    set(0, ms(1), ctx);
}

fn note(_: &mut Node, _: NodeId, message: Message, ctx: &mut Ctx<'_>) {
    if let Message::Ping(number) = message {
        ctx.emit(Event::Saw(number));
    }
}

fn lost(trace: &Trace, reason: LossReason) -> usize {
    count(trace, |kind| matches!(kind, TraceKind::Lost { why, .. } if *why == reason))
}

/// The numbers that `who` saw.
fn heard(trace: &Trace, who: NodeId) -> Vec<u64> {
    numbers(trace, who).into_iter().map(|(_, number)| number).collect()
}

#[test]
fn messages_are_lost_and_doubled_as_often_as_declared() {
    let network =
        LinkProfile { loss: Probability::ratio(1, 10), duplicate: Probability::ratio(1, 5), ..constant(ms(2)) };
    let trace = simulation(11, PINGS).network(network).run_for(ms(1001)).trace(4);
    let losses = lost(&trace, LossReason::Link);
    assert!((900..1100).contains(&losses), "{losses} of 10,000");
    let arrived: BTreeSet<Seen> = deliveries(&trace).into_iter().collect();
    let doubled = deliveries(&trace).len() - arrived.len();
    assert!((1650..1950).contains(&doubled), "{doubled} of 9,000");
}

#[test]
fn each_copy_draws_its_own_delay() {
    let network = LinkProfile { duplicate: Probability::ALWAYS, ..LinkProfile::default() };
    let trace = simulation(2, PINGS).network(network).run_for(ms(500)).trace(1);
    let mut times: BTreeMap<u64, BTreeSet<u64>> = BTreeMap::new();
    for (time, _, text) in announced(&trace) {
        times.entry(text[4..].parse().expect("a number")).or_default().insert(time);
    }
    assert!((1..480).all(|number| times[&number].len() == 2), "both copies come, at times of their own");
}

#[test]
fn delays_keep_to_the_window_of_the_link() {
    let trace = simulation(2, PINGS).run_for(ms(2000)).trace(3);
    let delays: Vec<u64> = announced(&trace)
        .iter()
        .map(|(time, _, text)| time - text[4..].parse::<u64>().expect("a number") * 1_000_000)
        .collect();
    assert!(delays.iter().all(|delay| (1_000_000..=10_000_000).contains(delay)));
    assert!(delays.iter().any(|delay| *delay < 1_100_000) && delays.iter().any(|delay| *delay > 9_900_000));
}

/// What reaches the others does not depend on what becomes of the messages to node 1.
#[test]
fn cutting_one_link_leaves_all_other_deliveries_where_they_were() {
    let network =
        LinkProfile { loss: Probability::ratio(1, 10), duplicate: Probability::ratio(1, 10), ..LinkProfile::default() };
    let simulation = simulation(5, PINGS).network(network).run_for(ms(300));
    let cut = Fault::one_way("n0", "n1");
    let without_n1 =
        |trace: &Trace| -> Vec<Seen> { deliveries(trace).into_iter().filter(|(_, to, _)| *to != n(1)).collect() };
    for seed in 0..10 {
        let (whole, cut) = (simulation.trace(seed), simulation.clone().fault(cut.clone().at(ms(50))).trace(seed));
        assert_eq!(without_n1(&whole), without_n1(&cut));
        assert!(heard(&cut, n(1)).len() < 70 && heard(&whole, n(1)).len() > 200);
    }
}

#[test]
fn a_message_more_at_one_node_changes_no_delivery_between_others() {
    fn talkative(node: &mut Node, timer: u64, ctx: &mut Ctx<'_>) {
        ping_all(node, timer, ctx);
        if node.memory == 50 {
            ctx.send(n(1), Message::Pong(1));
        }
    }
    /// Node 2 sends at its own pace.
    fn start(node: &mut Node, ctx: &mut Ctx<'_>) {
        start_pinging(node, ctx);
        if ctx.me() == n(2) {
            set(0, ms(1), ctx);
        }
    }
    let from_2 = |handlers| -> Vec<Seen> {
        let all = deliveries(&simulation(4, Handlers { start, ..handlers }).run_for(ms(200)).trace(7));
        all.into_iter().filter(|(_, _, text)| text.starts_with("n2")).collect()
    };
    let plain = from_2(PINGS);
    fn only_n0(node: &mut Node, timer: u64, ctx: &mut Ctx<'_>) {
        if ctx.me() == n(0) { talkative(node, timer, ctx) } else { ping_all(node, timer, ctx) }
    }
    assert_eq!(plain, from_2(Handlers { timer: only_n0, ..PINGS }));
    assert!(plain.len() > 500);
}

/// The delivery times of each link, which must strictly increase, and the numbers in order.
fn check_fifo(trace: &Trace) {
    let mut last: BTreeMap<NodeId, (u64, u64)> = BTreeMap::new();
    for (time, to, text) in announced(trace) {
        let number: u64 = text[4..].parse().expect("a number");
        if let Some((before, smaller)) = last.insert(to, (time, number)) {
            assert!(before < time && smaller <= number, "{to}: {smaller} at {before}, then {number} at {time}");
        }
    }
}

fn fifo() -> LinkProfile {
    LinkProfile {
        fifo: true,
        duplicate: Probability::ratio(1, 10),
        loss: Probability::ratio(1, 10),
        ..LinkProfile::default()
    }
}

#[test]
fn fifo_links_deliver_in_order_and_never_two_at_once() {
    for seed in 0..20 {
        check_fifo(&simulation(4, PINGS).network(fifo()).run_for(ms(300)).trace(seed));
    }
    let unordered = simulation(4, PINGS).run_for(ms(300)).trace(0);
    assert!(heard(&unordered, n(1)).windows(2).any(|pair| pair[0] > pair[1]), "others overtake");
}

/// Ten pings at once over a constant link are due at one moment.
#[test]
fn fifo_sets_simultaneous_messages_apart() {
    fn start(_: &mut Node, ctx: &mut Ctx<'_>) {
        for number in 0..10 {
            if ctx.me() == n(0) {
                ctx.send(n(1), Message::Ping(number));
            }
        }
    }
    for seed in 0..20 {
        let trace = simulation(2, Handlers { start, ..PINGS })
            .network(LinkProfile { fifo: true, ..constant(ms(2)) })
            .trace(seed);
        let times: Vec<u64> = announced(&trace).iter().map(|(time, ..)| *time).collect();
        assert_eq!(times, (2_000_000..2_000_010).collect::<Vec<_>>());
        check_fifo(&trace);
    }
}

/// Nothing reaches back over a restart of the receiver: the old order ends with it.
#[test]
fn fifo_begins_anew_with_an_incarnation() {
    let crash = Fault::crash("n1").restart_after(ms(1));
    let network = LinkProfile { fifo: true, ..LinkProfile::default() };
    let overtakes = |faults: &[Fault]| {
        (0..50)
            .filter(|seed| {
                let simulation = simulation(2, PINGS).network(network).run_for(ms(100));
                let trace = faults.iter().fold(simulation, |s, fault| s.fault(fault.clone())).trace(*seed);
                heard(&trace, n(1)).windows(2).any(|pair| pair[0] > pair[1])
            })
            .count()
    };
    assert_eq!(overtakes(&[]), 0);
    assert!(overtakes(&[crash.at(ms(50)).into()]) > 10);
}

#[test]
fn messages_to_oneself_are_never_lost_doubled_cut_or_late() {
    fn start(_: &mut Node, ctx: &mut Ctx<'_>) {
        set(0, ms(1), ctx);
    }
    fn timer(node: &mut Node, _: u64, ctx: &mut Ctx<'_>) {
        node.memory += 1;
        ctx.send(ctx.me(), Message::Ping(node.memory));
        set(0, ms(1), ctx);
    }
    let network = LinkProfile { loss: Probability::ALWAYS, duplicate: Probability::ALWAYS, ..LinkProfile::default() };
    let links = Fault::links("all").loss(Probability::ALWAYS).duplicate(Probability::ALWAYS);
    let trace = simulation(2, Handlers { start, timer, ..PINGS })
        .network(network)
        .run_for(ms(51))
        .fault(Fault::partition([["n0"], ["n1"]]).at(ms(10)))
        .fault(Fault::one_way("all", "all").holding().at(ms(10)))
        .fault(Fault::send_omission("all").at(ms(10)))
        .fault(links.delay(Latency::Constant(ms(3))).at(ms(10)))
        .trace(0);
    let expected: Vec<(u64, u64)> = (1..=50).map(|number| (number, number)).collect();
    assert_eq!(numbers(&trace, n(0)), expected);
    assert_eq!(numbers(&trace, n(1)), expected);
}

#[test]
fn a_dropping_cut_loses_what_is_sent_and_what_is_in_flight() {
    let cut = Fault::partition([["n0"], ["n1"]]);
    let trace =
        simulation(3, PINGS).network(constant(ms(5))).fault(cut.at(ms(20)).lasting(ms(10))).run_for(ms(60)).trace(0);
    let expected: Vec<u64> = (1..=14).chain(30..=54).collect();
    assert_eq!(heard(&trace, n(1)), expected, "15 to 19 were in flight, 20 to 29 were sent while the link was cut");
    assert_eq!(heard(&trace, n(2)), (1..=54).collect::<Vec<_>>());
    assert_eq!(lost(&trace, LossReason::Cut), 15);
}

#[test]
fn a_holding_cut_keeps_everything_until_it_ends() {
    let cut = Fault::partition([["n0"], ["n1"]]).holding();
    let network = LinkProfile { fifo: true, ..constant(ms(5)) };
    for fault in [cut.clone().at(ms(20)).lasting(ms(10)), cut.at(ms(20))] {
        let trace = simulation(3, PINGS).network(network).fault(fault).heal_at(ms(30)).run_for(ms(60)).trace(0);
        assert_eq!(
            heard(&trace, n(1)),
            (1..=54).collect::<Vec<_>>(),
            "nothing is lost, and FIFO links keep their order"
        );
        check_fifo(&trace);
        let times: Vec<u64> = numbers(&trace, n(1)).into_iter().map(|(time, _)| time).collect();
        assert!(times.iter().all(|time| !(20..30).contains(time)));
        assert_eq!(times.iter().filter(|time| **time == 30).count(), 5, "what was due goes on at once");
        assert_eq!(times.iter().filter(|time| **time == 35).count(), 11, "what was sent meanwhile takes its time");
    }
}

/// A message that the cut stopped in flight was sent before one sent during the cut, and before
/// one that was in flight and due later.
#[test]
fn fifo_order_survives_holding_cuts() {
    for seed in 0..200 {
        let cut = Fault::partition([vec!["n0"], vec!["n1", "n2"]]).holding();
        let twice = [cut.clone().at(ms(20)).lasting(ms(7)), cut.at(ms(31)).lasting(ms(3))];
        let network = LinkProfile { fifo: true, ..LinkProfile::default() };
        let simulation = simulation(3, PINGS).network(network).run_for(ms(80));
        let trace = twice.into_iter().fold(simulation, Simulation::fault).trace(seed);
        check_fifo(&trace);
        let all = heard(&trace, n(1));
        assert_eq!(all, (1..=all.len() as u64).collect::<Vec<_>>());
    }
}

/// What one fault withholds is not overtaken by what another one withholds and lets go first.
#[test]
fn fifo_order_survives_faults_that_withhold_one_message_each() {
    for seed in 0..200 {
        let withhold = Fault::link("n0", "n1").hold().rate(Probability::ratio(1, 2));
        let spans = [(0, 60), (5, 20), (10, 40)].map(|(at, lasts)| withhold.clone().at(ms(at)).lasting(ms(lasts)));
        let simulation = simulation(2, PINGS).network(fifo()).run_for(ms(80));
        check_fifo(&spans.into_iter().fold(simulation, Simulation::fault).trace(seed));
    }
}

/// The cut ends at the very moment at which a later message of the link is due.
#[test]
fn fifo_order_survives_a_cut_that_ends_when_another_message_is_due() {
    fn start(_: &mut Node, ctx: &mut Ctx<'_>) {
        if ctx.me() == n(0) {
            (1..=3).for_each(|timer| set(timer, ms(timer * 4), ctx));
        }
    }
    fn timer(_: &mut Node, timer: u64, ctx: &mut Ctx<'_>) {
        ctx.send(n(1), Message::Ping(timer));
    }
    let network = LinkProfile { fifo: true, ..constant(ms(10)) };
    let cut = Fault::one_way("n0", "n1").holding();
    for seed in 0..50 {
        let fault = cut.clone().at(ms(13)).lasting(ms(5));
        let trace = simulation(2, Handlers { start, timer, ..PINGS }).network(network).fault(fault).trace(seed);
        assert_eq!(heard(&trace, n(1)), [1, 2, 3]);
        check_fifo(&trace);
    }
}

/// Links with a constant delay, over connections or without.
fn connected(delay: Duration, connections: bool) -> LinkProfile {
    LinkProfile { connections, ..constant(delay) }
}

/// Node 0 pings node 1 once a millisecond, and each ping takes 10 ms. What node 1 sees of it when
/// one of them is down from 50 ms to 55 ms, and how many pings were lost with their connection.
fn seen_around_a_boot(of: u32, connections: bool) -> (BTreeSet<u64>, usize) {
    let trace = simulation(2, Handlers { timer: ping_by_time, ..PINGS })
        .network(connected(ms(10), connections))
        .fault(Fault::crash(node(of)).restart_after(ms(5)).at(ms(50)))
        .run_for(ms(100))
        .trace(0);
    let other_losses = lost(&trace, LossReason::Down);
    assert_eq!(other_losses, if of == 0 { 0 } else { 5 }, "while the receiver is down");
    (heard(&trace, n(1)).into_iter().collect(), lost(&trace, LossReason::Boot))
}

/// Each ping says when it was sent: a node that boots forgets its ordinal.
fn ping_by_time(_: &mut Node, _: u64, ctx: &mut Ctx<'_>) {
    ctx.broadcast(Message::Ping(ctx.wall_clock().as_nanos() / 1_000_000 % 1_000));
    set(0, ms(1), ctx);
}

#[test]
fn a_connection_dies_with_the_boot_of_its_sender() {
    let (without, lost) = seen_around_a_boot(0, false);
    assert_eq!((without, lost), ((1..=49).chain(56..=89).collect(), 0));
    // What is due while the sender is down still arrives.
    let (with, lost) = seen_around_a_boot(0, true);
    assert_eq!((with, lost), ((1..=44).chain(56..=89).collect(), 5));
}

#[test]
fn a_connection_dies_with_the_boot_of_its_receiver() {
    let (without, lost) = seen_around_a_boot(1, false);
    assert_eq!((without, lost), ((1..=39).chain(45..=89).collect(), 0));
    let (with, lost) = seen_around_a_boot(1, true);
    assert_eq!((with, lost), ((1..=39).chain(55..=89).collect(), 10));
}

#[test]
fn what_a_boot_sends_goes_over_its_own_connections() {
    let start = |_: &mut Node, ctx: &mut Ctx<'_>| ctx.broadcast(Message::Ping(u64::from(ctx.me().index())));
    let trace = simulation(3, Handlers { start, ..PINGS })
        .network(connected(ms(10), true))
        .fault(Fault::crash("n0").restart_after(ms(5)).at(ms(50)))
        .run_for(ms(100))
        .trace(0);
    assert_eq!(lost(&trace, LossReason::Boot), 0, "at the beginning nobody has to wait for the others");
    assert_eq!([1, 2].map(|other| heard(&trace, n(other)).iter().filter(|from| **from == 0).count()), [2, 2]);
}

#[test]
fn what_is_held_back_dies_with_its_connection_too() {
    let cut = Fault::one_way("n0", "n1").holding();
    let seen = |connections| {
        let trace = simulation(2, PINGS)
            .network(connected(ms(2), connections))
            .fault(cut.clone().at(ms(20)).lasting(ms(30)))
            .fault(Fault::crash("n1").restart_after(ms(1)).at(ms(40)))
            .run_for(ms(60))
            .trace(0);
        heard(&trace, n(1)).into_iter().collect::<BTreeSet<_>>()
    };
    assert_eq!(seen(false), (1..=57).collect());
    assert_eq!(seen(true), (1..=17).chain(41..=57).collect());
}

#[test]
fn what_waits_at_a_paused_receiver_has_arrived() {
    let trace = simulation(2, Handlers { timer: ping_by_time, ..PINGS })
        .network(connected(ms(2), true))
        .fault(Fault::pause("n1").at(ms(20)).lasting(ms(20)))
        .fault(Fault::crash("n0").restart_after(ms(5)).at(ms(30)))
        .run_for(ms(50))
        .trace(0);
    let heard: BTreeSet<u64> = heard(&trace, n(1)).into_iter().collect();
    assert_eq!(heard, (1..=29).chain(36..=47).collect());
}

/// A message to oneself takes no time, so only a boot in the same instant can come between.
#[test]
fn what_a_node_sends_itself_dies_with_the_incarnation() {
    fn timer(_: &mut Node, _: u64, ctx: &mut Ctx<'_>) {
        ctx.send(ctx.me(), Message::Ping(1));
        ctx.emit(Event::Elected);
    }
    let seen = |connections| {
        let handlers = Handlers { start: start_pinging, timer, ..PINGS };
        let trace = simulation(1, handlers)
            .network(connected(ms(1), connections))
            .fault(Fault::crash("n0").restart_after(Duration::ZERO).after(Milestone::event("Elected", 1)))
            .run_for(Duration::from_micros(1500))
            .trace(0);
        (heard(&trace, n(0)), lost(&trace, LossReason::Boot))
    };
    assert_eq!(seen(false), (vec![1], 0));
    assert_eq!(seen(true), (vec![], 1));
}

#[test]
fn requests_and_answers_go_over_connections_too() {
    let profile = ClientProfile { count: 1, operations: 1, timeout: ms(500), ..ClientProfile::default() };
    let lost_of = |at: u64| {
        let trace = simulation(1, IDLE)
            .network(connected(ms(20), true))
            .clients(profile, |_, _, _| 1)
            .fault(Fault::crash("n0").restart_after(ms(1)).at(ms(at)))
            .run_for(ms(400))
            .trace(0);
        let asked = trace.events.iter().find(|event| matches!(event.kind, TraceKind::Invoke { .. })).expect("it asks");
        (asked.time.as_nanos() / 1_000_000, lost(&trace, LossReason::Boot))
    };
    let (asked, _) = lost_of(300);
    assert_eq!([asked + 10, asked + 30].map(|at| lost_of(at).1), [1, 1], "the request, and the answer");
    assert_eq!(lost_of(asked + 45).1, 0);
}

#[test]
fn a_link_is_whole_again_when_the_last_of_overlapping_cuts_ends() {
    let split = |mode| Fault::partition([["n0"], ["n1"]]).mode(mode);
    let one_way = |mode| Fault::one_way("n0", "n1").mode(mode);
    for mode in [CutMode::Drop, CutMode::Hold] {
        let simulation = simulation(2, PINGS)
            .network(constant(Duration::ZERO))
            .fault(split(mode).at(ms(10)).lasting(ms(10)))
            .fault(one_way(mode).at(ms(15)).lasting(ms(10)));
        let trace = simulation.run_for(ms(40)).trace(0);
        let times: Vec<u64> = numbers(&trace, n(1)).into_iter().map(|(time, _)| time).collect();
        assert!(times.iter().all(|time| !(10..25).contains(time)), "{times:?}");
        let expected = if mode == CutMode::Drop { 9 + 15 } else { 39 };
        assert_eq!(times.len(), expected);
    }
}

#[test]
fn while_one_cut_drops_another_holds_nothing() {
    let drop = Fault::one_way("n0", "n1");
    let hold = Fault::one_way("n0", "n1").holding();
    let trace = simulation(2, PINGS)
        .network(constant(Duration::ZERO))
        .fault(hold.at(ms(10)).lasting(ms(20)))
        .fault(drop.at(ms(15)).lasting(ms(5)))
        .run_for(ms(40))
        .trace(0);
    let expected: Vec<u64> = (1..=14).chain(20..=39).collect();
    let mut heard = heard(&trace, n(1));
    heard.sort_unstable();
    assert_eq!(heard, expected);
}

/// Everybody pings everybody: who hears whom tells which links are whole.
fn everybody_pings(_: &mut Node, ctx: &mut Ctx<'_>) {
    set(0, ms(20), ctx);
}

fn ping_me(_: &mut Node, _: u64, ctx: &mut Ctx<'_>) {
    let me = u64::from(ctx.me().index());
    ctx.broadcast(Message::Ping(me));
}

/// Who hears whom under a fault.
fn reached<K>(nodes: u32, fault: Draft<K>) -> BTreeSet<(u64, u32)> {
    let handlers = Handlers { start: everybody_pings, timer: ping_me, ..PINGS };
    let trace = simulation(nodes, handlers).fault(fault.at(ms(10))).trace(0);
    announced(&trace).into_iter().map(|(_, to, text)| (text[4..].parse().expect("a number"), to.index())).collect()
}

#[test]
fn cuts_are_directed_sets_of_links() {
    let all = |nodes: u32| {
        (0..u64::from(nodes)).flat_map(move |a| (0..nodes).map(move |b| (a, b))).filter(|(a, b)| *a != u64::from(*b))
    };
    let one_way = Fault::one_way("n0", "others");
    assert_eq!(reached(4, one_way), all(4).filter(|(from, _)| *from != 0).collect());
    let deaf = Fault::one_way("others", "n0");
    assert_eq!(reached(4, deaf), all(4).filter(|(_, to)| *to != 0).collect());
    let bridge = Fault::partition([["n0", "n1", "n2"], ["n2", "n3", "n4"]]);
    let side = |x: u64| {
        if x == 2 {
            0
        } else if x < 2 {
            1
        } else {
            2
        }
    };
    let meet = |(a, b): &(u64, u32)| side(*a) == 0 || side(u64::from(*b)) == 0 || side(*a) == side(u64::from(*b));
    assert_eq!(reached(5, bridge), all(5).filter(meet).collect());
    let unnamed = Fault::partition([["n0"], ["n1"]]);
    assert_eq!(reached(3, unnamed), all(3).filter(|link| *link != (0, 1) && *link != (1, 0)).collect());
}

/// Each node in a group of its own, more groups than a word has bits.
#[test]
fn a_partition_may_have_many_groups() {
    assert!(reached(100, Fault::partition((0..100).map(|index| [n(index)]))).is_empty());
}

#[test]
fn clients_are_cut_off_with_their_node() {
    let profile =
        ClientProfile { count: 2, operations: 1000, think: (ms(1), ms(1)), timeout: ms(5), ..ClientProfile::default() };
    let cut = Fault::isolate("n0");
    let trace = simulation(2, IDLE).clients(profile, |_, _, _| 1).fault(cut.at(ms(100))).run_for(ms(400)).trace(0);
    let asks = |from: u32, to: u32| {
        let client = format!("c{from} ");
        deliveries(&trace)
            .iter()
            .filter(|(time, who, text)| *time > 100_000_000 && *who == n(to) && text.starts_with(&client))
            .count()
    };
    assert!(asks(0, 0) > 20 && asks(1, 1) > 20);
    assert_eq!((asks(0, 1), asks(1, 0)), (0, 0));
}

#[test]
fn a_client_that_is_named_goes_where_it_is_named() {
    let profile =
        ClientProfile { count: 2, operations: 1000, think: (ms(1), ms(1)), timeout: ms(5), ..ClientProfile::default() };
    let cut = Fault::partition([vec!["n0"], vec!["n1", "c0"]]);
    let trace = simulation(2, IDLE).clients(profile, |_, _, _| 1).fault(cut.at(ms(100))).run_for(ms(400)).trace(0);
    let after = |(time, who, text): &&Seen| *time > 110_000_000 && *who == n(0) && text.starts_with("c0 ");
    assert_eq!(deliveries(&trace).iter().filter(after).count(), 0);
}

#[test]
fn omissions_hit_one_side_only_and_at_their_rate() {
    let check = |side: &str, omission: Draft<Omission>, expected: [std::ops::Range<usize>; 2]| {
        let omission = omission.rate(Probability::ratio(1, 2));
        let handlers = Handlers { start: |_, ctx| set(0, ms(1), ctx), ..PINGS };
        let trace = simulation(2, handlers).fault(omission).run_for(ms(1000)).trace(5);
        assert!(expected[0].contains(&heard(&trace, n(0)).len()), "{side}: n0 hears {}", heard(&trace, n(0)).len());
        assert!(expected[1].contains(&heard(&trace, n(1)).len()), "{side}: n1 hears {}", heard(&trace, n(1)).len());
        assert_eq!(lost(&trace, LossReason::Link), 0);
    };
    check("send", Fault::send_omission("n1"), [440..560, 980..1000]);
    check("receive", Fault::receive_omission("n1"), [980..1000, 440..560]);
}

#[test]
fn disturbed_links_add_to_what_links_do_anyway_and_end() {
    let links = Fault::links("n1")
        .loss(Probability::ratio(1, 4))
        .duplicate(Probability::ratio(1, 4))
        .delay(Latency::Constant(ms(100)));
    let trace = simulation(3, PINGS)
        .network(constant(ms(2)))
        .fault(links.at(ms(1000)).lasting(ms(1000)))
        .run_for(ms(3000))
        .trace(2);
    let hears = |from: u64, to: u64| numbers(&trace, n(1)).iter().filter(|(time, _)| (from..to).contains(time)).count();
    assert_eq!((hears(0, 1002), hears(1002, 1099)), (999, 0), "from 1000 ms on, 100 ms more");
    assert!((850..1050).contains(&hears(1100, 2002)), "{}", hears(1100, 2002));
    assert_eq!(heard(&trace, n(2)), (1..=2997).collect::<Vec<_>>());
    assert_eq!(trace.events.last().map(|event| event.time >= at(2999)), Some(true));
}
