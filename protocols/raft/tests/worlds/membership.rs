//! Raft while its members change and its leadership is handed over, at random and with faults.

use parts::kv::KvWorkload;
use raft::{Event, Raft, RaftConfig, Reads};
use sim_core::consistency::Level;
use sim_core::{
    ClientProfile, ClockProfile, Fault, FaultFamily, Kinds, Latency, LinkProfile, Nemesis, Probability, Rhythm,
    Simulation,
};

use crate::general::MemoryIsWhatTheDiskHolds;
use crate::ms;

/// What `raft/membership` of the scenario library does: an operator who asks for something at random
/// every 150 ms.
pub(crate) fn restless(config: RaftConfig) -> Simulation<Raft> {
    use FaultFamily::{Crash, Links, Omission, OneWay, Partition, Pause, PowerLoss, Slow};
    let families = [Crash, PowerLoss, Partition, OneWay, Links, Omission, Pause, Slow];
    let rhythm = Rhythm::new(ms(2000), ms(400));
    let few = Probability::ratio(1, 100);
    let links =
        LinkProfile { latency: Latency::Uniform(ms(1), ms(10)), loss: few, duplicate: few, ..LinkProfile::default() };
    let think = (ms(0), ms(50));
    let clients = ClientProfile { count: 3, operations: 150, timeout: ms(150), think, ..ClientProfile::default() };
    let config = RaftConfig {
        election_timeout: (ms(60), ms(120)),
        heartbeat_interval: ms(20),
        snapshot_every: config.snapshot_every.min(20),
        snapshot_chunk: 3,
        members: Some(3),
        ..config
    };
    let simulation = Simulation::of(config, 6)
        .network(links)
        .clocks(ClockProfile { drift_ppm: 50_000, ..ClockProfile::default() })
        .workload(clients, KvWorkload::default())
        .nemesis(Nemesis::of(families, rhythm))
        .heal_at(ms(8_000))
        .progress_within(ms(3_000))
        .run_for(ms(12_000))
        .consistency(Level::Linearizable);
    let actions = [
        ("add_server", 1),
        ("remove_server", 1),
        ("change_membership", 3),
        ("add_server", 1),
        ("transfer_leadership", 0),
        ("add_non_voter", 1),
        ("change_membership", 2),
        ("add_server", 1),
        ("change_membership", 5),
        ("remove_server", 1),
        ("transfer_leadership", 1),
    ];
    let faults = actions.iter().cycle().take(50).zip(1..).map(|((action, count), turn)| {
        let nodes = vec!["random"; *count];
        Fault::operate("leader", *action).nodes(nodes).at(ms(150 * turn))
    });
    faults.fold(simulation, Simulation::fault)
}

fn check_green(config: RaftConfig, seeds: u64) {
    let simulation = Event::KINDS.iter().fold(restless(config), |simulation, event| simulation.sometimes(*event));
    simulation.check(0..seeds);
}

#[test]
fn raft_keeps_what_it_claims_while_its_members_change() {
    check_green(RaftConfig::default(), 200);
}

#[test]
fn every_way_to_read_is_linearizable_while_the_members_change() {
    for reads in [Reads::Lease, Reads::Log] {
        check_green(RaftConfig { reads, ..RaftConfig::default() }, 100);
    }
}

#[test]
fn the_configuration_in_memory_is_what_the_disk_holds() {
    let config = RaftConfig { snapshot_every: 10, ..RaftConfig::default() };
    restless(config)
        .property("Memory Is What The Disk Holds", || MemoryIsWhatTheDiskHolds { members: 3 })
        .check(0..100);
}
