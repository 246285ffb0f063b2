//! Raft in whole simulated worlds.

mod flaws;
mod general;
mod golden;
mod membership;
mod operator;
mod ordered;

use protocols::kv::KvWorkload;
use protocols::raft::{Raft, RaftConfig};
use sim_core::{
    ClientProfile, Duration, Fault, FaultKind, Latency, LinkProfile, NodeId, Outcome, Selector, Simulation, Time,
};

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn leader() -> Selector {
    Selector::Role("leader".to_owned())
}

fn random() -> Selector {
    Selector::Random(1)
}

const fn node(index: u32) -> Selector {
    Selector::Node(NodeId::node(index))
}

/// An operator asks `on` for an action about these nodes.
fn asks(on: Selector, action: &str, nodes: Vec<Selector>) -> FaultKind {
    FaultKind::Operator { targets: on, action: action.to_owned(), nodes }
}

fn asked(at: Duration, on: Selector, action: &str, nodes: Vec<Selector>) -> Fault {
    Fault::at(Time::ZERO + at, asks(on, action, nodes))
}

/// A quick cluster without faults, but for those that are added.
fn calm(config: RaftConfig, nodes: u32) -> Simulation<Raft> {
    let clients = ClientProfile {
        count: 3,
        operations: 100,
        timeout: ms(150),
        think: (ms(0), ms(100)),
        ..ClientProfile::default()
    };
    let config = RaftConfig { election_timeout: (ms(60), ms(120)), heartbeat_interval: ms(20), ..config };
    Simulation::of(config, nodes)
        .network(LinkProfile { latency: Latency::Uniform(ms(1), ms(10)), ..LinkProfile::default() })
        .workload(clients, KvWorkload::default())
}

/// Whether any operation was completed later than this.
fn answers_after(after: Duration, outcome: &Outcome<Raft>) -> bool {
    let returned = outcome.history.iter().filter_map(|(_, operation)| operation.returned());
    returned.map(|at| at.time_ns).max() > Some(after.as_nanos())
}
