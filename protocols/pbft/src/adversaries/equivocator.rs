//! A primary that says one thing to some and another to others.

use std::rc::Rc;

use sim_core::{Adversary, AdversaryContext, NodeId, RequestId};

use super::puppets::{Puppets, asked, others, support};
use crate::certificate::Proposal;
use crate::config::PbftConfig;
use crate::message::Message;
use crate::node::Pbft;
use crate::request::{Batch, Op, Request};

/// Proposes a request to one half of the replicas, and the same request twice to the other half: both
/// are batches that a client has asked for. It supports each of them towards its half.
#[derive(Debug)]
pub(super) struct Equivocator {
    puppets: Puppets,
}

impl Equivocator {
    pub(super) fn new(config: &PbftConfig) -> Self {
        Self { puppets: Puppets::new(config) }
    }

    fn equivocate(&mut self, request: &Request, ctx: &mut AdversaryContext<'_, Pbft>) {
        let Some(primary) = self.puppets.primary(ctx) else { return };
        if !self.puppets.use_request(request) {
            return;
        }
        let sequence = self.puppets.next_sequence;
        self.puppets.next_sequence += 1;
        let others = others(ctx);
        let split = ctx.choose("split", 0..others.len() as u64 + 1) as usize;
        let halves = [(&others[..split], 1), (&others[split..], 2)];
        for (half, times) in halves {
            let batch = Rc::new(Batch(vec![request.clone(); times]));
            self.puppets.propose(primary, sequence, &batch, half, ctx);
            support(Proposal { view: self.puppets.view, sequence, digest: batch.digest() }, half, ctx);
        }
    }
}

impl Adversary<Pbft> for Equivocator {
    fn on_message(&mut self, _: NodeId, from: NodeId, message: &Message, ctx: &mut AdversaryContext<'_, Pbft>) {
        if ctx.puppets().contains(&from) {
            return;
        }
        self.puppets.observe(message);
        match message {
            Message::Request(request) => self.equivocate(request, ctx),
            Message::ViewChange(change) => self.puppets.begin_if_due(change, ctx),
            _ => {}
        }
    }

    fn on_request(&mut self, _: NodeId, request: RequestId, op: &Op, ctx: &mut AdversaryContext<'_, Pbft>) {
        if let Some(request) = asked(request, op, ctx) {
            self.equivocate(&request, ctx);
        }
    }
}
