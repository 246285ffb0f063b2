//! Replicas that come and go.

use serde::Serialize;
use sim_core::{NodeId, OperatorAction};

use super::deltas::Deltas;
use super::operations::Log;
use super::{Crdt, Ctx};
use crate::flaws::CrdtFlaw;
use crate::message::{Event, Message, Record};
use crate::store::Store;

const JOIN: &str = "join";
const LEAVE: &str = "leave";

/// What an operator can ask for, of the nodes that the action names.
pub(super) const ACTIONS: [&str; 2] = [JOIN, LEAVE];

/// Who belongs to the group: by node, how often it has left and joined again. It belongs to it where that is even.
/// Whoever hears of two counts of a node believes the higher one, so nothing old is ever believed again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Members(Vec<u64>);

impl Members {
    /// All nodes.
    pub(super) fn all(nodes: usize) -> Self {
        Self(vec![0; nodes])
    }

    /// The count of a node.
    pub(super) fn of(&self, node: NodeId) -> u64 {
        self.0.get(node.index() as usize).copied().unwrap_or_default()
    }

    fn has(&self, node: NodeId) -> bool {
        self.of(node).is_multiple_of(2)
    }

    /// Whether somebody has ever left.
    fn have_changed(&self) -> bool {
        self.0.iter().any(|count| *count > 0)
    }
}

/// Where a node stands with the group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Status {
    /// It belongs to it.
    Member,
    /// It hands over what it has, and takes no more updates of clients.
    Leaving,
    /// It has handed over, and has nothing.
    Left,
    /// It has a name, and waits for a state.
    Joining,
}

/// What a node knows of the group, and of itself in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Membership {
    /// Who belongs to it, as far as it knows.
    pub members: Members,
    /// Where it stands itself.
    pub status: Status,
}

impl Crdt {
    /// The name under which it makes updates. No other replica ever has it: what another node knows of it under an
    /// earlier name says nothing about what it has now.
    pub(super) fn name(&self) -> u64 {
        let times = if self.has(CrdtFlaw::NameReused) { 0 } else { self.count() / 2 };
        u64::from(self.me.index()) + times * self.nodes.len() as u64
    }

    /// How often it has left and joined.
    pub(super) fn count(&self) -> u64 {
        self.membership.members.of(self.me)
    }

    /// Whether it has a state.
    pub(super) fn is_in(&self) -> bool {
        matches!(self.membership.status, Status::Member | Status::Leaving)
    }

    /// The other nodes of the group, as far as it knows.
    pub(super) fn others(&self) -> impl Iterator<Item = NodeId> + Clone {
        let members = &self.membership.members;
        self.nodes.iter().copied().filter(|node| *node != self.me && members.has(*node))
    }

    /// Hears that a node has left and joined so often. What it has acknowledged before counts no more. Tells whether
    /// the node is now what it was then.
    pub(super) fn learn(&mut self, node: NodeId, count: u64, ctx: &mut Ctx<'_>) -> bool {
        let known = self.membership.members.of(node);
        if count > known && node != self.me {
            self.membership.members.0[node.index() as usize] = count;
            self.deltas.forget(node);
            self.log.forget(node);
            self.write_membership(ctx);
        }
        count >= known
    }

    pub(super) fn learn_all(&mut self, members: &Members, ctx: &mut Ctx<'_>) {
        for node in self.nodes.clone() {
            self.learn(node, members.of(node), ctx);
        }
    }

    fn write_membership(&mut self, ctx: &mut Ctx<'_>) {
        self.journal.append(Record::Membership(self.membership.clone()), ctx);
        self.make_durable(ctx);
    }

    fn become_one(&mut self, status: Status, count: u64, ctx: &mut Ctx<'_>) {
        self.membership.status = status;
        self.membership.members.0[self.me.index() as usize] = count;
        self.write_membership(ctx);
    }

    /// The first node stays: a group that all leave has nowhere to keep its state.
    pub(super) fn operate(&mut self, action: &OperatorAction, ctx: &mut Ctx<'_>) {
        if !action.nodes.contains(&self.me) {
            return;
        }
        match (action.name.as_str(), self.membership.status) {
            (JOIN, Status::Left) => {
                self.become_one(Status::Joining, self.count() + 1, ctx);
                ctx.emit(Event::Joining);
            }
            (LEAVE, Status::Member) if self.me != self.nodes[0] => {
                self.become_one(Status::Leaving, self.count(), ctx);
                ctx.emit(Event::Leaving);
                if self.has(CrdtFlaw::LeavesAtOnce) {
                    self.leave(ctx);
                }
            }
            _ => {}
        }
    }

    /// Tells others of the group what they may not know of it: who belongs to it, and what it has that leaves.
    pub(super) fn gossip_membership(&mut self, audience: &[NodeId], ctx: &mut Ctx<'_>) {
        let Membership { members, status } = &self.membership;
        match status {
            Status::Member if members.have_changed() => {
                audience.iter().for_each(|to| ctx.send(*to, Message::Members(members.clone())));
            }
            Status::Leaving => {
                let count = self.count() + 1;
                let handover = || Message::Handover { count, members: members.clone(), store: self.store.clone() };
                audience.iter().for_each(|to| ctx.send(*to, handover()));
            }
            Status::Joining => {
                let others = self.nodes.iter().filter(|node| **node != self.me);
                others.for_each(|to| ctx.send(*to, Message::Join(self.count())));
            }
            Status::Member | Status::Left => {}
        }
    }

    /// Takes over what another has that leaves, and says so when it is durable. Who leaves too does not.
    pub(super) fn take_over(
        &mut self,
        from: NodeId,
        (count, members): (u64, &Members),
        store: &Store,
        ctx: &mut Ctx<'_>,
    ) {
        let takes_over = self.membership.status == Status::Member
            || self.membership.status == Status::Leaving && self.has(CrdtFlaw::LeaverTakesOver);
        if !takes_over {
            return;
        }
        if self.has(CrdtFlaw::TakesOverBeforeSync) {
            ctx.send(from, Message::TakenOver(count));
        }
        self.learn_all(members, ctx);
        self.learn(from, count, ctx);
        self.merge(store, ctx);
        if !self.has(CrdtFlaw::TakesOverBeforeSync) {
            ctx.send(from, Message::TakenOver(count));
        }
    }

    pub(super) fn taken_over(&mut self, count: u64, ctx: &mut Ctx<'_>) {
        if self.membership.status == Status::Leaving && count == self.count() + 1 {
            self.leave(ctx);
        }
    }

    /// Forgets all but who it was. Its deltas are numbered on: what others say of the old ones is true of them alone.
    fn leave(&mut self, ctx: &mut Ctx<'_>) {
        self.membership.status = Status::Left;
        self.membership.members.0[self.me.index() as usize] += 1;
        self.store = Store::default();
        self.made.clear();
        self.deltas = Deltas::from(self.deltas.next());
        self.log = Log::default();
        self.digests.get_mut().clear();
        self.rewrite(ctx);
        self.make_durable(ctx);
        ctx.emit(Event::Left);
    }

    /// A newcomer gets all that there is.
    pub(super) fn welcome(&mut self, from: NodeId, count: u64, ctx: &mut Ctx<'_>) {
        if self.membership.status == Status::Member && self.learn(from, count, ctx) {
            let members = self.membership.members.clone();
            ctx.send(from, Message::Welcome { count, members, store: self.store.clone() });
        }
    }

    /// From now on it answers clients. Before it had a state, it would have shown them that all is gone.
    pub(super) fn welcomed(&mut self, count: u64, members: &Members, store: &Store, ctx: &mut Ctx<'_>) {
        if self.membership.status == Status::Joining && count == self.count() {
            self.learn_all(members, ctx);
            self.merge(store, ctx);
            self.become_one(Status::Member, count, ctx);
            ctx.emit(Event::Joined);
        }
    }
}
