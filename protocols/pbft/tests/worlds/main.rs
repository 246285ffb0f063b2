//! PBFT in whole simulated worlds.

mod byzantine;
mod golden;
mod normal_case;
mod recovery;
mod view_changes;

use parts::kv::KvWorkload;
use pbft::{Pbft, PbftConfig};
use sim_core::consistency::Level;
use sim_core::{ClientProfile, Latency, LinkProfile, NodeId, Outcome, Selector, Simulation, ms};

const fn node(index: u32) -> Selector {
    Selector::Node(NodeId::node(index))
}

/// A quick group without faults, but for those that are added.
fn calm(config: PbftConfig, nodes: u32) -> Simulation<Pbft> {
    quick(PbftConfig { checkpoint_interval: 8, log_size: 16, ..config }, nodes)
}

/// The same with the smallest log that there can be: every place is a checkpoint.
fn with_the_smallest_log(config: PbftConfig, nodes: u32) -> Simulation<Pbft> {
    quick(PbftConfig { checkpoint_interval: 1, log_size: 2, ..config }, nodes)
}

fn quick(config: PbftConfig, nodes: u32) -> Simulation<Pbft> {
    let clients = ClientProfile {
        count: 3,
        operations: 60,
        timeout: ms(150),
        think: (ms(0), ms(60)),
        ..ClientProfile::default()
    };
    let config = PbftConfig { status_interval: ms(50), ..config };
    Simulation::of(config, nodes)
        .network(LinkProfile { latency: Latency::Uniform(ms(1), ms(10)), ..LinkProfile::default() })
        .workload(clients, KvWorkload::default())
        .consistency(Level::Linearizable)
}

/// How many operations were answered.
fn answered(outcome: &Outcome<Pbft>) -> u64 {
    outcome.history.outcomes().ok
}
