//! The bank in whole simulated worlds.

mod blocking;
mod golden;
mod isolation;
mod time;

use atomic_commit::{AtomicCommit, BankWorkload, CommitConfig, CommitFlaw};
use sim_core::{ClientProfile, Fault, Latency, LinkProfile, Probability, Simulation, ms};

/// Clients of this many nodes.
fn calm(config: CommitConfig, nodes: u32, clients: ClientProfile) -> Simulation<AtomicCommit> {
    Simulation::of(config, nodes)
        .network(LinkProfile { latency: Latency::Uniform(ms(1), ms(10)), ..LinkProfile::default() })
        .workload(clients, BankWorkload::default())
        .run_for(ms(6000))
}

/// The same with nodes that lose their power and links that lose messages.
fn faulty(flaws: impl IntoIterator<Item = CommitFlaw>, audits_percent: u32) -> Simulation<AtomicCommit> {
    let config = CommitConfig { flaws: flaws.into_iter().collect(), ..CommitConfig::default() };
    let clients = ClientProfile { count: 4, operations: 25, think: (ms(0), ms(20)), ..ClientProfile::default() };
    let lossy = LinkProfile {
        latency: Latency::Uniform(ms(1), ms(10)),
        loss: Probability::ratio(1, 50),
        duplicate: Probability::ratio(1, 50),
        ..LinkProfile::default()
    };
    let power_loss = |at| Fault::crash("random:1").power_loss().restart_after(ms(100)).at(ms(at));
    let workload = BankWorkload { audits_percent, ..BankWorkload::default() };
    let world = calm(config, 3, clients).workload(clients, workload).network(lossy).heal_at(ms(2000));
    [300, 700, 1100, 1500].into_iter().fold(world, |world, at| world.fault(power_loss(at)))
}
