//! What Streamlet takes for granted, and what it needs to make progress.

use sim_core::{Assumption, Duration, FaultModel, NodeId, Outlook, TraceHasher};

use super::config::StreamletConfig;
use super::node::Streamlet;

/// Safety holds whatever becomes of messages and clocks; for progress messages must arrive within Δ
/// after the heal, and epochs begin at the same time everywhere (2.1), and have done so before: a
/// node that has once voted in an epoch far ahead does not vote again until then.
pub(super) fn model(config: &StreamletConfig) -> FaultModel {
    let safety = vec![
        Assumption::DurableDisks,
        Assumption::ByzantineAtMost(config.f),
        Assumption::NoPhantomWrites,
        Assumption::IntactMessages,
    ];
    let clocks = [Assumption::SteadyWallClocks, Assumption::ClockRate { ppm: 0 }];
    let liveness = safety.iter().copied().chain(clocks).collect();
    let timely = Assumption::Synchronous { within: config.delta };
    FaultModel::of(safety).live(liveness).after_heal(vec![timely])
}

/// How many epochs it may take until five leaders in a row are honest. With one of four nodes
/// Byzantine, and leaders drawn at random, it takes 13 on average.
const EPOCHS: u64 = 40;

/// What it may cost after a heal.
pub(super) fn settles_within(config: &StreamletConfig) -> Duration {
    config.epoch_length() * EPOCHS
}

/// Two thirds of the nodes must be up and connected.
///
/// # Errors
/// That they are not.
pub(super) fn can_progress(outlook: &Outlook<'_, Streamlet>) -> Result<(), String> {
    let nodes = outlook.nodes();
    let is_quorum = |members: &[NodeId]| 3 * members.len() >= 2 * nodes.len();
    if outlook.has_connected_quorum(nodes, is_quorum) {
        Ok(())
    } else {
        Err("no two thirds of the nodes are up and connected".to_owned())
    }
}

/// What nodes have in common when they have converged: the blocks that are final.
pub(super) fn digest(node: &Streamlet) -> u64 {
    let mut hasher = TraceHasher::new();
    hasher.value(&(node.finalized().len(), node.finalized().last()));
    hasher.finish()
}
