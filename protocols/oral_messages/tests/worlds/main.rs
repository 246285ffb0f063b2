//! Oral messages in whole simulated worlds.

mod generals;
mod golden;

use oral_messages::{General, OralMessagesConfig};
use sim_core::{Latency, LinkProfile, Simulation, ms};

/// OM(m) among so many generals, of whom each commands once.
fn generals(config: OralMessagesConfig, nodes: u32) -> Simulation<General> {
    let config = OralMessagesConfig { orders: nodes, round: ms(20), delay_bound: ms(10), ..config };
    let rounds = u64::from(nodes * (config.m + 1));
    Simulation::of(config, nodes)
        .network(LinkProfile { latency: Latency::Uniform(ms(1), ms(10)), ..LinkProfile::default() })
        .run_for(ms(20) * (rounds + 3))
}
