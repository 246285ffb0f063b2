//! Runs of the library's Raft, as short as a run can be and still test something: an election,
//! operations of clients, the faults of a nemesis, all properties after each of about 320 steps and
//! the check for linearizability at the end. Making a run and ending it counts.

use parts::kv::KvWorkload;
use raft::{Raft, RaftConfig};
use sim_core::consistency::Level;
use sim_core::{ClientProfile, FaultFamily, LinkProfile, Nemesis, Outcome, Probability, Rhythm, Simulation, ms};

use crate::report::{Measured, Report};

const NODES: u32 = 3;

/// `runs` runs one after the other, of as many seeds from `seed` on.
pub(crate) fn measure(runs: u64, seed: u64) -> Report {
    let simulation = simulation();
    let run = Measured::of_many(&simulation, seed..seed.saturating_add(runs), assert_not_idle);
    let check = format!("acked={} ", run.completed);
    Report { workload: "short", params: vec![("n", u64::from(NODES))], run, check }
}

pub(crate) fn simulation() -> Simulation<Raft> {
    let config =
        RaftConfig { election_timeout: (ms(50), ms(100)), heartbeat_interval: ms(40), ..RaftConfig::default() };
    let network = LinkProfile { loss: Probability::ratio(1, 100), ..LinkProfile::default() };
    let clients =
        ClientProfile { count: 2, operations: 10, timeout: ms(80), think: (ms(0), ms(80)), ..ClientProfile::default() };
    Simulation::of(config, NODES)
        .network(network)
        .workload(clients, KvWorkload::default())
        .nemesis(nemesis())
        .heal_at(ms(200))
        .run_for(ms(850))
        .consistency(Level::Linearizable)
}

/// Not a swarm: every run is to have faults.
fn nemesis() -> Nemesis {
    use FaultFamily::{Crash, Links, Partition, Pause, PowerLoss};
    Nemesis::of([Crash, PowerLoss, Partition, Links, Pause], Rhythm::new(ms(60), ms(20))).in_every_seed()
}

/// A run in which nothing fails or nothing gets done would be short for the wrong reason.
fn assert_not_idle(seed: u64, outcome: &Outcome<Raft>) {
    assert!(outcome.summary.faults.iter().any(|fault| fault.began.is_some()), "seed {seed} has no fault");
    assert!(outcome.history.outcomes().ok > 0, "seed {seed} completes no operation");
}
