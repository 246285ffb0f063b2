//! A simulation that is described in Rust and the scenario file that says the same have the same runs.

use bracha::{Bracha, BrachaConfig};
use parts::kv::{KvMix, KvWorkload};
use raft::{Raft, RaftConfig};
use scenarios::{Override, Registry, Scenario, library, load};
use sim_core::consistency::Level;
use sim_core::{
    ByzantineNemesis, ClientProfile, ClockProfile, Fault, FaultFamily, Latency, LinkProfile, Milestone, Nemesis,
    Probability, Rhythm, Simulation, SystemUnderTest, ms, secs,
};

/// How many seeds of each are run in both ways.
const SEEDS: u64 = 6;

fn in_file(name: &str, settings: &[&str]) -> Scenario {
    let source = library::find(name).unwrap_or_else(|error| panic!("{name}: {error}")).remove(0);
    let settings: Vec<Override> = settings.iter().map(|text| Override::parse(text).unwrap()).collect();
    load(&Registry::standard(), &source, &settings)
        .unwrap_or_else(|mistakes| panic!("{name}: {}", mistakes[0].render(false)))
}

/// Everything that a run comes to is the same, whichever way it was described.
#[track_caller]
fn check_same<P: SystemUnderTest>(scenario: &Scenario, simulation: &Simulation<P>) {
    for seed in 0..SEEDS {
        let (of_file, of_rust) = (scenario.prepared.run(seed), simulation.run(seed).summary);
        assert_eq!(of_rust.trace_hash, of_file.trace_hash, "{} and its twin in Rust, seed {seed}", scenario.name);
        assert_eq!(of_rust, of_file, "seed {seed}");
    }
}

fn with_rhythms(families: &[(FaultFamily, u64, u64)]) -> Nemesis {
    let families = families.iter().map(|(family, every, lasts)| (*family, Rhythm::new(ms(*every), ms(*lasts))));
    Nemesis { families: families.collect(), ..Nemesis::of([], Rhythm::default()) }
}

fn lossy(shortest: u64, longest: u64) -> LinkProfile {
    let few = Probability::ratio(1, 100);
    let latency = Latency::Uniform(ms(shortest), ms(longest));
    LinkProfile { latency, loss: few, duplicate: few, ..LinkProfile::default() }
}

#[test]
fn raft_among_random_faults() {
    use FaultFamily::{
        Aimed, Clock, Crash, Disk, Links, Omission, OneWay, Operator, PartialPartition, Partition, Pause, PowerLoss,
        Reordering, Replay, Slow, Starvation,
    };
    let nemesis = with_rhythms(&[
        (Crash, 1000, 300),
        (PowerLoss, 1000, 300),
        (Reordering, 1000, 300),
        (Partition, 1000, 500),
        (PartialPartition, 1000, 500),
        (OneWay, 1500, 500),
        (Links, 1000, 1000),
        (Replay, 2000, 1000),
        (Omission, 2000, 500),
        (Pause, 1000, 300),
        (Slow, 2000, 1000),
        (Clock, 2000, 1000),
        (Disk, 2000, 300),
        (Operator, 200, 1000),
        (Starvation, 1000, 300),
        (Aimed, 500, 300),
    ]);
    let config = RaftConfig {
        election_timeout: (ms(60), ms(120)),
        heartbeat_interval: ms(20),
        check_quorum: true,
        ..RaftConfig::default()
    };
    let clients = ClientProfile {
        count: 3,
        operations: 200,
        timeout: ms(150),
        think: (ms(0), ms(30)),
        ..ClientProfile::default()
    };
    let mix = KvMix { get: 5, put: 2, append: 3, delete: 1, cas: 1, ..KvMix::default() };
    let goals = [
        "BecameLeader",
        "SteppedDown",
        "Committed",
        "TookSnapshot",
        "InstalledSnapshot",
        "AssembledSnapshot",
        "SnapshotAcknowledged",
    ];
    let simulation = Simulation::<Raft>::of(config, 4)
        .network(lossy(1, 10))
        .clocks(ClockProfile { drift_ppm: 50_000, ..ClockProfile::default() })
        .workload(clients, KvWorkload { keys: 4, mix, ..KvWorkload::default() })
        .nemesis(nemesis)
        .heal_at(secs(8))
        .heal_core(["quorum"])
        .run_for(secs(12))
        .consistency(Level::Linearizable)
        .progress_within(secs(3));
    let simulation = goals.into_iter().fold(simulation, |simulation, goal| simulation.sometimes(goal));
    // A seed that draws the protocol's settings is a scenario of its own.
    check_same(&in_file("raft/general", &["nemesis.switches=false"]), &simulation);
}

#[test]
fn raft_with_faults_that_are_declared_and_all_else_left_as_it_is() {
    let crash = || Fault::crash("leader").restart_after(ms(700));
    let simulation = Simulation::<Raft>::of(RaftConfig::default(), 5)
        .workload(ClientProfile { count: 3, operations: 400, ..ClientProfile::default() }, KvWorkload::default())
        .fault(crash().after(Milestone::event("BecameLeader", 1)))
        .fault(crash().after(Milestone::event("BecameLeader", 2)))
        .fault(crash().mid_step().after(Milestone::event("BecameLeader", 3)))
        .heal_at(secs(6))
        .run_for(secs(12))
        .consistency(Level::Linearizable)
        .progress_within(secs(5));
    check_same(&in_file("raft/leader-crashes", &[]), &simulation);
}

/// A description that differs in one thing is another run: the comparison would notice.
#[test]
fn another_description_has_other_runs() {
    let simulation = Simulation::<Raft>::of(RaftConfig::default(), 5)
        .workload(ClientProfile { count: 3, operations: 400, ..ClientProfile::default() }, KvWorkload::default())
        .run_for(secs(12));
    let scenario = in_file("raft/leader-crashes", &[]);
    assert_ne!(simulation.run(0).summary.trace_hash, scenario.prepared.run(0).trace_hash);
}

#[test]
fn bracha_among_random_faults_and_traitors() {
    use FaultFamily::{
        Clock, Crash, Disk, Links, Omission, OneWay, PartialPartition, Partition, Pause, PowerLoss, Reordering, Replay,
        Slow,
    };
    let rhythm = Rhythm::new(ms(300), ms(300));
    let nemesis = with_rhythms(&[
        (Crash, 500, 200),
        (PowerLoss, 500, 200),
        (Reordering, 500, 200),
        (Partition, 500, 300),
        (PartialPartition, 500, 300),
        (OneWay, 500, 300),
        (Links, 500, 500),
        (Replay, 1000, 500),
        (Omission, 1000, 300),
        (Pause, 500, 200),
        (Slow, 1000, 500),
        (Clock, 1000, 500),
        (Disk, 1000, 200),
    ])
    .byzantine(ByzantineNemesis { last_round: 8, ..ByzantineNemesis::new(rhythm) });
    let simulation =
        Simulation::<Bracha>::of(BrachaConfig { f: 1, broadcasts: 3, interval: ms(300), ..BrachaConfig::default() }, 4)
            .network(lossy(1, 50))
            .clocks(ClockProfile { drift_ppm: 100_000, ..ClockProfile::default() })
            .nemesis(nemesis)
            .heal_at(secs(2))
            .heal_core(["correct"])
            .run_for(secs(5));
    let simulation = ["Broadcast", "Amplified", "Delivered"].into_iter().fold(simulation, Simulation::sometimes);
    check_same(&in_file("bracha/general", &[]), &simulation);
}
