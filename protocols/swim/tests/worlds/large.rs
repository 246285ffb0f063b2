//! Groups of many members.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use sim_core::{Fault, Judgement, LinkProfile, NodeId, Property, Simulation, World, ms, secs};
use swim::{Start, Status, Swim, SwimConfig};

const WHAT_ALL_KNOW: &str = "What All Know";

/// At the end, how many of the members that are up know so of a node.
#[derive(Debug)]
struct WhatAllKnow {
    of: NodeId,
    status: Status,
    members: Arc<AtomicUsize>,
}

impl Property<Swim> for WhatAllKnow {
    fn at_end(&mut self, world: &World<'_, Swim>) -> Judgement {
        let knows = |node: &Swim| node.view().get(self.of).is_some_and(|entry| entry.said.status == self.status);
        let nodes = world.processes().filter_map(|process| world.node(process));
        self.members.store(nodes.filter(|node| knows(node)).count(), Ordering::Relaxed);
        Judgement::Holds
    }
}

/// How many know that a node has this status at the end of a run.
fn know(world: &Simulation<Swim>, of: u32, status: Status) -> usize {
    let members = Arc::new(AtomicUsize::new(0));
    let shared = members.clone();
    let make = move || WhatAllKnow { of: NodeId::node(of), status, members: shared.clone() };
    let outcome = world.clone().property(WHAT_ALL_KNOW, make).run(1);
    assert_eq!(outcome.summary.verdict.violation(), None);
    members.load(Ordering::Relaxed)
}

#[test]
fn a_thousand_members_hear_of_a_crash() {
    let config = SwimConfig { suspicion: 1, ..SwimConfig::default() };
    let world = Simulation::of(config, 1000).network(LinkProfile::default()).run_for(secs(30));
    let world = world.fault(Fault::crash("n500").at(secs(3)));
    assert_eq!(know(&world, 500, Status::Dead), 999);
    assert_eq!(know(&world, 501, Status::Alive), 999);
}

#[test]
fn a_hundred_nodes_join_through_one_contact() {
    let config = SwimConfig {
        start: Start::Joining,
        contacts: 1,
        period: ms(100),
        ping_timeout: ms(30),
        ..SwimConfig::default()
    };
    let world = Simulation::of(config, 100).network(LinkProfile::default()).run_for(secs(10));
    for node in [0, 1, 99] {
        assert_eq!(know(&world, node, Status::Alive), 99);
    }
}
