//! A client that leaves what it asks for to one coordinator.

use std::fmt;

use sim_core::{Answer, Belief, NodeId, Protocol, Requests, Strategy};

/// Asks one node. If that does not answer, an operation that `may_go_on` is asked of the next one, and any other stays:
/// a second coordinator would carry it out a second time. The operation after one that was given up goes to the next
/// node.
pub struct OneCoordinator<P: Protocol> {
    may_go_on: fn(&P::Op) -> bool,
    /// The index of the node that it asks, modulo how many there are.
    target: usize,
    /// Whether the last node that was asked has not answered yet.
    is_unanswered: bool,
}

impl<P: Protocol> OneCoordinator<P> {
    /// Client number `client` begins at the node of that number.
    pub const fn new(client: u32, may_go_on: fn(&P::Op) -> bool) -> Self {
        Self { may_go_on, target: client as usize, is_unanswered: false }
    }

    fn goes_on(&mut self) {
        self.target += 1;
        self.is_unanswered = false;
    }

    fn send(&self, op: &P::Op, requests: &mut Requests<'_, '_, P>) {
        let nodes = requests.nodes();
        requests.send(nodes[self.target % nodes.len()], op.clone());
    }
}

impl<P: Protocol> fmt::Debug for OneCoordinator<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { may_go_on: _, target, is_unanswered } = self;
        let mut shown = f.debug_struct("OneCoordinator");
        shown.field("target", target).field("is_unanswered", is_unanswered).finish_non_exhaustive()
    }
}

impl<P: Protocol> Strategy<P> for OneCoordinator<P> {
    fn begin(&mut self, _: &P::Op, _: &[NodeId]) {
        if self.is_unanswered {
            self.goes_on();
        }
    }

    fn ask(&mut self, op: &P::Op, attempt: u32, requests: &mut Requests<'_, '_, P>) {
        if attempt > 1 && (self.may_go_on)(op) {
            self.goes_on();
        }
        self.is_unanswered = true;
        self.send(op, requests);
    }

    fn on_answer(
        &mut self,
        op: &P::Op,
        _: NodeId,
        answer: Answer<P::Reply>,
        requests: &mut Requests<'_, '_, P>,
    ) -> Belief<P::Reply> {
        match answer {
            Answer::Reply(reply) => {
                self.is_unanswered = false;
                Belief::Done(reply)
            }
            // To the only node that may coordinate this, which redirects nobody.
            Answer::Redirect(to) => {
                if let Some(target) = to.and_then(|to| requests.nodes().iter().position(|node| *node == to)) {
                    self.target = target;
                    self.send(op, requests);
                }
                Belief::Wait
            }
            Answer::Reject => {
                self.is_unanswered = false;
                Belief::Failed
            }
        }
    }
}
