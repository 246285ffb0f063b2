//! Reliable broadcast in whole simulated worlds.

mod broadcasts;
mod flaws;
mod golden;

use bracha::{Bracha, BrachaConfig};
use sim_core::{Latency, LinkProfile, Simulation, ms};

/// Three broadcasts of each node, on good links.
fn calm(config: BrachaConfig, nodes: u32) -> Simulation<Bracha> {
    let config = BrachaConfig { broadcasts: 3, interval: ms(300), ..config };
    let latency = Latency::Uniform(ms(1), ms(50));
    Simulation::of(config, nodes)
        .network(LinkProfile { latency, ..LinkProfile::default() })
        .heal_at(ms(2000))
        .heal_core(["correct"])
        .run_for(ms(5000))
}
