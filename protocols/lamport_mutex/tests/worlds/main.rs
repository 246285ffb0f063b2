//! Mutual exclusion in whole simulated worlds.

mod flaws;
mod golden;
mod grants;
mod outside;

use lamport_mutex::{LamportMutex, LamportMutexConfig};
use sim_core::{Latency, LinkProfile, Simulation, ms};

/// Processes that ask for the resource again and again, on links that keep the order of messages.
fn calm(config: LamportMutexConfig, nodes: u32) -> Simulation<LamportMutex> {
    let latency = Latency::Uniform(ms(1), ms(50));
    Simulation::of(config, nodes).network(LinkProfile::tcp().taking(latency)).run_for(ms(6000))
}
