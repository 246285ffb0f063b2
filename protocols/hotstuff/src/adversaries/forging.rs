//! A leader that makes up what clients ask.

use sim_core::AdversaryContext;

use super::insider::{Insider, Turn};
use super::leading::Lead;
use crate::mutations::forged;
use crate::node::HotStuff;

/// Proposes in its views what no client has asked, with a signature that is not the client's. Every
/// other block is as it should be, so that it leads on.
#[derive(Debug)]
pub(super) struct ForgingLeader;

impl Lead for ForgingLeader {
    fn lead(&mut self, insider: &mut Insider, turn: Turn, ctx: &mut AdversaryContext<'_, HotStuff>) {
        let certificates = insider.certificates();
        let (client, content) = forged(insider.command());
        let command = ctx.sign(client, content);
        let is_forged = turn.view.is_multiple_of(2);
        let block = certificates.first().and_then(|highest| {
            let command = if is_forged { Some(command) } else { insider.command().cloned() };
            insider.block(turn, highest, command)
        });
        if let Some(block) = block {
            insider.propose(turn, &block, ctx);
        }
    }
}
