//! What holds of Paxos in a world of random faults beyond its properties.

use parts::kv::KvWorkload;
use paxos::{Members, Paxos, PaxosConfig, Reads, recover};
use sim_core::consistency::Level;
use sim_core::{
    Breach, ClientProfile, FaultFamily, Latency, LinkProfile, Nemesis, Probability, Property, Rhythm, Simulation, Step,
    World, ms,
};

/// Random faults of the families that do most, and operators.
fn general(config: PaxosConfig, nodes: u32) -> Simulation<Paxos> {
    use FaultFamily::{Crash, Links, Omission, OneWay, Operator, Partition, Pause, PowerLoss};
    let families = [Crash, PowerLoss, Partition, OneWay, Links, Omission, Pause, Operator];
    let few = Probability::ratio(1, 100);
    let latency = Latency::Uniform(ms(1), ms(10));
    let clients = ClientProfile {
        count: 3,
        operations: 100,
        timeout: ms(150),
        think: (ms(0), ms(30)),
        ..ClientProfile::default()
    };
    let config =
        PaxosConfig { election_timeout: (ms(60), ms(120)), heartbeat_interval: ms(20), snapshot_every: 10, ..config };
    Simulation::of(config, nodes)
        .network(LinkProfile { latency, loss: few, duplicate: few, ..LinkProfile::default() })
        .workload(clients, KvWorkload::default())
        .consistency(Level::Linearizable)
        .nemesis(Nemesis::of(families, Rhythm::new(ms(1000), ms(500))))
        .heal_at(ms(4_000))
        .progress_within(ms(3_000))
        .run_for(ms(7_000))
}

/// What properties take for granted when they look at a node's memory: it is what the node has written.
#[derive(Debug)]
struct MemoryIsWhatTheDiskHolds;

impl Property<Paxos> for MemoryIsWhatTheDiskHolds {
    fn after_step(&mut self, world: &World<'_, Paxos>, step: &Step<'_, Paxos>) -> Result<(), Breach> {
        let Some(node) = world.node(step.process) else { return Ok(()) };
        let initial = Members::of(world.node_ids().iter().copied()).expect("there are nodes");
        let found =
            recover(&initial, world.disk(step.process)).map_err(|broken| Breach::new([], format!("{broken:?}")))?;
        let accepted = |of: &paxos::Acceptor<paxos::Command>| {
            of.accepted_from(0).map(|(instance, proposal)| (instance, proposal.clone())).collect::<Vec<_>>()
        };
        let on_disk = (found.acceptor.promised(), found.learner.base(), accepted(&found.acceptor));
        let in_memory = (node.acceptor().promised(), node.learner().base(), accepted(node.acceptor()));
        if on_disk == in_memory {
            return Ok(());
        }
        let me = world.identity(step.process);
        Err(Breach::new([me], format!("{me} knows {in_memory:?} and has written {on_disk:?}")))
    }
}

#[test]
fn memory_is_what_the_disk_holds() {
    general(PaxosConfig::default(), 4)
        .property("Memory Is What The Disk Holds", || MemoryIsWhatTheDiskHolds)
        .check(0..100);
}

#[test]
fn a_cluster_of_one_leads_itself() {
    let config = PaxosConfig { reads: Reads::Lease, ..PaxosConfig::default() };
    general(config, 1).sometimes("BecameLeader").sometimes("Chose").check(0..50);
}
