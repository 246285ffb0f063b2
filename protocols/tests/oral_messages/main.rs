//! Oral messages in whole simulated worlds.

#[path = "../common/mod.rs"]
mod common;
mod flaws;
mod generals;

use protocols::oral_messages::{General, OralMessagesConfig};
use sim_core::{ClockProfile, Duration, Latency, LinkProfile, Probability, Rhythm, Simulation};

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// OM(m) among so many generals, of whom each commands once.
fn generals(config: OralMessagesConfig, nodes: u32) -> Simulation<General> {
    let config = OralMessagesConfig { orders: nodes, round: ms(20), delay_bound: ms(10), ..config };
    let rounds = u64::from(nodes * (config.m + 1));
    Simulation::of(config, nodes)
        .network(LinkProfile { latency: Latency::Uniform(ms(1), ms(10)), ..LinkProfile::default() })
        .run_for(ms(20) * (rounds + 3))
}

/// What `oral-messages/general` of the scenario library does.
fn general(config: OralMessagesConfig, nodes: u32) -> Simulation<General> {
    let rounds = u64::from(nodes * (config.m + 1));
    let latency = Latency::Uniform(ms(1), ms(10));
    let network = LinkProfile { latency, duplicate: Probability::ratio(1, 20), ..LinkProfile::default() };
    let byzantine = common::byzantine(rounds, 0, Rhythm { between: ms(50), lasts: ms(50) });
    generals(config, nodes)
        .network(network)
        .clocks(ClockProfile { drift_ppm: 8_000, ..ClockProfile::default() })
        .nemesis(common::nemesis(byzantine, &[]))
}
