//! What critical sections need to end.

use sim_core::{NodeId, Outlook};

use super::node::LeasedLock;

/// All holders and the storage, connected, and each holder connected to a majority of the instances, or to all that
/// have a log in common, and these to each other: locks are granted
/// in no particular order, and a holder that cannot get on is in the way of the others for as long as a lease lasts.
///
/// # Errors
/// What is missing.
pub(super) fn can_progress(outlook: &Outlook<'_, LeasedLock>) -> Result<(), String> {
    let [mut holders, mut storages, mut instances, mut servers] = [const { Vec::new() }; 4];
    for node in outlook.nodes() {
        match outlook.node(*node) {
            Some(LeasedLock::Holder(_)) => holders.push(*node),
            Some(LeasedLock::Storage(_)) => storages.push(*node),
            Some(LeasedLock::Instance(_)) => instances.push(*node),
            Some(LeasedLock::Server(_)) => servers.push(*node),
            Some(LeasedLock::Idle) => {}
            None => return Err(format!("{node} does not run")),
        }
    }
    let are_apart = |one: NodeId, others: &[NodeId]| {
        others.iter().find(|other| **other != one && !outlook.are_connected(one, **other)).copied()
    };
    for one in servers.iter().chain(holders.iter().filter(|_| !servers.is_empty())) {
        if let Some(other) = are_apart(*one, &servers) {
            return Err(format!("{one} and {other} are not connected"));
        }
    }
    for holder in holders {
        let reaches = |nodes: &[NodeId]| nodes.iter().filter(|node| outlook.are_connected(holder, **node)).count();
        if reaches(&storages) == 0 {
            return Err(format!("{holder} is not connected to the storage"));
        }
        if !instances.is_empty() && reaches(&instances) * 2 <= instances.len() {
            return Err(format!("{holder} is not connected to a majority of the instances"));
        }
    }
    Ok(())
}
