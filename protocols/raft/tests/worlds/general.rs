//! What holds of Raft in a world of random faults beyond its properties.

use parts::kv::{KvMix, KvWorkload};
use raft::{Configuration, Raft, RaftConfig, Reads, recover};
use sim_core::consistency::Level;
use sim_core::{
    Breach, ClientProfile, ClockProfile, Fault, FaultFamily, Latency, LinkProfile, Milestone, Nemesis, Probability,
    Property, Rhythm, Simulation, Step, World,
};

use crate::{calm, ms};

/// Random faults of the families that do most.
pub(crate) fn general(config: RaftConfig, nodes: u32) -> Simulation<Raft> {
    in_general(config, nodes, KvWorkload::default()).consistency(Level::Linearizable)
}

/// The same with nothing but reads and writes of whole values, of which any level can be told, and
/// without expecting one.
pub(crate) fn general_but_for_reads(config: RaftConfig, nodes: u32) -> Simulation<Raft> {
    let mix = KvMix { get: 5, put: 3, ..KvMix::default() };
    in_general(config, nodes, KvWorkload { mix, ..KvWorkload::default() })
}

fn in_general(config: RaftConfig, nodes: u32, workload: KvWorkload) -> Simulation<Raft> {
    use FaultFamily::{Crash, Links, Omission, OneWay, Partition, Pause, PowerLoss, Slow};
    let families = [Crash, PowerLoss, Partition, OneWay, Links, Omission, Pause, Slow];
    let rhythm = Rhythm::new(ms(1000), ms(500));
    let latency = Latency::Uniform(ms(1), ms(10));
    let few = Probability::ratio(1, 100);
    let links = LinkProfile { latency, loss: few, duplicate: few, ..LinkProfile::default() };
    let think = (ms(0), ms(30));
    let clients = ClientProfile { count: 3, operations: 150, timeout: ms(150), think, ..ClientProfile::default() };
    let config = RaftConfig {
        election_timeout: (ms(60), ms(120)),
        heartbeat_interval: ms(20),
        snapshot_every: config.snapshot_every.min(20),
        resident_clients: 1,
        ..config
    };
    Simulation::of(config, nodes)
        .network(links)
        .clocks(ClockProfile { drift_ppm: 50_000, ..ClockProfile::default() })
        .workload(clients, workload)
        .nemesis(Nemesis::of(families, rhythm))
        .heal_at(ms(8_000))
        .progress_within(ms(3_000))
        .run_for(ms(12_000))
}

/// A follower that lags behind is no excuse for a session to go back.
#[test]
fn reads_from_followers_are_sequential_and_not_linearizable() {
    let config = RaftConfig { reads: Reads::Follower, ..RaftConfig::default() };
    let simulation = general_but_for_reads(config, 3);
    let sequential = simulation.clone().consistency(Level::Sequential);
    // Some histories are too hard to judge within the budget; none is found wrong.
    let verdicts = (0..20).map(|seed| sequential.run(seed).summary.verdict).collect::<Vec<_>>();
    assert!(verdicts.iter().all(|verdict| verdict.violation().is_none()), "{verdicts:?}");
    assert!(verdicts.iter().filter(|verdict| verdict.is_passed()).count() >= 10, "{verdicts:?}");
    let linearizable = simulation.consistency(Level::Linearizable);
    let violated = |seed: &u64| {
        let verdict = linearizable.run(*seed).summary.verdict;
        verdict.violation().is_some_and(|violation| violation.property == "Linearizability")
    };
    assert!((0..20).filter(violated).count() > 10, "most runs show a session that is behind");
}

/// A snapshot that comes in many chunks is the same as one that comes in one, whatever is lost, doubled
/// and late, and whoever crashes and leads in between.
#[test]
fn snapshots_may_be_sent_in_chunks_of_any_size() {
    for snapshot_chunk in [1, 2, 3] {
        let config = RaftConfig { snapshot_chunk, snapshot_every: 5, ..RaftConfig::default() };
        let simulation =
            general(config, 3).property("Memory Is What The Disk Holds", || MemoryIsWhatTheDiskHolds { members: 3 });
        let goals = ["InstalledSnapshot", "AssembledSnapshot", "SnapshotAcknowledged"];
        goals.iter().fold(simulation, |simulation, goal| simulation.sometimes(*goal)).check(0..150);
    }
}

/// What properties take for granted when they look at a node's memory: it is what the node has
/// written.
#[derive(Debug)]
pub(crate) struct MemoryIsWhatTheDiskHolds {
    /// How many of the nodes are members in the beginning.
    pub(crate) members: usize,
}

impl Property<Raft> for MemoryIsWhatTheDiskHolds {
    fn after_step(&mut self, world: &World<'_, Raft>, step: &Step<'_, Raft>) -> Result<(), Breach> {
        let Some(node) = world.node(step.process) else { return Ok(()) };
        let initial = Configuration::of(world.node_ids().iter().copied().take(self.members));
        let found =
            recover(&initial, world.disk(step.process)).map_err(|broken| Breach::new([], format!("{broken:?}")))?;
        let on_disk = (found.hard_state.term, found.log.base(), found.log.entries(), found.log.configuration());
        let in_memory = (node.term(), node.log().base(), node.log().entries(), node.log().configuration());
        if on_disk == in_memory {
            return Ok(());
        }
        let me = world.identity(step.process);
        Err(Breach::new([me], format!("{me} knows {in_memory:?} and has written {on_disk:?}")))
    }
}

#[test]
fn memory_is_what_the_disk_holds() {
    let config = RaftConfig { snapshot_every: 10, ..RaftConfig::default() };
    general(config, 3)
        .property("Memory Is What The Disk Holds", || MemoryIsWhatTheDiskHolds { members: 3 })
        .check(0..100);
}

#[test]
fn a_cluster_of_one_leads_itself() {
    let simulation = general(RaftConfig::default(), 1);
    simulation.sometimes("BecameLeader").sometimes("Committed").check(0..50);
}

#[test]
fn an_event_that_no_node_announces_is_refused() {
    let refused = |simulation: Simulation<Raft>| simulation.validate().expect_err("no node announces Elected").1;
    let goal = refused(calm(RaftConfig::default(), 3).sometimes("Elected"));
    assert!(
        goal.starts_with("no node announces Elected: the events are [") && goal.contains("\"BecameLeader\""),
        "{goal}"
    );
    let crash = Fault::crash("leader").after(Milestone::event("Elected", 1));
    assert_eq!(refused(calm(RaftConfig::default(), 3).fault(crash)), goal);
}
