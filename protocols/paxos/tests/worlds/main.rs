//! Paxos in whole simulated worlds.

mod duel;
mod flexible;
mod general;
mod golden;

use parts::kv::KvWorkload;
use paxos::{Paxos, PaxosConfig};
use sim_core::consistency::Level;
use sim_core::{ClientProfile, Latency, LinkProfile, Simulation, ms};

/// A quick cluster without faults, but for those that are added.
fn calm(config: PaxosConfig, nodes: u32) -> Simulation<Paxos> {
    let clients = ClientProfile {
        count: 3,
        operations: 100,
        timeout: ms(150),
        think: (ms(0), ms(100)),
        ..ClientProfile::default()
    };
    let config = PaxosConfig { election_timeout: (ms(60), ms(120)), heartbeat_interval: ms(20), ..config };
    Simulation::of(config, nodes)
        .network(LinkProfile { latency: Latency::Uniform(ms(1), ms(10)), ..LinkProfile::default() })
        .workload(clients, KvWorkload::default())
        .consistency(Level::Linearizable)
}
