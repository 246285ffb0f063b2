//! A primary that leaves a replica behind.

use std::rc::Rc;

use sim_core::{Adversary, AdversaryContext, NodeId, RequestId};

use super::puppets::{Puppets, asked, others, support};
use crate::config::PbftConfig;
use crate::message::Message;
use crate::node::Pbft;
use crate::request::{Batch, Op, Request};

/// Orders what clients ask, with a quorum that it is part of itself, and says nothing to as many
/// correct replicas as there may be faulty ones. It answers no client and takes no checkpoint: so a
/// quorum of replies never comes together, while nobody else has a reason to suspect it.
#[derive(Debug)]
pub(super) struct Strander {
    puppets: Puppets,
    faulty: usize,
}

impl Strander {
    pub(super) fn new(config: &PbftConfig) -> Self {
        Self { puppets: Puppets::new(config), faulty: config.faulty as usize }
    }

    /// Those that it speaks to: all but the last ones.
    fn favoured(&self, ctx: &mut AdversaryContext<'_, Pbft>) -> Vec<NodeId> {
        let mut others = others(ctx);
        others.truncate(others.len().saturating_sub(self.faulty));
        others
    }

    fn order(&mut self, request: &Request, ctx: &mut AdversaryContext<'_, Pbft>) {
        let Some(primary) = self.puppets.primary(ctx) else { return };
        if self.puppets.use_request(request) {
            let favoured = self.favoured(ctx);
            let batch = Rc::new(Batch(vec![request.clone()]));
            self.puppets.propose(primary, self.puppets.next_sequence, &batch, &favoured, ctx);
            self.puppets.next_sequence += 1;
        }
    }
}

impl Adversary<Pbft> for Strander {
    fn on_message(&mut self, _: NodeId, from: NodeId, message: &Message, ctx: &mut AdversaryContext<'_, Pbft>) {
        if ctx.puppets().contains(&from) {
            return;
        }
        self.puppets.observe(message);
        match message {
            Message::Request(request) => self.order(request, ctx),
            Message::Prepare(prepare) => {
                let favoured = self.favoured(ctx);
                support(prepare.content().0, &favoured, ctx);
            }
            Message::ViewChange(change) => self.puppets.begin_if_due(change, ctx),
            _ => {}
        }
    }

    fn on_request(&mut self, _: NodeId, request: RequestId, op: &Op, ctx: &mut AdversaryContext<'_, Pbft>) {
        if let Some(request) = asked(request, op, ctx) {
            self.order(&request, ctx);
        }
    }
}
