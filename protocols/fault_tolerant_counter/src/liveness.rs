//! What the counter needs for operations to complete.

use sim_core::{NodeId, Outlook};

use super::config::CounterConfig;
use super::node::FaultTolerantCounter;

/// The keeper, and as many nodes as copies, all of which are connected.
///
/// # Errors
/// What is missing.
pub(super) fn can_progress(outlook: &Outlook<'_, FaultTolerantCounter>) -> Result<(), String> {
    let keeper = CounterConfig::KEEPER;
    let Some(node) = outlook.node(keeper).filter(|_| outlook.runs(keeper)) else {
        return Err(format!("{keeper}, which says who the replicas are, does not run"));
    };
    let copies = node.config.copies();
    let are_enough = |members: &[NodeId]| members.contains(&keeper) && members.len() > copies;
    if outlook.has_connected_quorum(outlook.nodes(), are_enough) {
        return Ok(());
    }
    Err(format!("no {copies} nodes are up and connected with each other and with {keeper}"))
}
