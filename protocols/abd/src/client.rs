//! The client's side: which node it asks.

use parts::kv::KvReply;
use parts::registers::RegisterOp;
use sim_core::{Answer, Belief, Flaws, NodeId, Requests, Strategy};

use super::flaws::AbdFlaw;
use super::node::Abd;

/// Asks one node. If that does not answer, a read goes to the next one, and a write stays: a second
/// coordinator would give it a second tag. The operation after one that was given up goes to the next node.
#[derive(Debug)]
pub(super) struct OneCoordinator {
    flaws: Flaws<AbdFlaw>,
    /// The index of the node that it asks, modulo how many there are.
    target: usize,
    /// Whether the last node that was asked has not answered yet.
    is_unanswered: bool,
}

impl OneCoordinator {
    /// Client number `client` begins at the node of that number.
    pub(super) const fn new(flaws: Flaws<AbdFlaw>, client: u32) -> Self {
        Self { flaws, target: client as usize, is_unanswered: false }
    }

    fn goes_on(&mut self) {
        self.target += 1;
        self.is_unanswered = false;
    }

    fn send(&self, op: RegisterOp, requests: &mut Requests<'_, '_, Abd>) {
        let nodes = requests.nodes();
        requests.send(nodes[self.target % nodes.len()], op);
    }
}

impl Strategy<Abd> for OneCoordinator {
    fn begin(&mut self, _: &RegisterOp, _: &[NodeId]) {
        if self.is_unanswered {
            self.goes_on();
        }
    }

    fn ask(&mut self, op: &RegisterOp, attempt: u32, requests: &mut Requests<'_, '_, Abd>) {
        let may_go_on = matches!(op, RegisterOp::Get { .. }) || self.flaws.has(AbdFlaw::RetriesElsewhere);
        if attempt > 1 && may_go_on {
            self.goes_on();
        }
        self.is_unanswered = true;
        self.send(*op, requests);
    }

    fn on_answer(
        &mut self,
        op: &RegisterOp,
        _: NodeId,
        answer: Answer<KvReply>,
        requests: &mut Requests<'_, '_, Abd>,
    ) -> Belief<KvReply> {
        match answer {
            Answer::Reply(reply) => {
                self.is_unanswered = false;
                Belief::Done(reply)
            }
            // To the one writer of the register, which redirects nobody.
            Answer::Redirect(to) => {
                if let Some(target) = to.and_then(|to| requests.nodes().iter().position(|node| *node == to)) {
                    self.target = target;
                    self.send(*op, requests);
                }
                Belief::Wait
            }
            Answer::Reject => Belief::Failed,
        }
    }
}
