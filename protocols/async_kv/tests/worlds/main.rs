//! The service in whole simulated worlds.

mod flaws;
mod golden;
mod healthy;

use async_kv::{AsyncKvConfig, AsyncKvFlaw, AsyncKvNode};
use parts::kv::KvWorkload;
use sim_core::{ClientProfile, DiskProfile, Latency, LinkProfile, Probability, Simulation, ms};

fn config(flaws: &[AsyncKvFlaw]) -> AsyncKvConfig {
    let flaws = flaws.iter().copied().collect();
    AsyncKvConfig {
        election_timeout: (ms(60), ms(120)),
        heartbeat_interval: ms(20),
        answer_within: ms(100),
        flaws,
        ..AsyncKvConfig::default()
    }
}

/// Three servers with slow disks, over links that lose and double messages.
fn world(config: AsyncKvConfig) -> Simulation<AsyncKvNode> {
    let clients = ClientProfile { count: 3, operations: 60, timeout: ms(150), ..ClientProfile::default() };
    let probability = Probability::ratio(1, 50);
    let latency = Latency::Uniform(ms(1), ms(10));
    Simulation::of(config, 3)
        .network(LinkProfile { latency, loss: probability, duplicate: probability, ..LinkProfile::default() })
        .disk(DiskProfile { sync: (ms(0), ms(12)), ..DiskProfile::default() })
        .workload(clients, KvWorkload::default())
        .run_for(ms(8000))
}
