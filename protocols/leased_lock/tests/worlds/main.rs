//! Leased locks in whole simulated worlds.

mod flaws;
mod golden;
mod healthy;

use leased_lock::{LeasedLock, LockConfig, LockFlaw, LockWorkload, Restart, Service};
use sim_core::{ClientProfile, DiskProfile, Latency, LinkProfile, Probability, Simulation, ms};

fn config(service: Service, restart: Restart, flaws: &[LockFlaw]) -> LockConfig {
    LockConfig { service, restart, flaws: flaws.iter().copied().collect(), ..LockConfig::default() }
}

/// Three holders, a storage and three instances, over links that lose, double and reorder messages.
fn world(config: LockConfig) -> Simulation<LeasedLock> {
    let clients = ClientProfile { count: 5, operations: 12, attempts: 6, timeout: ms(350), think: (ms(0), ms(60)) };
    let probability = Probability::ratio(1, 50);
    let latency = Latency::Uniform(ms(1), ms(6));
    Simulation::of(config, 7)
        .network(LinkProfile { latency, loss: probability, duplicate: probability, ..LinkProfile::default() })
        .disk(DiskProfile { sync: (ms(0), ms(2)), ..DiskProfile::default() })
        .workload(clients, LockWorkload::default())
        .run_for(ms(8500))
}
