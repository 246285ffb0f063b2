//! What clients need to be answered.

use sim_core::{NodeId, Outlook};

use super::node::Swim;

/// A node that runs and is a member: each answers by itself.
///
/// # Errors
/// What is missing.
pub(super) fn can_progress(outlook: &Outlook<'_, Swim>) -> Result<(), String> {
    let is_there = |node: &NodeId| outlook.runs(*node) && outlook.node(*node).is_some_and(Swim::is_member);
    if outlook.nodes().iter().any(is_there) { Ok(()) } else { Err("no member runs".to_owned()) }
}
