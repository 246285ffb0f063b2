//! A primary that is silent, and lies when a view begins.

use std::rc::Rc;

use sim_core::{Adversary, AdversaryContext, NodeId, Signed};

use super::puppets::{Puppets, others};
use crate::certificate::{PrePrepare, Prepare, PreparedCertificate, Proposal};
use crate::config::PbftConfig;
use crate::message::Message;
use crate::node::Pbft;
use crate::request::{Batch, Digest, Op, Request};
use crate::view::{Diligence, Inheritance, NewView, ViewChange};
use parts::kv::KvOp;

/// Proposes nothing, until backups pass on what clients ask; then it proposes what nobody has asked
/// for. When others ask for a view it asks for it too, and shows certificates of its own
/// making: null requests for all that they have prepared. The views that it begins, it begins with
/// these.
#[derive(Debug)]
pub(super) struct Liar {
    puppets: Puppets,
}

impl Liar {
    pub(super) fn new(config: &PbftConfig) -> Self {
        Self { puppets: Puppets::new(config) }
    }

    /// Proposes a write in a client's name, to everybody.
    fn forge(&mut self, request: &Request, ctx: &mut AdversaryContext<'_, Pbft>) {
        let Some(primary) = self.puppets.primary(ctx) else { return };
        if self.puppets.use_request(request) {
            let (client, asked) = (request.id().client, request.op());
            let op = Op { op: KvOp::Delete { key: asked.key() }, read_only: false };
            let forged = Request(ctx.sign(client, (request.id(), op)));
            let batch = Rc::new(Batch(vec![forged]));
            let others = others(ctx);
            self.puppets.propose(primary, self.puppets.next_sequence, &batch, &others, ctx);
            self.puppets.next_sequence += 1;
        }
    }

    /// What a puppet says that it has prepared, when another says what it has.
    fn lie(puppet: NodeId, change: &ViewChange, ctx: &AdversaryContext<'_, Pbft>) -> Signed<ViewChange> {
        let nodes = ctx.nodes();
        let view = change.view.saturating_sub(1);
        let forged = |certificate: &Rc<PreparedCertificate>| {
            let proposal = Proposal { view, digest: Digest::NULL, ..certificate.proposal() };
            let primary = nodes[(view % nodes.len() as u64) as usize];
            let prepares = nodes.iter().map(|node| ctx.sign(*node, Prepare(proposal))).collect();
            Rc::new(PreparedCertificate { pre_prepare: ctx.sign(primary, PrePrepare(proposal)), prepares })
        };
        let prepared = change.prepared.iter().map(forged).collect();
        ctx.sign(puppet, ViewChange { prepared, ..change.clone() })
    }

    /// A view as it should begin, but for what the puppet says of itself and what follows from it.
    fn twist(primary: NodeId, new_view: NewView, ctx: &AdversaryContext<'_, Pbft>) -> NewView {
        let NewView { view, mut view_changes, pre_prepares } = new_view;
        let Some(richest) = view_changes.iter().max_by_key(|change| change.content().prepared.len()).cloned() else {
            return NewView { view, view_changes, pre_prepares };
        };
        view_changes.retain(|change| change.signer() != primary);
        // The first of two certificates of one view wins.
        view_changes.insert(0, Rc::new(Self::lie(primary, richest.content(), ctx)));
        let proposals = Inheritance::of(view, &view_changes, Diligence::ALL).map_or(Vec::new(), |all| all.proposals);
        let pre_prepares = proposals.iter().map(|proposal| ctx.sign(primary, PrePrepare(*proposal))).collect();
        NewView { view, view_changes, pre_prepares }
    }
}

impl Adversary<Pbft> for Liar {
    fn on_message(&mut self, puppet: NodeId, from: NodeId, message: &Message, ctx: &mut AdversaryContext<'_, Pbft>) {
        if ctx.puppets().contains(&from) {
            return;
        }
        self.puppets.observe(message);
        if let Message::Request(request) = message {
            return self.forge(request, ctx);
        }
        let Message::ViewChange(change) = message else { return };
        if let Some((primary, new_view)) = self.puppets.may_begin(change, ctx) {
            let twisted = Self::twist(primary, new_view, ctx);
            self.puppets.begin(primary, twisted, ctx);
        } else {
            let lie = Self::lie(puppet, change.content(), ctx);
            ctx.broadcast(puppet, &Message::ViewChange(Rc::new(lie)));
        }
    }
}
