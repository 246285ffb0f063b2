//! Failure detectors in whole simulated worlds.

mod closed_form;
mod flaws;
mod golden;
mod healthy;
mod measured;
mod trade_off;

use failure_detectors::{DetectorConfig, DetectorFlaw, DetectorKind, DetectorNode, DetectorWorkload};
use sim_core::{ClientProfile, DiskProfile, Latency, LinkProfile, Probability, Simulation, ms};

const KINDS: [DetectorKind; 8] = [
    DetectorKind::Heartbeat,
    DetectorKind::Jacobson,
    DetectorKind::Ping,
    DetectorKind::Gossip,
    DetectorKind::Phi,
    DetectorKind::NfdE,
    DetectorKind::Hybrid,
    DetectorKind::Metrics,
];

fn config(detector: DetectorKind, flaws: &[DetectorFlaw]) -> DetectorConfig {
    let flaws = flaws.iter().copied().collect();
    DetectorConfig { detector, window: 10, min_deviation: ms(12), flaws, ..DetectorConfig::default() }
}

/// Four nodes, over links that lose, double and reorder messages.
fn world(config: DetectorConfig) -> Simulation<DetectorNode> {
    let clients = ClientProfile { count: 2, operations: 40, attempts: 5, timeout: ms(100), think: (ms(0), ms(200)) };
    let probability = Probability::ratio(1, 50);
    let latency = Latency::Uniform(ms(1), ms(20));
    Simulation::of(config, 4)
        .network(LinkProfile { latency, loss: probability, duplicate: probability, ..LinkProfile::default() })
        .disk(DiskProfile { sync: (ms(0), ms(3)), ..DiskProfile::default() })
        .workload(clients, DetectorWorkload::default())
        .run_for(ms(9000))
}
