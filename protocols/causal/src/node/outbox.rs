//! What a node is about to say, once it is durable.

use sim_core::{NodeId, RequestId};

use super::{Causal, Ctx};
use crate::flaws::CausalFlaw;
use crate::message::{Event, Message};
use crate::operations::CausalReply;

/// What a node is about to announce, to send and to answer. It announces first: whoever hears of a version can be
/// sure that it was announced.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    events: Vec<Event>,
    said: Vec<Said>,
}

#[derive(Debug)]
enum Said {
    Message(NodeId, Message),
    Reply(RequestId, CausalReply),
}

impl Outbox {
    pub(super) fn announce(&mut self, event: Event) {
        self.events.push(event);
    }

    pub(super) fn send(&mut self, to: NodeId, message: Message) {
        self.said.push(Said::Message(to, message));
    }

    pub(super) fn reply(&mut self, request: RequestId, reply: CausalReply) {
        self.said.push(Said::Reply(request, reply));
    }
}

impl Causal {
    /// At the end of each step: what was written becomes durable, and then the others are told.
    pub(super) fn flush(&mut self, ctx: &mut Ctx<'_>) {
        let Outbox { events, said } = std::mem::take(&mut self.outbox);
        let (early, late): (Vec<_>, Vec<_>) = said.into_iter().partition(|said| self.is_early(said));
        early.into_iter().for_each(|said| say(said, ctx));
        self.journal.make_durable(ctx);
        events.into_iter().for_each(|event| ctx.emit(event));
        late.into_iter().for_each(|said| say(said, ctx));
    }

    /// Whether it is said before what it rests on is durable.
    fn is_early(&self, said: &Said) -> bool {
        match said {
            Said::Message(_, Message::Replicate(_)) => self.has(CausalFlaw::ReplicatesBeforeSync),
            Said::Message(_, Message::DepMet(_) | Message::Acknowledge(_)) => self.has(CausalFlaw::ConfirmsBeforeSync),
            Said::Reply(_, CausalReply::Done(_)) => self.has(CausalFlaw::RepliesBeforeSync),
            Said::Message(_, Message::DepCheck { .. }) | Said::Reply(_, CausalReply::Value(_)) => false,
        }
    }
}

fn say(said: Said, ctx: &mut Ctx<'_>) {
    match said {
        Said::Message(to, message) => ctx.send(to, message),
        Said::Reply(request, reply) => ctx.reply(request, reply),
    }
}
