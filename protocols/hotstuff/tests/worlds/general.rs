//! What holds of HotStuff in a world of random faults beyond its properties.

use hotstuff::{Event, HotStuff, HotStuffConfig, recover};
use sim_core::{
    Breach, ByzantineNemesis, ClockProfile, FaultFamily, Latency, LinkProfile, Nemesis, Probability, Property, Rhythm,
    Simulation, Step, World,
};

use crate::{calm, ms};

/// Random faults of the families that do most.
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
    let rhythm = Rhythm::new(ms(1000), ms(400));
    let byzantine = ByzantineNemesis {
        last_round: 120,
        mutated_rounds: 12,
        partitioned_rounds: 6,
        ..ByzantineNemesis::new(Rhythm::new(ms(500), ms(300)))
    };
    let nemesis = Nemesis::of(families, rhythm).byzantine(byzantine);
    let few = Probability::ratio(1, 100);
    let latency = Latency::Uniform(ms(1), ms(10));
    calm(config, nodes)
        .network(LinkProfile { latency, loss: few, duplicate: few, ..LinkProfile::default() })
        .clocks(ClockProfile { drift_ppm: 50_000, ..ClockProfile::default() })
        .nemesis(nemesis)
        .heal_at(ms(4_000))
        .heal_core(["correct"])
        .progress_within(ms(3_000))
}

/// What a vote rests on is on the disk when the vote leaves; and memory is bounded.
#[derive(Debug)]
struct VotesAreDurable;

/// Blocks of a replica: those since the last checkpoint, and those that wait for certificates.
const MOST_BLOCKS: usize = 60;

impl Property<HotStuff> for VotesAreDurable {
    fn after_step(&mut self, world: &World<'_, HotStuff>, step: &Step<'_, HotStuff>) -> Result<(), Breach> {
        let Some(node) = world.node(step.process) else { return Ok(()) };
        let me = world.identity(step.process);
        if node.tree().blocks().count() > MOST_BLOCKS || world.disk(step.process).len() > 6 * MOST_BLOCKS {
            return Err(Breach::new([me], format!("{me} remembers more and more")));
        }
        let voted = step.events.iter().filter_map(|event| match event {
            Event::Voted { view, block } => Some((*view, *block)),
            _ => None,
        });
        for (view, block) in voted {
            let found = recover(world.disk(step.process)).map_err(|e| Breach::new([me], format!("{e:?}")))?;
            let is_on_disk = found.tree.has(block) && found.promises.voted >= view;
            if !is_on_disk || found.promises.lock.view > node.promises().lock.view {
                return Err(Breach::new([me], format!("{me} voted in view {view} and has written {found:?}")));
            }
        }
        Ok(())
    }
}

#[test]
fn votes_are_durable_and_memory_is_bounded() {
    general(HotStuffConfig::default(), 4).property("Votes Are Durable", || VotesAreDurable).check(0..100);
}
