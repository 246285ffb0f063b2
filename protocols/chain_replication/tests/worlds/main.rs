//! Chain replication in whole simulated worlds.

mod golden;
mod healthy;

use chain_replication::{ChainConfig, ChainServer};
use parts::kv::KvWorkload;
use sim_core::{ClientProfile, Latency, LinkProfile, Simulation, ms};

/// Clients of a map at this many nodes, the master among them.
fn world(config: ChainConfig, nodes: u32) -> Simulation<ChainServer> {
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
