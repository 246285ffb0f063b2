//! What a traitor could say instead of a statement.

use sim_core::{NodeId, Traitor};

use super::message::{Message, Statement};

/// Another order, and what looks as if another general had passed it on.
pub(super) fn mutations(message: &Message, traitor: &Traitor<'_, Message>) -> Vec<Message> {
    let statement = message.statement();
    let strangers: Vec<NodeId> =
        traitor.nodes().iter().copied().filter(|node| is_free(*node, statement, traitor)).collect();
    let mut made: Vec<Statement> = with_other_orders(statement).collect();
    // Every path begins with the commander.
    for place in 1..statement.path.len() {
        made.extend(strangers.iter().map(|stranger| through(*stranger, place, statement)));
    }
    let last = statement.path.len() - 1;
    for stranger in strangers.iter().filter(|_| last > 0) {
        made.extend(with_other_orders(&through(*stranger, last, statement)));
    }
    made.into_iter().map(Message::of).collect()
}

fn with_other_orders(statement: &Statement) -> impl Iterator<Item = Statement> {
    let statement = statement.clone();
    statement.order.others().map(move |order| Statement { order, ..statement.clone() })
}

/// The statement as if it had gone through the hands of this general at this place of its path.
fn through(stranger: NodeId, place: usize, statement: &Statement) -> Statement {
    let mut changed = statement.clone();
    changed.path[place] = stranger;
    changed
}

/// Whether a general is neither on the path nor the receiver.
fn is_free(node: NodeId, statement: &Statement, traitor: &Traitor<'_, Message>) -> bool {
    node != traitor.receiver() && !statement.path.contains(&node)
}
