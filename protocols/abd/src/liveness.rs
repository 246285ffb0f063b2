//! What registers need for operations to complete.

use parts::quorums::Group;
use sim_core::Outlook;

use super::config::Writers;
use super::node::Abd;

/// A majority of replicas that run and are connected; and where registers have one writer each, all of these.
///
/// # Errors
/// What is missing.
pub(super) fn can_progress(outlook: &Outlook<'_, Abd>) -> Result<(), String> {
    let nodes = outlook.nodes();
    let majority = Group::crash_tolerant(nodes.len()).majority();
    if !outlook.has_connected_quorum(nodes, |members| members.len() >= majority) {
        return Err("no majority of the replicas is up and connected".to_owned());
    }
    let has_one_writer = |abd: &Abd| abd.config.writers == Writers::Single;
    if nodes.iter().filter_map(|node| outlook.node(*node)).any(has_one_writer)
        && let Some(node) = nodes.iter().find(|node| !outlook.runs(**node))
    {
        return Err(format!("{node}, the only writer of some registers, does not run"));
    }
    Ok(())
}
