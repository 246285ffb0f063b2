//! What attackers keep in mind.

use std::collections::BTreeMap;
use std::rc::Rc;

use sim_core::{AdversaryContext, NodeId, RequestId, Signed};

use super::committee;
use crate::certificate::{Commit, PrePrepare, Prepare, Proposal};
use crate::config::PbftConfig;
use crate::message::Message;
use crate::node::Pbft;
use crate::request::{Batch, Op, Request};
use crate::view::{Diligence, Inheritance, NewView, ViewChange};

pub(super) type Ctx<'a, 'c> = &'c mut AdversaryContext<'a, Pbft>;

/// What an attacker knows of the group.
#[derive(Debug)]
pub(super) struct Puppets {
    config: PbftConfig,
    /// The latest view that it has heard of as begun.
    pub(super) view: u64,
    /// The next place that it would propose for.
    pub(super) next_sequence: u64,
    /// The latest request of each client that it has put to use.
    used: BTreeMap<NodeId, RequestId>,
    /// The latest message of each replica that asks for a view.
    view_changes: BTreeMap<NodeId, Rc<Signed<ViewChange>>>,
}

impl Puppets {
    pub(super) fn new(config: &PbftConfig) -> Self {
        Self { config: config.clone(), view: 0, next_sequence: 1, used: BTreeMap::new(), view_changes: BTreeMap::new() }
    }

    /// The puppet that is the primary of the view, if one is.
    pub(super) fn primary(&self, ctx: Ctx<'_, '_>) -> Option<NodeId> {
        let primary = committee(&self.config, ctx.nodes()).primary(self.view);
        ctx.puppets().contains(&primary).then_some(primary)
    }

    /// Whether a request is newer than all of its client that were put to use.
    pub(super) fn use_request(&mut self, request: &Request) -> bool {
        let id = request.id();
        let is_new = self.used.get(&id.client).is_none_or(|used| *used < id);
        if is_new {
            self.used.insert(id.client, id);
        }
        is_new
    }

    /// Takes note of where the others are.
    pub(super) fn observe(&mut self, message: &Message) {
        match message {
            Message::NewView(new_view) => self.enter(new_view.content()),
            Message::Prepare(prepare) => {
                self.next_sequence = self.next_sequence.max(prepare.content().0.sequence.saturating_add(1));
            }
            Message::Stable(stable) => self.next_sequence = self.next_sequence.max(stable.sequence().saturating_add(1)),
            Message::Status(status) => self.next_sequence = self.next_sequence.max(status.executed.saturating_add(1)),
            _ => {}
        }
    }

    fn enter(&mut self, new_view: &NewView) {
        if new_view.view > self.view {
            self.view = new_view.view;
            let inherited = Inheritance::of(new_view.view, &new_view.view_changes, Diligence::ALL);
            self.next_sequence = inherited.map_or(0, |inherited| inherited.last_sequence()) + 1;
            self.used.clear();
        }
    }

    /// A replica asks for a view. If a puppet is its primary and enough have asked, this is what it
    /// should begin with.
    pub(super) fn may_begin(&mut self, signed: &Rc<Signed<ViewChange>>, ctx: Ctx<'_, '_>) -> Option<(NodeId, NewView)> {
        let view = signed.content().view;
        self.view_changes.insert(signed.signer(), Rc::clone(signed));
        let committee = committee(&self.config, ctx.nodes());
        let primary = committee.primary(view);
        if !ctx.puppets().contains(&primary) || view <= self.view {
            return None;
        }
        let mut view_changes: Vec<_> =
            self.view_changes.values().filter(|change| change.content().view == view).cloned().collect();
        let own = ViewChange { view, stable: Rc::clone(&signed.content().stable), prepared: Vec::new() };
        if view_changes.len() + 1 < committee.quorum() {
            return None;
        }
        view_changes.retain(|change| change.signer() != primary);
        view_changes.push(Rc::new(ctx.sign(primary, own)));
        let inherited = Inheritance::of(view, &view_changes, Diligence::ALL)?;
        let pre_prepares = inherited.proposals.iter().map(|proposal| ctx.sign(primary, PrePrepare(*proposal)));
        Some((primary, NewView { view, pre_prepares: pre_prepares.collect(), view_changes }))
    }

    /// Begins a view as it should begin, if it may: see [`may_begin`](Self::may_begin).
    pub(super) fn begin_if_due(&mut self, signed: &Rc<Signed<ViewChange>>, ctx: Ctx<'_, '_>) {
        if let Some((primary, new_view)) = self.may_begin(signed, ctx) {
            self.begin(primary, new_view, ctx);
        }
    }

    /// Begins a view as its primary.
    pub(super) fn begin(&mut self, primary: NodeId, new_view: NewView, ctx: Ctx<'_, '_>) {
        self.enter(&new_view);
        let message = Message::NewView(Rc::new(ctx.sign(primary, new_view)));
        ctx.broadcast(primary, &message);
    }

    /// Sends a proposal to some replicas.
    pub(super) fn propose(&self, primary: NodeId, sequence: u64, batch: &Rc<Batch>, to: &[NodeId], ctx: Ctx<'_, '_>) {
        let proposal = Proposal { view: self.view, sequence, digest: batch.digest() };
        let pre_prepare = ctx.sign(primary, PrePrepare(proposal));
        for to in to {
            ctx.send(primary, *to, Message::PrePrepare(pre_prepare.clone(), Rc::clone(batch)));
        }
    }
}

/// Prepares and commits a proposal in the name of every puppet, to some replicas.
pub(super) fn support(proposal: Proposal, to: &[NodeId], ctx: Ctx<'_, '_>) {
    let puppets = ctx.puppets();
    for puppet in puppets {
        let prepare = ctx.sign(*puppet, Prepare(proposal));
        let commit = ctx.sign(*puppet, Commit(proposal));
        for to in to.iter().filter(|to| !puppets.contains(to)) {
            ctx.send(*puppet, *to, Message::Prepare(prepare.clone()));
            ctx.send(*puppet, *to, Message::Commit(commit.clone()));
        }
    }
}

/// What a client asks of a puppet, as the client would send it; `None` if it only reads, which is not ordered.
pub(super) fn asked(request: RequestId, op: &Op, ctx: Ctx<'_, '_>) -> Option<Request> {
    (!op.read_only).then(|| Request(ctx.signed_request(request, *op)))
}

/// The nodes that are no puppets.
pub(super) fn others(ctx: Ctx<'_, '_>) -> Vec<NodeId> {
    ctx.nodes().iter().copied().filter(|node| !ctx.puppets().contains(node)).collect()
}
