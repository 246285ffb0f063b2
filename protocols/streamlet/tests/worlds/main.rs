//! Streamlet in whole simulated worlds.

mod chains;
mod flaws;
mod golden;

use sim_core::{Latency, LinkProfile, Sign, Simulation, ms};
use streamlet::{Streamlet, StreamletConfig};

/// Epochs of 60 ms on good links, and what must be seen after the heal.
fn calm(config: StreamletConfig, nodes: u32) -> Simulation<Streamlet> {
    Simulation::of(config, nodes)
        .network(LinkProfile { latency: Latency::Uniform(ms(1), ms(10)), ..LinkProfile::default() })
        .heal_at(ms(2000))
        .heal_core(["correct"])
        .signs_of_progress(vec![Sign::Role("finalizing".to_owned()), Sign::Convergence])
        .progress_within(ms(2400))
        .run_for(ms(4500))
}
