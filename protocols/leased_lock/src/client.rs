//! The client's side: which holder it asks.

use sim_core::{Answer, Belief, NodeId, Requests, Strategy};

use super::config::LockConfig;
use super::node::LeasedLock;
use super::operations::{LockOp, LockReply};

/// Asks one holder, and the next one if that does not answer. The storage knows what is carried out already.
#[derive(Debug)]
pub(super) struct AnyHolder {
    holders: usize,
    /// The holder that it asks, modulo how many there are.
    target: usize,
}

impl AnyHolder {
    /// Client number `client` begins at the holder of that number.
    pub(super) const fn new(config: &LockConfig, client: u32) -> Self {
        Self { holders: config.holders as usize, target: client as usize }
    }
}

impl Strategy<LeasedLock> for AnyHolder {
    fn begin(&mut self, _: &LockOp, _: &[NodeId]) {}

    fn ask(&mut self, op: &LockOp, _: u32, requests: &mut Requests<'_, '_, LeasedLock>) {
        let holder = requests.nodes()[self.target % self.holders];
        requests.send(holder, *op);
    }

    fn on_answer(
        &mut self,
        _: &LockOp,
        _: NodeId,
        answer: Answer<LockReply>,
        _: &mut Requests<'_, '_, LeasedLock>,
    ) -> Belief<LockReply> {
        match answer {
            Answer::Reply(reply) => Belief::Done(reply),
            // Holders answer, or do not.
            Answer::Redirect(_) | Answer::Reject => Belief::Wait,
        }
    }

    fn on_timeout(&mut self) {
        self.target += 1;
    }
}
