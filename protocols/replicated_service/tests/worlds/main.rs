//! Active and semi-active replication in whole simulated worlds.

mod golden;
mod healthy;
mod redundancy;

use parts::kv::KvWorkload;
use replicated_service::{ReplicatedService, ServiceConfig};
use sim_core::{ClientProfile, Latency, LinkProfile, Simulation, ms};

/// Clients at this many nodes.
fn world(config: ServiceConfig, nodes: u32) -> Simulation<ReplicatedService> {
    let clients = ClientProfile {
        count: 3,
        operations: 40,
        think: (ms(0), ms(20)),
        timeout: ms(100),
        ..ClientProfile::default()
    };
    Simulation::of(config, nodes)
        .network(LinkProfile { latency: Latency::Uniform(ms(1), ms(10)), ..LinkProfile::default() })
        .workload(clients, KvWorkload::default())
        .run_for(ms(6000))
}
