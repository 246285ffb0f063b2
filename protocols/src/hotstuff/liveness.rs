//! What HotStuff takes for granted, and what it needs to make progress.

use sim_core::{Assumption, Duration, FaultModel, NodeId, Outlook, TraceHasher, World};

use super::config::HotStuffConfig;
use super::node::HotStuff;

/// HotStuff is safe whatever becomes of messages, processes and clocks, as long as at most f
/// replicas are Byzantine and the others keep what they have made durable (section 3). It makes
/// progress once messages take less than the pacemaker allows for a view (section 3: partial
/// synchrony): new-view, three phases and a decision.
pub(super) fn model(config: &HotStuffConfig) -> FaultModel {
    let both = vec![
        Assumption::DurableDisks,
        Assumption::ByzantineAtMost(config.faulty),
        Assumption::NoPhantomWrites,
        Assumption::IntactMessages,
    ];
    let timely = Assumption::Synchronous { within: config.view_timeout_max / TRIPS };
    FaultModel::of(both.clone()).live(both).after_heal(vec![timely])
}

/// How many times a message crosses the network until a block is decided.
const TRIPS: u64 = 8;

/// The longest timeouts that may pass until there is a correct leader that all correct replicas
/// follow: one to come into the same view, one for each faulty leader in a row, and as many for what
/// goes wrong by chance.
pub(super) fn settles_within(config: &HotStuffConfig) -> Duration {
    config.view_timeout_max * (2 * (u64::from(config.faulty) + 1))
}

/// HotStuff makes progress if n - f correct replicas are up and connected.
///
/// # Errors
/// If they are not.
pub(super) fn can_progress(outlook: &Outlook<'_, HotStuff>) -> Result<(), String> {
    let correct: Vec<NodeId> = outlook.nodes().iter().copied().filter(|node| outlook.runs(*node)).collect();
    let quorum = correct.iter().find_map(|node| outlook.node(*node)).map(|node| node.electorate.quorum());
    match quorum {
        Some(quorum) if outlook.has_connected_quorum(&correct, |nodes| nodes.len() >= quorum) => Ok(()),
        _ => Err("no quorum of correct replicas is up and connected".to_owned()),
    }
}

/// What replicas have in common when they have converged: the state after what they executed.
pub(super) fn digest(node: &HotStuff) -> u64 {
    hash(&node.machine().map)
}

/// Who is in which view and wants which, how far everybody has come, with views counted from the
/// lowest: what can come again although views only grow.
pub(super) fn abstract_state(world: &World<'_, HotStuff>) -> u64 {
    let nodes: Vec<Option<&HotStuff>> = world.correct().map(|process| world.node(process)).collect();
    let lowest = nodes.iter().flatten().map(|node| node.promises().lock.view).min().unwrap_or_default();
    let state = |node: &HotStuff| {
        let promises = node.promises();
        let views = [node.view(), promises.voted, promises.high.view, promises.lock.view];
        (views.map(|view| view.saturating_sub(lowest)), node.tree().executed().height(), node.leader(node.view()))
    };
    hash(&nodes.iter().map(|node| node.map(state)).collect::<Vec<_>>())
}

fn hash(value: &impl serde::Serialize) -> u64 {
    let mut hasher = TraceHasher::new();
    hasher.value(value);
    hasher.finish()
}
