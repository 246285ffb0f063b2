//! Replicated data types in whole simulated worlds.

mod flaws;
mod golden;
mod healthy;

use crdt::{Crdt, CrdtConfig, CrdtFlaw, CrdtWorkload, Replication};
use sim_core::{ClientProfile, DiskProfile, Guarantee, Latency, LinkProfile, Probability, Simulation, ms};

/// In which ways objects are replicated.
const REPLICATIONS: [Replication; 3] = [Replication::State, Replication::Delta, Replication::Operation];

fn config(replication: Replication, flaws: &[CrdtFlaw]) -> CrdtConfig {
    CrdtConfig { replication, flaws: flaws.iter().copied().collect(), ..CrdtConfig::default() }
}

/// Replicas that update each other over links that lose, double and reorder messages.
fn world(config: CrdtConfig, workload: CrdtWorkload) -> Simulation<Crdt> {
    let clients = ClientProfile { count: 3, operations: 60, attempts: 1, timeout: ms(200), think: (ms(0), ms(20)) };
    let probability = Probability::ratio(1, 20);
    let latency = Latency::Uniform(ms(1), ms(40));
    Simulation::of(config, 3)
        .network(LinkProfile { latency, loss: probability, duplicate: probability, ..LinkProfile::default() })
        .disk(DiskProfile { sync: (ms(0), ms(3)), ..DiskProfile::default() })
        .workload(clients, workload)
        .run_for(ms(6000))
}

/// The same, held to what the data types promise beside their own properties.
fn promising(world: Simulation<Crdt>) -> Simulation<Crdt> {
    let promises = [Guarantee::Eventual, Guarantee::StrongEventual, Guarantee::Durable];
    promises.into_iter().fold(world, Simulation::consistency)
}
