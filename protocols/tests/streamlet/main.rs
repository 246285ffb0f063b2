//! Streamlet in whole simulated worlds.

mod chains;
#[path = "../common/mod.rs"]
mod common;
mod flaws;

use protocols::streamlet::{Streamlet, StreamletConfig};
use sim_core::{Duration, FaultFamily, Latency, LinkProfile, Probability, Rhythm, Selector, Sign, Simulation};

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Epochs of 60 ms on good links, and what must be seen after the heal.
fn calm(config: StreamletConfig, nodes: u32) -> Simulation<Streamlet> {
    Simulation::of(config, nodes)
        .network(LinkProfile { latency: Latency::Uniform(ms(1), ms(10)), ..LinkProfile::default() })
        .heal_at(ms(2000))
        .heal_core(vec![Selector::Correct])
        .signs_of_progress(vec![Sign::Role("finalizing".to_owned()), Sign::Convergence])
        .progress_within(ms(2400))
        .run_for(ms(4500))
}

/// What `streamlet/general` of the scenario library does.
fn general(config: StreamletConfig, nodes: u32) -> Simulation<Streamlet> {
    use FaultFamily::{
        Crash, Disk, Links, Omission, OneWay, PartialPartition, Partition, Pause, PowerLoss, Reordering, Replay, Slow,
    };
    let families =
        [Crash, PowerLoss, Reordering, Partition, PartialPartition, OneWay, Links, Replay, Omission, Pause, Slow, Disk];
    let few = Probability::ratio(1, 100);
    let latency = Latency::Uniform(ms(1), ms(10));
    let byzantine = common::byzantine(66, 12, Rhythm { between: ms(500), lasts: ms(300) });
    calm(config, nodes)
        .network(LinkProfile { latency, loss: few, duplicate: few, ..LinkProfile::default() })
        .nemesis(common::nemesis(byzantine, &families))
}
