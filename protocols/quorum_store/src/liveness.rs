//! What the store needs for operations to complete.

use sim_core::Outlook;

use super::node::QuorumStore;
use super::rings::stores;

/// So many nodes that run and are connected that of no key more replicas are missing than quorums can do without.
///
/// # Errors
/// What is missing.
pub(super) fn can_progress(outlook: &Outlook<'_, QuorumStore>) -> Result<(), String> {
    let nodes = outlook.nodes();
    let Some(config) = nodes.iter().find_map(|node| outlook.node(*node)).map(|node| &node.config) else {
        return Err("no node is up".to_owned());
    };
    let nodes = stores(config, nodes);
    let needed = config.write_quorum().max(config.read_quorum as usize);
    let spare = (config.replication as usize).saturating_sub(needed);
    if outlook.has_connected_quorum(nodes, |members| members.len() + spare >= nodes.len()) {
        Ok(())
    } else {
        Err("some key has too few replicas that are up and connected".to_owned())
    }
}
