//! A large group of members of SWIM, which know each other from the beginning, and of which ten crash: with what they
//! are held to, or without.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sim_core::{Fault, Judgement, LinkProfile, NodeId, Property, Simulation, World, secs};
use swim::{Status, Swim, SwimConfig};

use crate::report::{Measured, Report};

const PERIODS: u64 = 30;
const CRASHED: u32 = 10;
const KNOWN: &str = "Known Dead";

/// Counts, at the end, how many members hold each of the crashed ones for dead.
#[derive(Debug)]
struct KnownDead(Arc<AtomicU64>);

impl Property<Swim> for KnownDead {
    fn at_end(&mut self, world: &World<'_, Swim>) -> Judgement {
        let is_dead = |node: &Swim, other: NodeId| {
            node.view().get(other).is_some_and(|entry| entry.said.status == Status::Dead)
        };
        let nodes = world.processes().filter_map(|process| world.node(process));
        let known = nodes.map(|node| crashed().filter(|other| is_dead(node, *other)).count() as u64);
        self.0.store(known.sum(), Ordering::Relaxed);
        Judgement::Holds
    }
}

/// Those that crash.
fn crashed() -> impl Iterator<Item = NodeId> {
    (1..=CRASHED).map(NodeId::node)
}

/// One run of 30 periods of a second each.
pub(crate) fn measure(nodes: u32, properties: bool, seed: u64) -> Report {
    let known = Arc::new(AtomicU64::new(0));
    let shared = known.clone();
    // A suspicion that ends within the run.
    let config = SwimConfig { suspicion: 1, ..SwimConfig::default() };
    let simulation = Simulation::of(config, nodes)
        .network(LinkProfile::default())
        .property(KNOWN, move || KnownDead(shared.clone()))
        .run_for(secs(PERIODS));
    let simulation = crashed().fold(simulation, |simulation, node| {
        simulation.fault(Fault::crash(node.to_string().as_str()).at(secs(5)))
    });
    let simulation = if properties { simulation } else { simulation.only_properties([KNOWN]) };
    let run = Measured::of(&simulation, seed);
    let check = format!("known_dead={} ", known.load(Ordering::Relaxed));
    let params = vec![("n", u64::from(nodes)), ("properties", u64::from(properties))];
    Report { workload: "swim", params, run, check }
}
