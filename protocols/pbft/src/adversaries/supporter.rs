//! A backup that is for everything.

use std::collections::BTreeSet;
use std::rc::Rc;

use sim_core::{Adversary, AdversaryContext, NodeId};

use super::puppets::{others, support};
use crate::certificate::Proposal;
use crate::message::Message;
use crate::node::Pbft;
use crate::view::ViewChange;

/// Prepares and commits whatever anybody proposes or prepares, for whatever place and view, and asks
/// for every view that anybody asks for, as if it had prepared nothing.
#[derive(Debug, Default)]
pub(super) struct Supporter {
    supported: BTreeSet<Proposal>,
}

impl Adversary<Pbft> for Supporter {
    fn on_message(&mut self, puppet: NodeId, from: NodeId, message: &Message, ctx: &mut AdversaryContext<'_, Pbft>) {
        if ctx.puppets().contains(&from) {
            return;
        }
        let proposal = match message {
            Message::PrePrepare(pre_prepare, _) => pre_prepare.content().0,
            Message::Prepare(prepare) => prepare.content().0,
            Message::Commit(commit) => commit.content().0,
            Message::Checkpoint(checkpoint) => {
                let same = ctx.sign(puppet, *checkpoint.content());
                return ctx.broadcast(puppet, &Message::Checkpoint(same));
            }
            Message::ViewChange(change) => {
                let change = ViewChange { prepared: Vec::new(), ..change.content().clone() };
                let signed = Rc::new(ctx.sign(puppet, change));
                return ctx.broadcast(puppet, &Message::ViewChange(signed));
            }
            _ => return,
        };
        if self.supported.insert(proposal) {
            let others = others(ctx);
            support(proposal, &others, ctx);
        }
    }
}
