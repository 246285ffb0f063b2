//! A large group of members of SWIM: they know each other from the beginning and ten of them crash, or they join
//! through three contacts. With what they are held to, or without.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sim_core::{Fault, Judgement, LinkProfile, NodeId, Property, Simulation, World, secs};
use swim::{Start, Status, Swim, SwimConfig};

use crate::report::{Measured, Report};

const CRASHED: u32 = 10;
const KNOWN: &str = "Known";

/// Counts, at the end, what all members that are up know of some nodes that is so.
#[derive(Debug)]
struct Known {
    of: Vec<NodeId>,
    status: Status,
    count: Arc<AtomicU64>,
}

impl Property<Swim> for Known {
    fn at_end(&mut self, world: &World<'_, Swim>) -> Judgement {
        let nodes = world.processes().filter_map(|process| world.node(process));
        let knows =
            |node: &Swim, other: &NodeId| node.view().get(*other).is_some_and(|entry| entry.said.status == self.status);
        let known = nodes.map(|node| self.of.iter().filter(|other| knows(node, other)).count() as u64);
        self.count.store(known.sum(), Ordering::Relaxed);
        Judgement::Holds
    }
}

/// One run of periods of a second each: 30, or 60 in which all get to know all.
pub(crate) fn measure(nodes: u32, joining: bool, properties: bool, seed: u64) -> Report {
    let count = Arc::new(AtomicU64::new(0));
    let shared = count.clone();
    // A suspicion that ends within the run.
    let start = if joining { Start::Joining } else { Start::Converged };
    let config = SwimConfig { start, suspicion: 1, ..SwimConfig::default() };
    let crashed: Vec<NodeId> = (1..=CRASHED).map(NodeId::node).filter(|_| !joining).collect();
    let of: Vec<NodeId> = if joining { (0..nodes).map(NodeId::node).collect() } else { crashed.clone() };
    let status = if joining { Status::Alive } else { Status::Dead };
    let simulation = Simulation::of(config, nodes)
        .network(LinkProfile::default())
        .property(KNOWN, move || Known { of: of.clone(), status, count: shared.clone() })
        .run_for(secs(if joining { 60 } else { 30 }));
    let simulation = crashed
        .into_iter()
        .fold(simulation, |simulation, node| simulation.fault(Fault::crash(node.to_string().as_str()).at(secs(5))));
    let simulation = if properties { simulation } else { simulation.only_properties([KNOWN]) };
    let run = Measured::of(&simulation, seed);
    let check = format!("known={} ", count.load(Ordering::Relaxed));
    let params = vec![("n", nodes.into()), ("joining", joining.into()), ("properties", properties.into())];
    Report { workload: "swim", params, run, check }
}
