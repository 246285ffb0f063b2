//! HotStuff in whole simulated worlds.

mod attacks;
mod general;
mod golden;
mod recovery;

use hotstuff::{HotStuff, HotStuffConfig};
use parts::kv::KvWorkload;
use sim_core::consistency::Level;
use sim_core::{ClientProfile, Latency, LinkProfile, Simulation, ms};

/// Quick replicas without faults, but for those that are added.
fn calm(config: HotStuffConfig, nodes: u32) -> Simulation<HotStuff> {
    let clients = ClientProfile {
        count: 3,
        operations: 40,
        timeout: ms(150),
        think: (ms(0), ms(30)),
        ..ClientProfile::default()
    };
    let config = HotStuffConfig {
        view_timeout: ms(80),
        view_timeout_max: ms(320),
        idle: ms(30),
        batch: 4,
        checkpoint_every: config.checkpoint_every.min(12),
        ..config
    };
    Simulation::of(config, nodes)
        .network(LinkProfile { latency: Latency::Uniform(ms(1), ms(10)), ..LinkProfile::default() })
        .workload(clients, KvWorkload::default())
        .consistency(Level::Linearizable)
        .run_for(ms(7_500))
}
