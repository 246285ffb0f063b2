//! Raft in whole simulated worlds.

mod flaws;
mod general;
mod golden;
mod membership;
mod operator;
mod ordered;

use parts::kv::KvWorkload;
use raft::{Raft, RaftConfig};
use sim_core::{ClientProfile, Duration, Latency, LinkProfile, NodeId, Outcome, Selector, Simulation, ms};

const fn node(index: u32) -> Selector {
    Selector::Node(NodeId::node(index))
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
