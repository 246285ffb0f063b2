//! HotStuff under a random nemesis: nothing in it is aimed at any flaw.

use protocols::hotstuff::{HotStuff, HotStuffConfig};
use sim_core::{
    ClockProfile, Consistency, FaultFamily, Latency, LinkProfile, Nemesis, Probability, Rhythm, Simulation,
};

use crate::{calm, ms};

/// What `hotstuff/general` of the scenario library does, without Byzantine nodes.
pub(crate) fn general(config: HotStuffConfig, nodes: u32) -> Simulation<HotStuff> {
    use FaultFamily::{Clock, Crash, Disk, Links, Omission, OneWay, PartialPartition, Partition, Pause, PowerLoss};
    use FaultFamily::{Reordering, Replay, Slow};
    let families = [
        Crash,
        PowerLoss,
        Reordering,
        Partition,
        PartialPartition,
        OneWay,
        Links,
        Omission,
        Pause,
        Slow,
        Clock,
        Disk,
        Replay,
    ];
    let rhythm = Rhythm { between: ms(1000), lasts: ms(400) };
    let few = Probability::ratio(1, 100);
    let latency = Latency::Uniform(ms(1), ms(10));
    calm(config, nodes)
        .network(LinkProfile { latency, loss: few, duplicate: few, ..LinkProfile::default() })
        .clocks(ClockProfile { drift_ppm: 50_000, ..ClockProfile::default() })
        .nemesis(Nemesis { families: families.map(|family| (family, rhythm)).into(), swarm: true, unrestricted: false })
        .heal_at(ms(4_000))
        .progress_within(ms(3_000))
        .run_for(ms(7_500))
        .consistency(Consistency::Linearizable)
}

/// All goals too: a sweep in which nobody ever installs a state tests nothing of it.
fn check_green(config: HotStuffConfig, nodes: u32, seeds: u64) {
    let goals = ["BecameLeader", "Certified", "Committed", "TimedOut", "CaughtUp", "TookCheckpoint", "InstalledState"];
    goals.iter().fold(general(config, nodes), |simulation, goal| simulation.sometimes(*goal)).check(0..seeds);
}

#[test]
fn hotstuff_keeps_what_it_claims() {
    check_green(HotStuffConfig::default(), 4, 1000);
    check_green(HotStuffConfig { faulty: 2, ..HotStuffConfig::default() }, 7, 300);
}
