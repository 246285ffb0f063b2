//! The quorum store in whole simulated worlds.

mod golden;
mod quorums;
mod repair;

use quorum_store::{QuorumConfig, QuorumStore, QuorumWorkload};
use sim_core::{ClientProfile, Fault, Guarantee, Latency, LinkProfile, OperationOutcome, Outcome, Simulation, ms};

/// Clients of n0, n1 and n2, which read and write three keys of five nodes.
fn calm(config: QuorumConfig) -> Simulation<QuorumStore> {
    let clients = ClientProfile { count: 3, operations: 20, think: (ms(0), ms(20)), ..ClientProfile::default() };
    asked(config, clients, 50)
}

/// The same with other clients.
fn asked(config: QuorumConfig, clients: ClientProfile, writes_percent: u32) -> Simulation<QuorumStore> {
    Simulation::of(config, 5)
        .network(LinkProfile { latency: Latency::Uniform(ms(1), ms(10)), ..LinkProfile::default() })
        .workload(clients, QuorumWorkload { writes_percent, ..QuorumWorkload::default() })
        .consistency(Guarantee::Eventual)
        .run_for(ms(6000))
}

/// A node stops before anybody asks for anything, and comes back two seconds later.
fn down(node: &'static str) -> Fault {
    Fault::crash(node).restart_after(ms(2000)).at(ms(0)).into()
}

/// How many operations were asked for, and how many of them completed before anything came back.
fn completed_soon(outcome: &Outcome<QuorumStore>) -> (usize, usize) {
    let is_done = |outcome: &OperationOutcome<_>| match outcome {
        OperationOutcome::Ok { at, .. } => at.time_ns < ms(2000).as_nanos(),
        _ => false,
    };
    let operations = || outcome.history.iter().map(|(_, operation)| operation);
    (operations().count(), operations().filter(|operation| is_done(&operation.outcome)).count())
}
