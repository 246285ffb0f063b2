//! What primary–backup replication needs for operations to complete.

use sim_core::{NodeId, Outlook, TraceHasher};

use super::config::{BackupConfig, Failover};
use super::node::PrimaryBackup;
use super::view_service::ViewService;

/// The view service, and the primary or, if another one may be made, a secondary that has what it needs for that.
///
/// A node that is not repaired, and heard of now and then, is taken for up, made a replica, and does not answer.
///
/// # Errors
/// What is missing, or who is in the way.
pub(super) fn can_progress(outlook: &Outlook<'_, PrimaryBackup>) -> Result<(), String> {
    let (servers, state, config, is_failing_over) = view_service(outlook)?;
    let view = state.view();
    let is_there = |node: &NodeId| servers.iter().all(|server| outlook.are_connected(*node, *server));
    let may_fail_over = config.failover == Failover::Automatic || is_failing_over;
    let is_heard = |node: &NodeId| servers.iter().any(|server| outlook.is_heard(*node, *server));
    if let Some(node) = outlook.unrepaired().find(is_heard) {
        return Err(format!("{node} is not repaired, and the view service hears of it"));
    }
    // A detector that makes no mistakes does not tell of a replica that runs and is cut off, so it is waited for.
    let is_awaited = |node: &NodeId| view.members().any(|member| member == *node) && outlook.runs(*node);
    if let Some(node) = outlook.unrepaired().find(is_awaited).filter(|_| config.is_infallible()) {
        return Err(format!("{node} is not repaired, and has not stopped"));
    }
    if is_there(&view.primary) || may_fail_over && view.passive.iter().any(is_there) {
        return Ok(());
    }
    Err(format!(
        "{}, the primary, is not up and connected with the view service, nor may or can another one be",
        view.primary
    ))
}

/// The nodes of the view service that run, what the one of them knows that knows of the latest view, how they are
/// configured, and whether one of them looks for another primary. Where there are three, most of them must be there and
/// connected, as any of those can come to lead.
fn view_service<'a>(
    outlook: &'a Outlook<'_, PrimaryBackup>,
) -> Result<(Vec<NodeId>, &'a ViewService, &'a BackupConfig, bool), String> {
    let running = outlook.nodes().iter().copied().filter(|node| outlook.runs(*node));
    let known = running.filter_map(|node| Some((node, outlook.node(node)?)));
    let known = known.filter_map(|(id, node)| Some((id, node.service.as_ref()?, &node.config)));
    let services: Vec<(NodeId, &ViewService, &BackupConfig)> = known.collect();
    let servers: Vec<NodeId> = services.iter().map(|(id, ..)| *id).collect();
    let is_failing_over = services.iter().any(|(_, service, _)| service.is_failing_over());
    let Some((_, state, config)) = services.into_iter().max_by_key(|(_, service, _)| service.view().number) else {
        return Err("the view service does not run".to_owned());
    };
    if servers.len() * 2 <= config.servers() as usize {
        return Err("most nodes of the view service do not run".to_owned());
    }
    for one in &servers {
        if let Some(other) = servers.iter().find(|other| *other != one && !outlook.are_connected(*one, **other)) {
            return Err(format!("{one} and {other}, which are of the view service, are not connected"));
        }
    }
    Ok((servers, state, config, is_failing_over))
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
