//! PBFT under its one general random scenario: nothing in it is aimed at any flaw.

use protocols::kv::{KvMix, KvWorkload};
use protocols::pbft::{Pbft, PbftConfig};
use sim_core::consistency::Level;
use sim_core::{
    ByzantineNemesis, ClientProfile, ClockProfile, FaultFamily, Latency, Layer, LinkProfile, Nemesis, Probability,
    Rhythm, Selector, Sign, Simulation,
};

use crate::ms;

/// What `pbft/general` of the scenario library does.
pub(crate) fn general(config: PbftConfig, nodes: u32) -> Simulation<Pbft> {
    use FaultFamily::{Crash, Links, Omission, OneWay, Partition, Pause, PowerLoss, Replay, Slow};
    let families = [Crash, PowerLoss, Partition, OneWay, Links, Replay, Omission, Pause, Slow];
    let rhythm = Rhythm { between: ms(1000), lasts: ms(500) };
    let few = Probability::ratio(1, 100);
    let latency = Latency::Uniform(ms(1), ms(10));
    let links = LinkProfile { latency, loss: few, duplicate: few, ..LinkProfile::default() };
    let think = (ms(0), ms(60));
    let clients = ClientProfile { count: 3, operations: 100, timeout: ms(150), think, ..ClientProfile::default() };
    let config = PbftConfig {
        checkpoint_interval: 8,
        log_size: 16,
        view_change_timeout: ms(40),
        max_view_change_timeout: ms(640),
        status_interval: ms(50),
        ..config
    };
    let byzantine = ByzantineNemesis {
        nodes: None,
        layers: Layer::ALL.into(),
        last_round: 12,
        mutated_rounds: 4,
        partitioned_rounds: 4,
        rhythm: Rhythm { between: ms(1000), lasts: ms(1000) },
    };
    let nemesis = Nemesis {
        families: families.map(|family| (family, rhythm)).into(),
        swarm: true,
        unrestricted: false,
        byzantine: Some(byzantine),
    };
    let mix = KvMix { get: 4, put: 2, append: 4, delete: 1, cas: 1 };
    Simulation::of(config, nodes)
        .network(links)
        .clocks(ClockProfile { drift_ppm: 50_000, ..ClockProfile::default() })
        .workload(clients, KvWorkload { keys: 4, mix })
        .nemesis(nemesis)
        .heal_at(ms(6_000))
        .heal_core(vec![Selector::Correct])
        .progress_within(ms(3_000))
        .signs_of_progress(vec![Sign::Operation, Sign::Convergence])
        .run_for(ms(10_000))
        .consistency(Level::Linearizable)
}

/// All goals too: a sweep in which nobody ever takes over a state tests nothing of it.
fn check_green(config: PbftConfig, nodes: u32, seeds: u64) {
    let goals = ["Executed", "StableCheckpoint", "InstalledState", "EnteredView", "BecamePrimary", "SteppedDown"];
    goals.iter().fold(general(config, nodes), |simulation, goal| simulation.sometimes(*goal)).check(0..seeds);
}

#[test]
fn pbft_keeps_what_it_claims() {
    check_green(PbftConfig { read_only: true, ..PbftConfig::default() }, 4, 200);
    check_green(PbftConfig { faulty: 2, read_only: true, ..PbftConfig::default() }, 7, 50);
}

#[test]
fn more_replicas_than_are_needed_do_no_harm() {
    check_green(PbftConfig::default(), 5, 50);
    check_green(PbftConfig::default(), 6, 50);
}

#[test]
fn every_operation_can_be_ordered() {
    check_green(PbftConfig::default(), 4, 100);
}

#[test]
fn pbft_is_safe_with_tiny_batches_and_a_deep_pipeline() {
    check_green(PbftConfig { max_batch: 1, pipeline: 16, ..PbftConfig::default() }, 4, 100);
}
