//! A leader that makes up what clients ask.

use sim_core::{Adversary, AdversaryContext, NodeId};

use super::insider::{Insider, Turn};
use crate::config::HotStuffConfig;
use crate::message::Message;
use crate::mutations::forged;
use crate::node::HotStuff;

/// Proposes in its views what no client has asked, with a signature that is not the client's. Every
/// other block is as it should be, so that it leads on.
#[derive(Debug)]
pub(super) struct ForgingLeader {
    insider: Insider,
}

impl ForgingLeader {
    pub(super) fn new(config: &HotStuffConfig) -> Self {
        Self { insider: Insider::new(config) }
    }

    fn lead(&mut self, turn: Turn, ctx: &mut AdversaryContext<'_, HotStuff>) {
        let certificates = self.insider.certificates();
        let (client, content) = forged(self.insider.command());
        let command = ctx.sign(client, content);
        let is_forged = turn.view.is_multiple_of(2);
        let block = certificates.first().and_then(|highest| {
            let command = if is_forged { Some(command) } else { self.insider.command().cloned() };
            self.insider.block(turn, highest, command)
        });
        if let Some(block) = block {
            self.insider.propose(turn, &block, ctx);
        }
    }
}

impl Adversary<HotStuff> for ForgingLeader {
    fn on_start(&mut self, ctx: &mut AdversaryContext<'_, HotStuff>) {
        self.insider.begin(ctx);
    }

    fn on_message(
        &mut self,
        _puppet: NodeId,
        from: NodeId,
        message: &Message,
        ctx: &mut AdversaryContext<'_, HotStuff>,
    ) {
        if let Some(turn) = self.insider.follow(from, message, ctx) {
            self.lead(turn, ctx);
        }
    }
}
