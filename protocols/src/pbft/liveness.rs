//! What PBFT takes for granted, and what it needs to make progress.

use sim_core::{Assumption, Duration, FaultModel, Outlook, TraceHasher, World};

use super::committee::Committee;
use super::config::PbftConfig;
use super::node::Pbft;

/// PBFT is safe whatever becomes of messages, processes and clocks, as long as at most f replicas do
/// not follow it (OSDI 2). A correct replica that loses what it has written is no longer one. It makes
/// progress once messages take no longer than its time-outs grow (OSDI 2 and 4.5.2): a view change
/// and three phases must fit into the longest.
pub(super) fn model(config: &PbftConfig) -> FaultModel {
    let assumptions = vec![
        Assumption::ByzantineAtMost(config.faulty),
        Assumption::DurableDisks,
        Assumption::NoPhantomWrites,
        Assumption::IntactMessages,
    ];
    let timely = Assumption::Synchronous { within: config.max_view_change_timeout / TRIPS };
    FaultModel::of(assumptions.clone()).live(assumptions).after_heal(vec![timely])
}

/// How many times a message crosses the network from a view change to a reply: view-change and
/// new-view, three phases, and as many again to fetch what is missing.
const TRIPS: u64 = 10;

/// What PBFT's time-outs may cost after a heal: the replicas may be in different views with their
/// timeouts as long as they get, and the next f primaries may be faulty. Then a batch is executed, and
/// whoever was left behind is told of it.
pub(super) fn settles_within(config: &PbftConfig) -> Duration {
    config.max_view_change_timeout * (u64::from(config.faulty) + 1) + config.status_interval * 2
}

/// PBFT makes progress if a quorum of correct replicas is up and connected.
///
/// # Errors
/// That it is not.
pub(super) fn can_progress(outlook: &Outlook<'_, Pbft>) -> Result<(), String> {
    let nodes = outlook.nodes();
    let Some(node) = nodes.iter().find_map(|node| outlook.node(*node)) else {
        return Err("no replica is up".to_owned());
    };
    let committee: &Committee = &node.committee;
    if outlook.has_connected_quorum(nodes, |some| some.len() >= committee.quorum()) {
        Ok(())
    } else {
        Err("no quorum of correct replicas is up and connected".to_owned())
    }
}

/// What replicas have in common when they have converged: the state.
pub(super) fn digest(node: &Pbft) -> Option<u64> {
    Some(node.machine().digest().0)
}

/// Who is in which view, and how far, with both counted from the lowest: what can come again although
/// views only grow.
pub(super) fn abstract_state(world: &World<'_, Pbft>) -> u64 {
    let nodes: Vec<Option<&Pbft>> = world.correct().map(|process| world.node(process)).collect();
    let view = nodes.iter().flatten().map(|node| node.view()).min().unwrap_or_default();
    let executed = nodes.iter().flatten().map(|node| node.executed()).min().unwrap_or_default();
    let state = |node: &Pbft| (node.view() - view, node.is_active(), node.executed() - executed);
    let mut hasher = TraceHasher::new();
    hasher.value(&nodes.iter().map(|node| node.map(state)).collect::<Vec<_>>());
    hasher.finish()
}
