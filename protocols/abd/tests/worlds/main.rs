//! The ABD register in whole simulated worlds.

mod crashes;
mod golden;
mod phases;

use abd::{Abd, AbdConfig};
use parts::registers::RegisterWorkload;
use sim_core::consistency::Level;
use sim_core::{ClientProfile, Latency, LinkProfile, OperationOutcome, Outcome, Simulation, ms};

/// Clients that read and write two registers of this many nodes.
fn calm(config: AbdConfig, nodes: u32) -> Simulation<Abd> {
    let clients = ClientProfile { count: 3, operations: 20, think: (ms(0), ms(20)), ..ClientProfile::default() };
    asked(config, nodes, clients, 50)
}

/// The same with other clients.
fn asked(config: AbdConfig, nodes: u32, clients: ClientProfile, writes_percent: u32) -> Simulation<Abd> {
    Simulation::of(config, nodes)
        .network(LinkProfile { latency: Latency::Uniform(ms(1), ms(10)), ..LinkProfile::default() })
        .workload(clients, RegisterWorkload { keys: 2, writes_percent })
        .consistency(Level::Linearizable)
        .run_for(ms(4000))
}

/// How many operations were asked for, and how many of them completed.
fn completed(outcome: &Outcome<Abd>) -> (usize, usize) {
    let is_done = |outcome: &OperationOutcome<_>| matches!(outcome, OperationOutcome::Ok { .. });
    let operations = || outcome.history.iter().map(|(_, operation)| operation);
    (operations().count(), operations().filter(|operation| is_done(&operation.outcome)).count())
}
