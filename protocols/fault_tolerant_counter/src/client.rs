//! The client's side: which entry it names, and which replica it asks.

use sim_core::{Answer, Belief, Flaws, NodeId, Requests, Strategy};

use super::flaws::CounterFlaw;
use super::node::FaultTolerantCounter;
use super::operations::{CounterOp, CounterReply};
use super::state::Entry;

/// Asks for all changes in one entry, until it is told of another one instead. Where the replica whose entry it is does
/// not answer, it asks others in turn, which send the change on, know that it was counted, or know that the entry is
/// none any more.
#[derive(Debug)]
pub(super) struct OneEntry {
    flaws: Flaws<CounterFlaw>,
    entry: Option<Entry>,
    /// The index of the node that it asks where it does not matter which, modulo how many there are.
    target: usize,
    /// Redirections followed in this attempt: nodes that point at each other must not keep it busy.
    hops: usize,
}

impl OneEntry {
    /// Client number `client` begins at the node of that number.
    pub(super) const fn new(flaws: Flaws<CounterFlaw>, client: u32) -> Self {
        Self { flaws, entry: None, target: client as usize, hops: 0 }
    }

    /// Asks the node that it has come to.
    fn send(&self, op: CounterOp, requests: &mut Requests<'_, '_, FaultTolerantCounter>) {
        let nodes = requests.nodes();
        let op = match op {
            CounterOp::Add { amount, .. } => CounterOp::Add { amount, entry: self.entry },
            CounterOp::Read => op,
        };
        requests.send(nodes[self.target % nodes.len()], op);
    }

    /// Asks this node now, and from now on.
    fn turn_to(&mut self, node: NodeId, op: CounterOp, requests: &mut Requests<'_, '_, FaultTolerantCounter>) {
        self.hops += 1;
        let place = requests.nodes().iter().position(|of| *of == node);
        // A client that is sent in circles waits for the timeout.
        if let Some(target) = place.filter(|_| self.hops <= requests.nodes().len()) {
            self.target = target;
            self.send(op, requests);
        }
    }
}

impl Strategy<FaultTolerantCounter> for OneEntry {
    fn begin(&mut self, _: &CounterOp, _: &[NodeId]) {}

    fn ask(&mut self, op: &CounterOp, attempt: u32, requests: &mut Requests<'_, '_, FaultTolerantCounter>) {
        self.hops = 0;
        match (op, self.entry) {
            (CounterOp::Add { amount, .. }, Some(entry)) if attempt % 2 == 1 => {
                requests.send(entry.node, CounterOp::Add { amount: *amount, entry: self.entry });
            }
            _ => self.send(*op, requests),
        }
    }

    fn on_answer(
        &mut self,
        op: &CounterOp,
        _: NodeId,
        answer: Answer<CounterReply>,
        requests: &mut Requests<'_, '_, FaultTolerantCounter>,
    ) -> Belief<CounterReply> {
        match answer {
            // The first of those that tell it so. Others may have told it of another entry, in which nothing of it
            // must be counted now.
            Answer::Reply(CounterReply::CountAt { instead_of, entry }) => {
                let is_newer = self.entry.is_some_and(|known| entry.since > known.since);
                if instead_of == self.entry || is_newer && self.flaws.has(CounterFlaw::FollowsNewerEntry) {
                    self.entry = Some(entry);
                    self.turn_to(entry.node, *op, requests);
                }
                Belief::Wait
            }
            Answer::Reply(reply) => Belief::Done(reply),
            Answer::Redirect(to) => {
                if let Some(to) = to {
                    self.turn_to(to, *op, requests);
                }
                Belief::Wait
            }
            Answer::Reject => Belief::Failed,
        }
    }

    fn on_timeout(&mut self) {
        self.target += 1;
    }
}
