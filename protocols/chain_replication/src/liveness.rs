//! What chain replication needs for operations to complete.

use sim_core::{NodeId, Outlook, TraceHasher};

use super::config::ChainConfig;
use super::node::ChainServer;

/// The master, and one server of the chain.
///
/// A node that is not repaired, and heard of now and then, is taken for up, kept in the chain, and does not answer.
///
/// # Errors
/// What is missing, or who is in the way.
pub(super) fn can_progress(outlook: &Outlook<'_, ChainServer>) -> Result<(), String> {
    let me = ChainConfig::MASTER;
    let node = outlook.node(me).filter(|_| outlook.runs(me));
    let Some((master, config)) = node.and_then(|node| Some((node.master.as_ref()?, &node.config))) else {
        return Err(format!("{me}, the master, does not run"));
    };
    if let Some(node) = outlook.unrepaired().find(|node| outlook.is_heard(*node, me)) {
        return Err(format!("{node} is not repaired, and {me} hears of it"));
    }
    // The perfect detector does not tell of a server that runs and is cut off, so it stays in the chain.
    let is_kept = |server: &NodeId| master.chain().members().any(|member| member == *server) && outlook.runs(*server);
    if let Some(server) = outlook.unrepaired().find(is_kept).filter(|_| config.is_perfect()) {
        return Err(format!("{server} is not repaired, and has not stopped"));
    }
    let is_there = |node: &NodeId| outlook.are_connected(*node, me);
    if master.chain().servers.iter().any(is_there) {
        return Ok(());
    }
    Err(format!("no server of {:?} is up and connected with {me}", master.chain()))
}

/// What servers have in common when they have converged: the map.
pub(super) fn digest(node: &ChainServer) -> Option<u64> {
    node.chain.servers.contains(&node.me).then(|| {
        let mut hasher = TraceHasher::new();
        hasher.value(&node.machine.state);
        hasher.finish()
    })
}
