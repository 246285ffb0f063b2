//! A leader that says one thing to some and another to others.

use std::rc::Rc;

use sim_core::AdversaryContext;

use super::insider::{Insider, Turn};
use super::leading::Lead;
use crate::certificate::Certificate;
use crate::message::Message;
use crate::node::HotStuff;

/// Proposes two blocks in each of its views, and votes for both. Half of the correct replicas hear
/// of the one first and half of the other, so that whoever votes twice votes for both.
#[derive(Debug)]
pub(super) struct EquivocatingLeader;

impl Lead for EquivocatingLeader {
    /// Behind the two certificates of the last view, if it got both; else twice behind the highest,
    /// and where there is no command to tell the blocks apart, behind the one before.
    fn lead(&mut self, insider: &mut Insider, turn: Turn, ctx: &mut AdversaryContext<'_, HotStuff>) {
        let certificates = insider.certificates();
        let Some(first) = certificates.first() else { return };
        let rival = certificates.get(1).filter(|other| other.view == first.view).unwrap_or(first);
        let one = insider.block(turn, first, insider.command().cloned());
        let mut other = insider.block(turn, rival, None);
        if one == other {
            other = certificates.get(1).and_then(|older: &Rc<Certificate>| insider.block(turn, older, None));
        }
        let blocks: Vec<_> = one.into_iter().chain(other).collect();
        let victims = insider.victims(ctx);
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
        blocks.iter().for_each(|block| insider.vote(block, ctx));
    }
}
