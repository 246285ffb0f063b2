//! A causal store in whole simulated worlds.

mod flaws;
mod golden;
mod healthy;

use causal::{Causal, CausalConfig, CausalFlaw};
use parts::registers::RegisterWorkload;
use parts::stickiness::Stickiness;
use sim_core::{ClientProfile, DiskProfile, Latency, LinkProfile, Probability, Simulation, ms};

fn config(sessions: Stickiness, flaws: &[CausalFlaw]) -> CausalConfig {
    CausalConfig { sessions, flaws: flaws.iter().copied().collect(), ..CausalConfig::default() }
}

/// Three data centres of two nodes each, over links that lose, double and reorder messages.
fn world(config: CausalConfig) -> Simulation<Causal> {
    let clients = ClientProfile { count: 4, operations: 40, attempts: 4, timeout: ms(150), think: (ms(0), ms(20)) };
    let probability = Probability::ratio(1, 20);
    let latency = Latency::Uniform(ms(1), ms(40));
    Simulation::of(config, 6)
        .network(LinkProfile { latency, loss: probability, duplicate: probability, ..LinkProfile::default() })
        .disk(DiskProfile { sync: (ms(0), ms(3)), ..DiskProfile::default() })
        .workload(clients, RegisterWorkload { keys: 4, writes_percent: 50 })
        .run_for(ms(6000))
}
