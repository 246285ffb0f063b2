//! What is still to come when a run ends.

use sim_core::{Breach, Judgement, ProcessId, World};

use crate::message::BroadcastId;
use crate::node::Bracha;

/// Looks whether every correct node has delivered a broadcast, which it must, because of `why`. If
/// one has not, it may be that it is about to.
pub(super) fn judge(world: &World<'_, Bracha>, id: BroadcastId, why: &str) -> Judgement {
    let BroadcastId { origin, sequence } = id;
    for process in world.correct() {
        let me = world.identity(process);
        let Some(node) = world.node(process) else {
            return Judgement::Inconclusive(format!("{me} is down"));
        };
        if node.takes_part() && node.delivered(id).is_none() {
            let what = format!("{why}, and {me} has not delivered broadcast {sequence} of {origin}");
            return match on_its_way(world, id) {
                Some(wait) => Judgement::Inconclusive(format!("{what}; {wait}")),
                None => Judgement::Violated(Breach::new([me], what)),
            };
        }
    }
    Judgement::Holds
}

/// A correct node that has something to say about a broadcast to another, or is down.
fn on_its_way(world: &World<'_, Bracha>, id: BroadcastId) -> Option<String> {
    let is_telling =
        |from: ProcessId, to: ProcessId| world.node(from).is_none_or(|node| node.is_telling(world.identity(to), id));
    let from = world.correct().find(|from| world.correct().any(|to| is_telling(*from, to)))?;
    Some(format!("{} still has to tell of it", world.identity(from)))
}
