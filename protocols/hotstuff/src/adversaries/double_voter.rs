//! A replica that votes for everything.

use std::rc::Rc;

use sim_core::{Adversary, AdversaryContext, NodeId};

use super::insider::Insider;
use crate::block::{Block, Content};
use crate::config::HotStuffConfig;
use crate::message::Message;
use crate::node::HotStuff;

/// Votes twice for every block that it sees and once for another of the same view, and leads in
/// silence.
#[derive(Debug)]
pub(super) struct DoubleVoter {
    insider: Insider,
}

impl DoubleVoter {
    pub(super) fn new(config: &HotStuffConfig) -> Self {
        Self { insider: Insider::new(config) }
    }
}

impl Adversary<HotStuff> for DoubleVoter {
    fn on_start(&mut self, ctx: &mut AdversaryContext<'_, HotStuff>) {
        self.insider.begin(ctx);
    }

    fn on_message(
        &mut self,
        _puppet: NodeId,
        _from: NodeId,
        message: &Message,
        ctx: &mut AdversaryContext<'_, HotStuff>,
    ) {
        if let Message::Proposal(block) = message {
            let other = Rc::new(Block::new(Content { commands: Vec::new(), ..block.content().clone() }));
            for block in [block, &other, block] {
                self.insider.vote(block, ctx);
            }
        }
    }
}
