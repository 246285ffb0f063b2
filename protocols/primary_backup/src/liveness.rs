//! What primary–backup replication needs for operations to complete.

use sim_core::{NodeId, Outlook, TraceHasher};

use super::config::{BackupConfig, Failover};
use super::node::PrimaryBackup;

/// The view service, and the primary or, if another one may be made, a secondary that has what it needs for that.
///
/// A node that is not repaired, and heard of now and then, is taken for up, made a replica, and does not answer.
///
/// # Errors
/// What is missing, or who is in the way.
pub(super) fn can_progress(outlook: &Outlook<'_, PrimaryBackup>) -> Result<(), String> {
    let service = BackupConfig::SERVICE;
    let node = outlook.node(service).filter(|_| outlook.runs(service));
    let Some((node, state)) = node.and_then(|node| Some((node, node.service.as_ref()?))) else {
        return Err(format!("{service}, the view service, does not run"));
    };
    let view = state.view();
    let is_there = |node: &NodeId| outlook.are_connected(*node, service);
    let may_fail_over = node.config.failover == Failover::Automatic || state.is_failing_over();
    if let Some(node) = outlook.unrepaired().find(|node| outlook.is_heard(*node, service)) {
        return Err(format!("{node} is not repaired, and {service} hears of it"));
    }
    if is_there(&view.primary) || may_fail_over && view.passive.iter().any(is_there) {
        return Ok(());
    }
    Err(format!("{}, the primary, is not up and connected with {service}, nor may or can another one be", view.primary))
}

/// What replicas have in common when they have converged: the map.
pub(super) fn digest(node: &PrimaryBackup) -> Option<u64> {
    let is_replica = node.view.members().any(|member| member == node.me);
    is_replica.then(|| {
        let mut hasher = TraceHasher::new();
        hasher.value(&node.machine.state);
        hasher.finish()
    })
}
