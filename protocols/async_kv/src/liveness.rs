//! What the service needs to make progress.

use parts::quorums::Group;
use sim_core::{NodeId, Outlook};

use super::system::AsyncKvNode;

/// A majority that runs, all of them connected, and nobody beside them who is heard and is not repaired: without a vote
/// before the vote that one could raise the term again and again (Ongaro's thesis 9.6).
///
/// # Errors
/// What is missing, or who is in the way.
pub(super) fn can_progress(outlook: &Outlook<'_, AsyncKvNode>) -> Result<(), String> {
    let nodes = outlook.nodes();
    let running: Vec<NodeId> = nodes.iter().copied().filter(|node| outlook.runs(*node)).collect();
    if running.len() < Group::crash_tolerant(nodes.len()).majority() {
        return Err("no majority is up".to_owned());
    }
    for one in &running {
        if let Some(other) = running.iter().find(|other| *other != one && !outlook.are_connected(*one, **other)) {
            return Err(format!("{one} and {other} are not connected"));
        }
        if let Some(node) = outlook.unrepaired().find(|node| node != one && outlook.is_heard(*node, *one)) {
            return Err(format!("{node}, which is not repaired, is heard"));
        }
    }
    Ok(())
}
