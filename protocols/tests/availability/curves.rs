//! Theorem 2, measured: how much of what clients ask for is answered in time, by how many nodes have failed.
//!
//! A row of [`MODES`] is all that it takes to measure another protocol.

use abd::{Abd, AbdConfig};
use chain_replication::{ChainConfig, ChainServer, Detector};
use parts::kv::KvWorkload;
use parts::registers::RegisterWorkload;
use pbft::{Pbft, PbftConfig};
use primary_backup::{BackupConfig, PrimaryBackup, Shipping, ViewServiceKind};
use raft::{Raft, RaftConfig};
use replicated_service::{Mode as ServiceMode, ReplicatedService, ServiceConfig};
use sim_core::{
    ClientProfile, Duration, Fault, Latency, LinkProfile, NodeId, Operation, Simulation, SystemUnderTest, Time, ms,
    secs,
};

/// A way to replicate, and what fails.
pub(crate) struct Mode {
    pub(crate) name: &'static str,
    /// How many nodes there are that can fail, from few to many.
    pub(crate) sizes: &'static [u32],
    /// How many of so many may fail: what theory says.
    pub(crate) may_fail: fn(u32) -> u32,
    /// How they fail. The plot shows the first.
    pub(crate) failing: &'static [Failing],
    /// The mode that says how available the view service is, where that consists of nodes which fail as the others do.
    pub(crate) view_service: Option<&'static str>,
    measure: fn(&Run) -> Share,
}

/// How nodes fail.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failing {
    /// They crash for good, one after the other. In between is the time to do without the last one.
    OneByOne,
    /// They crash for good, all at once.
    AtOnce,
}

const BOTH: &[Failing] = &[Failing::OneByOne, Failing::AtOnce];
/// A partition cuts them off all at once.
const AT_ONCE: &[Failing] = &[Failing::AtOnce];

impl Failing {
    const fn name(self) -> &'static str {
        match self {
            Self::OneByOne => "one by one",
            Self::AtOnce => "at once",
        }
    }
}

/// One run: so many nodes, of which some fail.
struct Run {
    nodes: u32,
    failed: u32,
    failing: Failing,
    seed: u64,
}

/// How many operations were asked for, and how many of them completed in time.
#[derive(Clone, Copy, Default)]
struct Share {
    done: u32,
    asked: u32,
}

/// Within what an operation must complete.
pub(crate) const WITHIN: Duration = secs(2);
/// How long clients ask once the last node has failed.
pub(crate) const ASKING: Duration = secs(6);
/// How many runs there are for each point.
pub(crate) const SEEDS: u64 = 5;

const MAJORITY: fn(u32) -> u32 = |nodes| (nodes - 1) / 2;
const ALL_BUT_ONE: fn(u32) -> u32 = |nodes| nodes - 1;
const NONE: fn(u32) -> u32 = |_| 0;
const LESS_THAN_A_THIRD: fn(u32) -> u32 = |nodes| (nodes - 1) / 3;

/// The name of the mode in which nodes of the view service fail.
const SERVERS: &str = "passive, the view service itself on Raft";

impl Mode {
    /// Nodes crash, one by one or at once, and no view service does.
    const fn crashing(
        name: &'static str,
        sizes: &'static [u32],
        may_fail: fn(u32) -> u32,
        measure: fn(&Run) -> Share,
    ) -> Self {
        Self { name, sizes, may_fail, failing: BOTH, view_service: None, measure }
    }
}

/// All that is measured.
pub(crate) const MODES: &[Mode] = &[
    Mode::crashing("passive, synchronous", &[1, 2, 3, 4], ALL_BUT_ONE, |run| {
        passive(run, Shipping::Synchronous, ViewServiceKind::Infallible, Apart::Crashed)
    }),
    Mode::crashing("passive, asynchronous", &[1, 2, 3, 4], ALL_BUT_ONE, |run| {
        passive(run, Shipping::Asynchronous, ViewServiceKind::Infallible, Apart::Crashed)
    }),
    Mode {
        name: "passive, synchronous, cut off and not crashed",
        sizes: &[1, 2, 3, 4],
        may_fail: NONE,
        failing: AT_ONCE,
        view_service: None,
        measure: |run| passive(run, Shipping::Synchronous, ViewServiceKind::Infallible, Apart::CutOff),
    },
    Mode {
        name: "passive, view service on Raft",
        sizes: &[1, 2, 3, 4],
        may_fail: ALL_BUT_ONE,
        failing: BOTH,
        view_service: Some(SERVERS),
        measure: |run| passive(run, Shipping::Synchronous, ViewServiceKind::Raft, Apart::Crashed),
    },
    Mode {
        name: "passive, view service on Raft, cut off and not crashed",
        sizes: &[1, 2, 3, 4],
        may_fail: ALL_BUT_ONE,
        failing: AT_ONCE,
        view_service: Some(SERVERS),
        measure: |run| passive(run, Shipping::Synchronous, ViewServiceKind::Raft, Apart::CutOff),
    },
    Mode::crashing("chain", &[1, 2, 3, 4], ALL_BUT_ONE, |run| {
        let config = ChainConfig { length: run.nodes, detector: Detector::Perfect, ..ChainConfig::default() };
        measure::<ChainServer>(run, config, KvWorkload::default(), 1..run.nodes + 1, 1)
    }),
    Mode::crashing("semi-active", &[1, 2, 3, 4], ALL_BUT_ONE, |run| {
        let config = ServiceConfig { mode: ServiceMode::SemiActive, replicas: run.nodes, ..ServiceConfig::default() };
        measure::<ReplicatedService>(run, config, KvWorkload::default(), 0..run.nodes, 0)
    }),
    Mode::crashing("active, on Raft", &[1, 2, 3, 4, 5], MAJORITY, |run| {
        let config = ServiceConfig { value_faults: 0, replicas: run.nodes, ..ServiceConfig::default() };
        measure::<ReplicatedService>(run, config, KvWorkload::default(), 0..run.nodes, 0)
    }),
    Mode::crashing(SERVERS, &[3], MAJORITY, servers),
    Mode::crashing("quorums, ABD", &[1, 2, 3, 4, 5], MAJORITY, |run| {
        measure::<Abd>(run, AbdConfig::default(), RegisterWorkload::default(), 0..run.nodes, 0)
    }),
    Mode::crashing("quorums, Raft", &[1, 2, 3, 4, 5], MAJORITY, |run| {
        measure::<Raft>(run, RaftConfig::default(), KvWorkload::default(), 0..run.nodes, 0)
    }),
    Mode::crashing("Byzantine, PBFT", &[1, 4, 7], LESS_THAN_A_THIRD, |run| {
        let config = PbftConfig { faulty: LESS_THAN_A_THIRD(run.nodes), ..PbftConfig::default() };
        measure::<Pbft>(run, config, KvWorkload::default(), 0..run.nodes, 0)
    }),
];

/// What becomes of replicas that fail.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Apart {
    Crashed,
    /// They go on, and nobody hears of them: a partition. One node of a view service on Raft is cut off with them.
    CutOff,
}

/// Replicas of a primary and its secondaries fail. There are no others that could replace them.
fn passive(run: &Run, shipping: Shipping, view_service: ViewServiceKind, apart: Apart) -> Share {
    let config = BackupConfig { replicas: run.nodes, shipping, view_service, ..BackupConfig::default() };
    let servers = config.servers();
    let all = servers + run.nodes;
    if apart == Apart::Crashed {
        return measure::<PrimaryBackup>(run, config, KvWorkload::default(), servers..all, servers);
    }
    let mut world = world::<PrimaryBackup>(config, all, KvWorkload::default(), secs(1));
    if run.failed > 0 {
        let with_them = (0..1).filter(|_| view_service == ViewServiceKind::Raft);
        let lost: Vec<u32> = with_them.chain(order(servers..all, run)).collect();
        let others = (0..all).filter(|node| !lost.contains(node)).map(NodeId::node);
        let others = others.chain((0..CLIENTS).map(NodeId::client)).collect();
        let lost: Vec<NodeId> = lost.iter().copied().map(NodeId::node).collect();
        world = world.fault(Fault::partition([lost, others]).at(secs(1)));
    }
    share(&world, run.seed, secs(1))
}

/// Nodes of the view service fail, and two replicas are well.
fn servers(run: &Run) -> Share {
    let view_service = ViewServiceKind::Raft;
    let config = BackupConfig { replicas: 2, view_service, ..BackupConfig::default() };
    measure::<PrimaryBackup>(run, config, KvWorkload::default(), 0..run.nodes, 2)
}

/// How many clients there are.
const CLIENTS: u32 = 3;

/// The nodes that fail: the first of these, of which another one is the first with each seed.
fn order(nodes: std::ops::Range<u32>, run: &Run) -> impl Iterator<Item = u32> {
    let count = nodes.end - nodes.start;
    (0..run.failed).map(move |place| nodes.start + (place + run.seed as u32) % count)
}

/// Lets nodes of this range crash, beside which there are others that are well.
fn measure<P: SystemUnderTest>(
    run: &Run,
    config: P::Config,
    workload: P::Workload,
    failing: std::ops::Range<u32>,
    others: u32,
) -> Share {
    let last = match run.failing {
        Failing::OneByOne => secs(u64::from(run.failed.max(1))),
        Failing::AtOnce => secs(1),
    };
    let mut world = world::<P>(config, run.nodes + others, workload, last);
    for (place, node) in (1..).zip(order(failing, run)) {
        let at = if run.failing == Failing::OneByOne { secs(place) } else { last };
        world = world.fault(Fault::crash(NodeId::node(node)).at(at));
    }
    share(&world, run.seed, last)
}

fn world<P: SystemUnderTest>(config: P::Config, nodes: u32, workload: P::Workload, last: Duration) -> Simulation<P> {
    // Who waits for an answer has more patience than the answer may take.
    let clients =
        ClientProfile { count: CLIENTS, operations: 400, timeout: ms(300), attempts: 8, think: (ms(40), ms(80)) };
    Simulation::<P>::of(config, nodes)
        .network(LinkProfile { latency: Latency::Uniform(ms(1), ms(10)), ..LinkProfile::default() })
        .workload(clients, workload)
        .run_for(last + ASKING + WITHIN)
}

/// Counts what is asked for from the last failure on.
fn share<P: SystemUnderTest>(world: &Simulation<P>, seed: u64, last: Duration) -> Share {
    let mut share = Share::default();
    let last = Time::ZERO + last;
    for (_, operation) in world.run(seed).history.iter() {
        let asked = Time::from_nanos(operation.invoked.time_ns);
        if asked >= last && asked < last + ASKING {
            share.asked += 1;
            share.done += u32::from(is_in_time(operation, asked));
        }
    }
    share
}

fn is_in_time<O, R>(operation: &Operation<O, R>, asked: Time) -> bool {
    operation.reply().is_some() && operation.returned().is_some_and(|at| Time::from_nanos(at.time_ns) <= asked + WITHIN)
}

/// The share of the operations that complete in time once 0, 1, 2 … of so many nodes have failed.
pub(crate) fn curve(mode: &Mode, nodes: u32, failing: Failing) -> Vec<f64> {
    let point = |failed| {
        let mut all = Share::default();
        for seed in 0..SEEDS {
            let Share { done, asked } = (mode.measure)(&Run { nodes, failed, failing, seed });
            all = Share { done: all.done + done, asked: all.asked + asked };
        }
        f64::from(all.done) / f64::from(all.asked)
    };
    (0..=nodes).map(point).collect()
}

/// The line of the table for a curve.
pub(crate) fn line(mode: &Mode, nodes: u32, failing: Failing, curve: &[f64]) -> String {
    let points: Vec<String> =
        (0..=7).map(|failed| curve.get(failed).map_or(String::new(), |a| format!("{a:.3}"))).collect();
    let (name, how, may_fail) = (mode.name, failing.name(), (mode.may_fail)(nodes));
    format!("| {name} | {nodes} | {how} | {} | {may_fail} |", points.join(" | "))
}
