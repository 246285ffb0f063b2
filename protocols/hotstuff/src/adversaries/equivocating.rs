//! A leader that says one thing to some and another to others.

use std::rc::Rc;

use sim_core::{Adversary, AdversaryContext, NodeId};

use super::insider::{Insider, Turn};
use crate::certificate::Certificate;
use crate::config::HotStuffConfig;
use crate::message::Message;
use crate::node::HotStuff;

/// Proposes two blocks in each of its views, and votes for both. Half of the correct replicas hear
/// of the one first and half of the other, so that whoever votes twice votes for both.
#[derive(Debug)]
pub(super) struct EquivocatingLeader {
    insider: Insider,
}

impl EquivocatingLeader {
    pub(super) fn new(config: &HotStuffConfig) -> Self {
        Self { insider: Insider::new(config) }
    }

    /// Behind the two certificates of the last view, if it got both; else twice behind the highest,
    /// and where there is no command to tell the blocks apart, behind the one before.
    fn lead(&mut self, turn: Turn, ctx: &mut AdversaryContext<'_, HotStuff>) {
        let certificates = self.insider.certificates();
        let Some(first) = certificates.first() else { return };
        let rival = certificates.get(1).filter(|other| other.view == first.view).unwrap_or(first);
        let one = self.insider.block(turn, first, self.insider.command().cloned());
        let mut other = self.insider.block(turn, rival, None);
        if one == other {
            other = certificates.get(1).and_then(|older: &Rc<Certificate>| self.insider.block(turn, older, None));
        }
        let blocks: Vec<_> = one.into_iter().chain(other).collect();
        let victims = self.insider.victims(ctx);
        let half = victims.len().div_ceil(2);
        for (place, victim) in victims.into_iter().enumerate() {
            let mut blocks = blocks.clone();
            if place >= half {
                blocks.reverse();
            }
            for block in blocks {
                ctx.send(turn.leader, victim, Message::Proposal(block));
            }
        }
        blocks.iter().for_each(|block| self.insider.vote(block, ctx));
    }
}

impl Adversary<HotStuff> for EquivocatingLeader {
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
