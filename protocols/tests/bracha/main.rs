//! Reliable broadcast in whole simulated worlds.

mod broadcasts;
#[path = "../common/mod.rs"]
mod common;
mod flaws;

use protocols::bracha::{Bracha, BrachaConfig};
use sim_core::{ClockProfile, Duration, FaultFamily, Latency, LinkProfile, Probability, Rhythm, Selector, Simulation};

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Three broadcasts of each node, on good links.
fn calm(config: BrachaConfig, nodes: u32) -> Simulation<Bracha> {
    let config = BrachaConfig { broadcasts: 3, interval: ms(300), ..config };
    let latency = Latency::Uniform(ms(1), ms(50));
    Simulation::of(config, nodes)
        .network(LinkProfile { latency, ..LinkProfile::default() })
        .heal_at(ms(2000))
        .heal_core(vec![Selector::Correct])
        .run_for(ms(5000))
}

/// What `bracha/general` of the scenario library does.
fn general(config: BrachaConfig, nodes: u32) -> Simulation<Bracha> {
    use FaultFamily::{
        Clock, Crash, Disk, Links, Omission, OneWay, PartialPartition, Partition, Pause, PowerLoss, Reordering, Replay,
        Slow,
    };
    let families = [
        Crash,
        PowerLoss,
        Reordering,
        Partition,
        PartialPartition,
        OneWay,
        Links,
        Replay,
        Omission,
        Pause,
        Slow,
        Clock,
        Disk,
    ];
    let few = Probability::ratio(1, 100);
    let latency = Latency::Uniform(ms(1), ms(50));
    let byzantine = common::byzantine(8, 4, Rhythm { between: ms(500), lasts: ms(300) });
    calm(config, nodes)
        .network(LinkProfile { latency, loss: few, duplicate: few, ..LinkProfile::default() })
        .clocks(ClockProfile { drift_ppm: 100_000, ..ClockProfile::default() })
        .nemesis(common::nemesis(byzantine, &families))
}
