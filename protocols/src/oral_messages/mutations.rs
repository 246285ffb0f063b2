//! What a traitor could say in the place of a statement.

use sim_core::{NodeId, Traitor};

use super::message::{Message, Statement};

/// Another order, the same order at second hand from somebody else, and what looks as if another
/// had passed it on.
pub(super) fn mutations(message: &Message, traitor: &Traitor<'_, Message>) -> Vec<Message> {
    let statement = message.statement();
    let others = statement.order.others().map(|order| Statement { order, ..statement.clone() });
    let mut made: Vec<Statement> = others.collect();
    let last = statement.path.len() - 1;
    let strangers: Vec<NodeId> =
        traitor.nodes().iter().copied().filter(|node| is_free(*node, statement, traitor)).collect();
    // The commander has no relay to blame, and nobody else's path can begin with another.
    for place in 1..statement.path.len() {
        for stranger in &strangers {
            let mut path = statement.path.clone();
            path[place] = *stranger;
            made.push(Statement { path, ..statement.clone() });
        }
        if place == last {
            let lies: Vec<Statement> =
                made.iter().filter(|lie| lie.path[last] != statement.path[last]).cloned().collect();
            for lie in lies {
                made.extend(lie.order.others().map(|order| Statement { order, ..lie.clone() }));
            }
        }
    }
    made.into_iter().map(Message::of).collect()
}

/// Whether a general is neither on the path nor the receiver.
fn is_free(node: NodeId, statement: &Statement, traitor: &Traitor<'_, Message>) -> bool {
    node != traitor.receiver() && !statement.path.contains(&node)
}
