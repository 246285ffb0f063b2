//! Zones: how far nodes are from one another, and faults that hit a whole zone.

use std::collections::BTreeMap;

use crate::common::{
    Event, Handlers, IDLE, Message, Node, check_replays, constant, count, deliveries, missed, ms, n, pinging, set,
    simulation,
};
use sim_core::{ClientProfile, Duration, Fault, Latency, NodeId, Simulation, TraceKind, Zone};

fn zone(name: &str, members: &[NodeId], latencies: &[(&str, u64)]) -> Zone {
    let latencies: BTreeMap<String, Latency> =
        latencies.iter().map(|(name, millis)| ((*name).to_owned(), Latency::Constant(ms(*millis)))).collect();
    Zone { name: name.to_owned(), members: members.to_vec(), latencies }
}

/// How many milliseconds a ping takes on each link, sent at 10 ms.
fn delays(zones: Vec<Zone>) -> BTreeMap<(u32, u32), u64> {
    let handlers = Handlers {
        start: |_, ctx| set(0, ms(10), ctx),
        timer: |_, _, ctx| ctx.broadcast(Message::Ping(u64::from(ctx.me().index()))),
        message: |_, _, _, ctx| ctx.emit(Event::Saw(1)),
        ..IDLE
    };
    let trace = simulation(4, handlers).network(constant(ms(7))).zones(zones).trace(0);
    let link = |(time, to, text): (u64, NodeId, String)| {
        let from = text.trim_start_matches('n').split(' ').next().and_then(|from| from.parse().ok());
        ((from.expect("a node"), to.index()), time / 1_000_000 - 10)
    };
    deliveries(&trace).into_iter().map(link).collect()
}

#[test]
fn messages_take_as_long_as_zones_are_apart() {
    let zones = vec![zone("a", &[n(0), n(1)], &[("a", 1), ("b", 20)]), zone("b", &[n(2)], &[("a", 30)])];
    let delays = delays(zones);
    let on = |from, to| delays[&(from, to)];
    assert_eq!([on(0, 1), on(1, 0)], [1, 1], "within a zone");
    assert_eq!([on(0, 2), on(2, 0)], [20, 30], "each direction for itself");
    assert_eq!([on(0, 3), on(3, 2), on(2, 3)], [7, 7, 7], "who is in no zone is as far away as ever");
    let one_way = said_for_one_direction();
    assert_eq!([one_way[&(0, 2)], one_way[&(2, 0)]], [20, 20], "what is said for one direction holds for the other");
}

fn said_for_one_direction() -> BTreeMap<(u32, u32), u64> {
    delays(vec![zone("a", &[n(0)], &[("b", 20)]), zone("b", &[n(2)], &[])])
}

#[test]
fn a_client_is_where_it_is_said_or_else_where_its_node_is() {
    let profile = ClientProfile { count: 2, operations: 1, think: (ms(10), ms(10)), ..ClientProfile::default() };
    let took = |zones| {
        let simulation = simulation(2, IDLE).clients(profile, |_, _, _| 1).network(constant(ms(7))).zones(zones);
        let outcome = simulation.run(0);
        let took =
            |op: &sim_core::Operation<u64, u64>| op.returned().map(|at| (at.time_ns - op.invoked.time_ns) / 1_000_000);
        let mut took: Vec<(u32, Option<u64>)> = outcome.history.iter().map(|(_, op)| (op.client, took(op))).collect();
        took.sort_unstable();
        took
    };
    let near = |members: &[NodeId]| vec![zone("a", members, &[("a", 1), ("b", 20)]), zone("b", &[n(1)], &[("b", 2)])];
    assert_eq!(took(near(&[n(0)])), [(0, Some(2)), (1, Some(4))]);
    assert_eq!(took(near(&[n(0), NodeId::client(1)])), [(0, Some(2)), (1, Some(40))]);
    assert_eq!(took(vec![]), [(0, Some(14)), (1, Some(14))]);
}

fn two_zones() -> Simulation<Node> {
    pinging(4).zones(vec![zone("a", &[n(0), n(3)], &[]), zone("b", &[n(1)], &[])])
}

#[test]
fn a_zone_can_be_cut_off() {
    let simulation = two_zones().fault(Fault::isolate("zone:a").at(ms(10)).lasting(ms(10)));
    let trace = simulation.trace(0);
    let from_10_to_20: Vec<u64> = (10..20).collect();
    assert_eq!([(0, 1), (2, 3)].map(|(to, from)| missed(&trace, to, from)), [from_10_to_20.clone(), from_10_to_20]);
    assert_eq!([(0, 3), (1, 2)].map(|(to, from)| missed(&trace, to, from).len()), [0, 0]);
    check_replays(&simulation, 5);
}

#[test]
fn a_zone_can_lose_its_power() {
    let trace = two_zones().fault(Fault::crash("zone:a").restart_after(Duration::ZERO).at(ms(10))).trace(0);
    let crashed: Vec<u32> = trace
        .events
        .iter()
        .filter(|event| matches!(event.kind, TraceKind::Crash { .. }))
        .filter_map(|event| event.who.map(NodeId::index))
        .collect();
    assert_eq!(crashed, [0, 3]);
    assert_eq!(count(&two_zones().trace(0), |kind| matches!(kind, TraceKind::Crash { .. })), 0);
}

/// Latencies that are drawn, and clients.
#[test]
fn zones_replay() {
    let uniform = |name: &str, members: &[NodeId]| {
        let latencies = ["a", "b"].map(|to| (to.to_owned(), Latency::Uniform(ms(1), ms(3)))).into();
        Zone { name: name.to_owned(), members: members.to_vec(), latencies }
    };
    let profile = ClientProfile { count: 2, operations: 20, think: (ms(1), ms(2)), ..ClientProfile::default() };
    let simulation = pinging(4).zones(vec![uniform("a", &[n(0), n(1)]), uniform("b", &[n(2)])]);
    check_replays(&simulation.clients(profile, |_, _, _| 1), 10);
}
