//! Raft whose followers replace what they have with what the leader sends: right over links
//! that keep the order of messages, also when an end boots again, and over no others.

use raft::{RaftConfig, Replication};
use sim_core::{FaultFamily, FaultModel, Latency, LinkProfile, Nemesis, Probability, Rhythm};

use crate::general::{MemoryIsWhatTheDiskHolds, general};
use crate::ms;

fn config() -> RaftConfig {
    RaftConfig { replication: Replication::Suffix, max_entries_per_message: 0, ..RaftConfig::default() }
}

fn links(fifo: bool, connections: bool) -> LinkProfile {
    let (latency, few) = (Latency::Uniform(ms(1), ms(10)), Probability::ratio(1, 100));
    LinkProfile { latency, loss: few, duplicate: few, fifo, connections, bandwidth: None }
}

#[test]
fn a_suffix_may_be_replaced_over_links_that_keep_the_order() {
    for nodes in [3, 5] {
        general(config(), nodes).network(links(true, true)).check(0..300);
    }
}

#[test]
fn a_suffix_may_be_replaced_with_frequent_snapshots() {
    let config = RaftConfig { snapshot_every: 3, ..config() };
    let simulation = general(config, 3)
        .network(links(true, true))
        .property("Memory Is What The Disk Holds", || MemoryIsWhatTheDiskHolds { members: 3 });
    simulation.sometimes("InstalledSnapshot").check(0..200);
}

/// Nodes that boot again while what they were sent before is still on its way.
fn short_crashes() -> Nemesis {
    Nemesis::of([FaultFamily::Crash], Rhythm::new(ms(100), ms(3))).in_every_seed()
}

#[test]
fn an_older_suffix_undoes_a_newer_one_over_other_links() {
    for (links, seeds) in [(links(false, true), 20), (links(true, false), 500)] {
        // What it takes for granted would have these links refused.
        let simulation = general(config(), 3).model(FaultModel::default()).network(links).nemesis(short_crashes());
        simulation.expect_violation("Match Index Is Replicated").check(0..seeds);
    }
}
