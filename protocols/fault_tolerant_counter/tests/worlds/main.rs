//! The counter in whole simulated worlds.

mod golden;
mod wipes;

use fault_tolerant_counter::{CounterConfig, CounterWorkload, FaultTolerantCounter};
use sim_core::consistency::Level;
use sim_core::{ClientProfile, Latency, LinkProfile, Simulation, ms};

/// Clients that change and read a counter of this many nodes, the keeper among them.
fn calm(config: CounterConfig, nodes: u32) -> Simulation<FaultTolerantCounter> {
    let clients = ClientProfile {
        count: 3,
        operations: 30,
        think: (ms(0), ms(20)),
        timeout: ms(100),
        ..ClientProfile::default()
    };
    asked(config, nodes, clients)
}

/// The same with other clients.
fn asked(config: CounterConfig, nodes: u32, clients: ClientProfile) -> Simulation<FaultTolerantCounter> {
    Simulation::of(config, nodes)
        .network(LinkProfile { latency: Latency::Uniform(ms(1), ms(10)), ..LinkProfile::default() })
        .workload(clients, CounterWorkload::default())
        .consistency(Level::Linearizable)
        .run_for(ms(4000))
}
