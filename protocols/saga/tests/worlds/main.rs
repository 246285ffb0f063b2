//! Sagas in whole simulated worlds.

mod flaws;
mod golden;
mod healthy;

use saga::{SagaConfig, SagaFlaw, SagaNode, SagaWorkload};
use sim_core::{ClientProfile, DiskProfile, Latency, LinkProfile, Probability, Simulation, ms};

fn config(flaws: &[SagaFlaw]) -> SagaConfig {
    let flaws = flaws.iter().copied().collect();
    SagaConfig { orchestrators: 2, retry_interval: ms(60), limit: 150, flaws, ..SagaConfig::default() }
}

/// Two orchestrators and three services, over links that lose, double and reorder messages.
fn world(config: SagaConfig) -> Simulation<SagaNode> {
    let clients = ClientProfile { count: 6, operations: 20, attempts: 4, timeout: ms(250), think: (ms(0), ms(20)) };
    let probability = Probability::ratio(1, 20);
    let latency = Latency::Uniform(ms(1), ms(40));
    Simulation::of(config, 5)
        .network(LinkProfile { latency, loss: probability, duplicate: probability, ..LinkProfile::default() })
        .disk(DiskProfile { sync: (ms(0), ms(3)), ..DiskProfile::default() })
        .workload(clients, SagaWorkload::default())
        .run_for(ms(8000))
}
