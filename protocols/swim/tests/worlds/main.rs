//! SWIM in whole simulated worlds.

mod flaws;
mod golden;
mod healthy;
mod large;

use sim_core::{ClientProfile, DiskProfile, Latency, LinkProfile, Probability, Simulation, ms};
use swim::{Start, Swim, SwimConfig, SwimFlaw, SwimWorkload};

/// Short periods, and suspicions that are soon over.
fn config(flaws: &[SwimFlaw]) -> SwimConfig {
    SwimConfig {
        start: Start::Joining,
        period: ms(40),
        ping_timeout: ms(15),
        suspicion: 1,
        suspicion_spread: 3,
        most_unwell: 3,
        sync_every: 2,
        flaws: flaws.iter().copied().collect(),
        ..SwimConfig::default()
    }
}

/// Five nodes and two clients, over links that lose, double and reorder messages.
fn world(config: SwimConfig) -> Simulation<Swim> {
    let clients = ClientProfile { count: 2, operations: 20, attempts: 4, timeout: ms(100), think: (ms(0), ms(200)) };
    let probability = Probability::ratio(1, 50);
    let latency = Latency::Uniform(ms(1), ms(8));
    Simulation::of(config, 5)
        .network(LinkProfile { latency, loss: probability, duplicate: probability, ..LinkProfile::default() })
        .disk(DiskProfile { sync: (ms(0), ms(1)), ..DiskProfile::default() })
        .workload(clients, SwimWorkload::default())
        .run_for(ms(10_000))
}
