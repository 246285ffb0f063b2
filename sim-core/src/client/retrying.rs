//! The default client: it asks one node after the other.

use std::fmt;

use super::{Belief, ClientProfile, ClosedLoop, Requests, Strategy};
use crate::effect::Answer;
use crate::process::NodeId;
use crate::protocol::Protocol;

/// The default client: a [`ClosedLoop`] that asks one node after the other.
pub type RetryingClient<P> = ClosedLoop<P, Retrying<P>>;

impl<P: Protocol> RetryingClient<P> {
    /// Client number `index`, which begins by asking node number `index`.
    pub const fn new(index: u32, profile: ClientProfile) -> Self {
        Self::with(Retrying { memory: None, target: index as usize, first: index as usize, hops: 0 }, profile)
    }

    /// Adds a memory.
    #[must_use]
    pub fn remembering(mut self, memory: impl SessionMemory<P> + 'static) -> Self {
        self.strategy.memory = Some(Box::new(memory));
        self
    }
}

/// Asks the node that answered last, then the node it redirects to. When no answer comes, it goes on with the node after the one
/// that it had asked first: so two that point at each other do not keep it from asking the rest.
#[derive(Debug)]
pub struct Retrying<P: Protocol> {
    memory: Option<Box<dyn SessionMemory<P>>>,
    /// The index of the node that it asks, modulo how many there are.
    target: usize,
    /// The one that it asked first in this attempt, likewise.
    first: usize,
    /// Redirections followed in this attempt: nodes that point at each other must not keep it busy.
    hops: usize,
}

/// What a client remembers from one operation to the next, such as how much of the system's state it has
/// seen. It travels with requests and replies, and does not show in the history.
pub trait SessionMemory<P: Protocol>: fmt::Debug {
    /// Which of `nodes` nodes is asked first; `None` for the one that answered last.
    fn begins_at(&mut self, op: &P::Op, nodes: usize) -> Option<usize>;

    /// The operation that is sent when the client asks for `op`.
    fn request(&self, op: &P::Op) -> P::Op;

    /// Records a reply to `op`, and returns the reply for the history.
    fn reply(&mut self, op: &P::Op, reply: P::Reply) -> P::Reply;
}

impl<P: Protocol> Retrying<P> {
    fn send(&self, op: &P::Op, requests: &mut Requests<'_, '_, P>) {
        let nodes = requests.nodes();
        let op = self.memory.as_ref().map_or_else(|| op.clone(), |memory| memory.request(op));
        requests.send(nodes[self.target % nodes.len()], op);
    }

    fn redirected(&mut self, to: Option<NodeId>, op: &P::Op, requests: &mut Requests<'_, '_, P>) {
        self.hops += 1;
        let known = to.and_then(|to| requests.nodes().iter().position(|node| *node == to));
        // A client that does not know whom to ask, or is redirected in circles, waits for the
        // timeout.
        if let Some(target) = known.filter(|_| self.hops <= requests.nodes().len()) {
            self.target = target;
            self.send(op, requests);
        }
    }
}

impl<P: Protocol> Strategy<P> for Retrying<P> {
    fn begin(&mut self, op: &P::Op, nodes: &[NodeId]) {
        if let Some(first) = self.memory.as_mut().and_then(|memory| memory.begins_at(op, nodes.len())) {
            self.target = first;
        }
    }

    fn ask(&mut self, op: &P::Op, _attempt: u32, requests: &mut Requests<'_, '_, P>) {
        (self.first, self.hops) = (self.target, 0);
        self.send(op, requests);
    }

    fn on_answer(
        &mut self,
        op: &P::Op,
        _from: NodeId,
        answer: Answer<P::Reply>,
        requests: &mut Requests<'_, '_, P>,
    ) -> Belief<P::Reply> {
        match answer {
            Answer::Redirect(to) => {
                self.redirected(to, op, requests);
                Belief::Wait
            }
            Answer::Reply(reply) => Belief::Done(match &mut self.memory {
                Some(memory) => memory.reply(op, reply),
                None => reply,
            }),
            Answer::Reject => Belief::Failed,
        }
    }

    fn on_timeout(&mut self) {
        self.target = self.first + 1;
    }
}
