//! Viewstamped Replication in whole simulated worlds.

mod general;
mod golden;

use parts::kv::KvWorkload;
use sim_core::consistency::Level;
use sim_core::{ClientProfile, Duration, Latency, LinkProfile, Simulation, ms};
use viewstamped_replication::{Vr, VrConfig};

/// A quick group without faults, but for those that are added.
fn calm(config: VrConfig, nodes: u32, clients: ClientProfile) -> Simulation<Vr> {
    let config = VrConfig { view_change_timeout: (ms(60), ms(120)), heartbeat_interval: ms(20), ..config };
    Simulation::of(config, nodes)
        .network(LinkProfile { latency: Latency::Uniform(ms(1), ms(5)), ..LinkProfile::default() })
        .workload(clients, KvWorkload::default())
        .consistency(Level::Linearizable)
}

/// Clients that ask for so many operations each, one after the other.
fn clients(count: u32, operations: u32, think: Duration) -> ClientProfile {
    ClientProfile { count, operations, timeout: ms(150), think: (ms(0), think), ..ClientProfile::default() }
}
