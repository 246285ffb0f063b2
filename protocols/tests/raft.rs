//! Raft under its one general random scenario: nothing in it is aimed at any flaw.

use std::num::NonZeroUsize;
use std::ops::ControlFlow;

use protocols::kv::KvWorkload;
use protocols::raft::{Raft, RaftConfig, RaftFlaw, Reads, recover};
use sim_core::{
    Breach, ClientProfile, ClockProfile, Consistency, Duration, FaultFamily, FlawInfo, Latency, LinkProfile, Nemesis,
    Probability, Property, Rhythm, Simulation, Step, SystemUnderTest, World, available_jobs, sweep,
};

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// What `raft/general` of the scenario library does.
fn general(config: RaftConfig, nodes: u32) -> Simulation<Raft> {
    use FaultFamily::{Crash, Links, Omission, OneWay, Partition, Pause, PowerLoss, Slow};
    let families = [Crash, PowerLoss, Partition, OneWay, Links, Omission, Pause, Slow];
    let rhythm = Rhythm { between: ms(1000), lasts: ms(500) };
    let latency = Latency::Uniform(ms(1), ms(10));
    let few = Probability::ratio(1, 100);
    let links = LinkProfile { latency, loss: few, duplicate: few, ..LinkProfile::default() };
    let think = (ms(0), ms(30));
    let clients = ClientProfile { count: 3, operations: 150, timeout: ms(150), think, ..ClientProfile::default() };
    let config =
        RaftConfig { election_timeout: (ms(60), ms(120)), heartbeat_interval: ms(20), snapshot_every: 20, ..config };
    Simulation::of(config, nodes)
        .network(links)
        .clocks(ClockProfile { drift_ppm: 50_000, ..ClockProfile::default() })
        .workload(clients, KvWorkload::default())
        .nemesis(Nemesis { families: families.map(|family| (family, rhythm)).into(), swarm: true })
        .heal_at(ms(8_000))
        .progress_within(ms(3_000))
        .run_for(ms(12_000))
        .consistency(Consistency::Linearizable)
}

/// All goals too: a sweep in which nobody ever installs a snapshot tests nothing of it.
fn check_green(config: RaftConfig, nodes: u32, seeds: u64) {
    let simulation = Raft::EVENTS.iter().fold(general(config, nodes), |simulation, event| simulation.sometimes(*event));
    simulation.check(0..seeds);
}

#[test]
fn raft_keeps_what_it_claims() {
    [3, 4, 5].into_iter().for_each(|nodes| check_green(RaftConfig::default(), nodes, 200));
}

#[test]
fn every_way_to_read_is_linearizable() {
    for reads in [Reads::Lease, Reads::Log] {
        check_green(RaftConfig { reads, ..RaftConfig::default() }, 3, 200);
    }
}

#[test]
fn raft_is_safe_without_the_refinements_of_the_thesis() {
    for (pre_vote, check_quorum) in [(false, false), (false, true), (true, false)] {
        check_green(RaftConfig { pre_vote, check_quorum, ..RaftConfig::default() }, 3, 100);
    }
}

#[test]
fn raft_is_safe_with_tiny_messages_and_frequent_snapshots() {
    let config = RaftConfig { max_entries_per_message: 1, snapshot_every: 3, ..RaftConfig::default() };
    check_green(config, 3, 200);
}

/// What properties take for granted when they look at a node's memory: it is what the node has
/// written.
#[derive(Debug, Default)]
struct MemoryIsWhatTheDiskHolds;

impl Property<Raft> for MemoryIsWhatTheDiskHolds {
    fn name(&self) -> &str {
        "Memory Is What The Disk Holds"
    }

    fn after_step(&mut self, world: &World<'_, Raft>, step: &Step<'_, Raft>) -> Result<(), Breach> {
        let Some(node) = world.node(step.process) else { return Ok(()) };
        let found = recover(world.disk(step.process)).map_err(|broken| Breach::new([], format!("{broken:?}")))?;
        let on_disk = (found.hard_state.term, found.log.base(), found.log.entries());
        let in_memory = (node.term(), node.log().base(), node.log().entries());
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
    general(config, 3).property(MemoryIsWhatTheDiskHolds::default).check(0..100);
}

#[test]
fn a_cluster_of_one_leads_itself() {
    let simulation = general(RaftConfig::default(), 1);
    simulation.sometimes("BecameLeader").sometimes("Committed").check(0..50);
}

/// The general scenario finds `name` within that many seeds, and what it finds is what the flaw is
/// listed for.
fn check_found(name: &str, nodes: u32, seeds: u64) -> String {
    let info: &FlawInfo = Raft::FLAWS.iter().find(|info| info.name == name).expect("the flaw is listed");
    let flaw: RaftFlaw = serde_json::from_str(&format!("{name:?}")).expect("the flaw is configurable");
    let simulation = general(RaftConfig { flaws: [flaw].into(), ..RaftConfig::default() }, nodes);
    let jobs: NonZeroUsize = available_jobs();
    let mut found = None;
    sweep(
        0..seeds,
        jobs,
        |seed| simulation.run(seed).summary.verdict,
        |_, verdict| {
            found = verdict.violation().map(|violation| violation.property.clone());
            if found.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        },
    );
    let found = found.unwrap_or_else(|| panic!("{name} was not found in {seeds} seeds"));
    assert!(info.violates.contains(&found.as_str()), "{name} violated {found}, which it is not listed for");
    found
}

/// How many nodes and seeds it takes: several times the seeds it took when this was written.
const EFFORT: [(&str, u32, u64); 23] = [
    ("stale-vote-reply", 3, 3000),
    ("vote-amnesia", 3, 4000),
    ("term-amnesia", 3, 20),
    ("unsynced-vote", 3, 50),
    ("double-vote", 3, 50),
    ("votes-for-stale-log", 3, 50),
    ("figure-8", 3, 8000),
    ("heartbeat-truncates", 3, 20),
    ("stale-suffix-kept", 3, 50),
    ("skips-prev-check", 3, 50),
    ("leader-overwrites-log", 3, 20),
    ("commit-past-match", 3, 50),
    ("commit-regress", 3, 20),
    ("commit-stalls", 3, 20),
    ("torn-append", 3, 20),
    ("ack-before-sync", 3, 50),
    ("leader-counts-unsynced", 3, 50),
    ("local-read", 3, 200),
    ("lease-read-skew", 3, 6000),
    ("kv-no-dedup", 3, 20),
    ("snapshot-without-sessions", 3, 2000),
    ("stale-snapshot-installed", 3, 500),
    ("snapshot-keeps-suffix", 3, 2000),
];

#[test]
fn every_flaw_is_found_and_every_property_has_one_that_breaks_it() {
    let listed: Vec<&str> = Raft::FLAWS.iter().map(|info| info.name).collect();
    assert_eq!(EFFORT.map(|(name, ..)| name).as_slice(), listed);
    let broken: Vec<String> = EFFORT.iter().map(|(name, nodes, seeds)| check_found(name, *nodes, *seeds)).collect();
    for property in Raft::PROPERTIES {
        assert!(broken.iter().any(|name| name == property.name), "nothing broke {}", property.name);
    }
}
