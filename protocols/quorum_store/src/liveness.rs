//! What the store needs for operations to complete.

use std::collections::BTreeSet;

use sim_core::{NodeId, Outlook};

use super::node::QuorumStore;
use super::rings::stores;

/// So many nodes that run and are connected that of no key more replicas are missing than quorums can do without; and of
/// ranges all primaries, by the newest version that any of these nodes has.
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
    let newest = nodes.iter().filter_map(|node| outlook.node(*node)).max_by_key(|node| node.rings.version());
    let ranges = newest.and_then(|node| node.rings.ranges());
    let primaries: BTreeSet<NodeId> =
        ranges.iter().flat_map(|ranges| ranges.iter()).map(|(_, partition)| partition.keepers.primary).collect();
    let is_enough = |members: &[NodeId]| {
        members.len() + spare >= nodes.len() && primaries.iter().all(|primary| members.contains(primary))
    };
    if outlook.has_connected_quorum(nodes, is_enough) {
        Ok(())
    } else {
        Err("some key has too few replicas that are up and connected, or a primary that is not".to_owned())
    }
}
