//! What sagas need to end.

use sim_core::Outlook;

use super::node::SagaNode;

/// All orchestrators, each connected to all services: a step is taken by one service, and by nobody in its stead.
///
/// # Errors
/// What is missing.
pub(super) fn can_progress(outlook: &Outlook<'_, SagaNode>) -> Result<(), String> {
    let nodes = outlook.nodes();
    if let Some(node) = nodes.iter().find(|node| !outlook.runs(**node)) {
        return Err(format!("{node} does not run"));
    }
    let is_orchestrator = |node| matches!(outlook.node(node), Some(SagaNode::Orchestrator(_)));
    let (orchestrators, services): (Vec<_>, Vec<_>) = nodes.iter().partition(|node| is_orchestrator(**node));
    for orchestrator in orchestrators {
        if let Some(service) = services.iter().find(|service| !outlook.are_connected(orchestrator, **service)) {
            return Err(format!("{orchestrator} and {service} are not connected"));
        }
    }
    Ok(())
}
