//! What a Byzantine node could say instead of a statement.

use sim_core::Traitor;

use super::message::{BroadcastId, Content, Message, Phase};

/// Another payload, another broadcast, another origin, another kind of statement, and what it said
/// before. Payloads are few, so that traitors who lie to several nodes, or several times, tell a story
/// that hangs together.
pub(super) fn mutations(message: &Message, traitor: &Traitor<'_, Message>) -> Vec<Message> {
    let (phase, content) = match *message {
        Message::Send(content) => (Phase::Send, content),
        Message::Echo(content) => (Phase::Echo, content),
        Message::Ready(content) => (Phase::Ready, content),
        Message::Ack(phase, content) => {
            return [Phase::Send, Phase::Echo, Phase::Ready]
                .into_iter()
                .filter(|other| *other != phase)
                .map(|other| Message::Ack(other, content))
                .collect();
        }
    };
    let id = content.id;
    let neighbours = [id.sequence.checked_add(1), id.sequence.checked_sub(1)];
    let sequences =
        neighbours.into_iter().flatten().map(|sequence| Content { id: BroadcastId { sequence, ..id }, ..content });
    let origins = traitor.nodes().iter().filter(|node| **node != id.origin && **node != traitor.receiver());
    let origins = origins.map(|origin| Content { id: BroadcastId { origin: *origin, ..id }, ..content });
    let payload = Content { payload: content.payload ^ 1, ..content };
    let contents = [payload].into_iter().chain(sequences).chain(origins);
    let mut made: Vec<Message> = contents.map(|content| Message::stating(phase, content)).collect();
    for other in [Phase::Echo, Phase::Ready] {
        if other != phase {
            made.push(Message::stating(other, content));
            made.push(Message::stating(other, payload));
        }
    }
    made
}
