//! The client's side: which orchestrator it asks.

use sim_core::{Answer, Belief, Flaws, NodeId, Requests, Strategy};

use super::config::SagaConfig;
use super::flaws::SagaFlaw;
use super::node::SagaNode;
use super::operations::{SagaOp, SagaReply};

/// Asks one orchestrator, always the same: another one does not know how far the saga has come.
#[derive(Debug)]
pub(super) struct OneOrchestrator {
    flaws: Flaws<SagaFlaw>,
    /// The index of the client, by which it asks.
    client: u32,
    orchestrators: u32,
}

impl OneOrchestrator {
    pub(super) const fn new(config: &SagaConfig, client: u32) -> Self {
        Self { flaws: config.flaws, client, orchestrators: config.orchestrators }
    }
}

impl Strategy<SagaNode> for OneOrchestrator {
    fn begin(&mut self, _: &SagaOp, _: &[NodeId]) {}

    fn ask(&mut self, op: &SagaOp, attempt: u32, requests: &mut Requests<'_, '_, SagaNode>) {
        let number = self.client + if self.flaws.has(SagaFlaw::AsksAnotherOrchestrator) { attempt - 1 } else { 0 };
        let orchestrator = requests.nodes()[(number % self.orchestrators) as usize];
        requests.send(orchestrator, op.clone());
    }

    fn on_answer(
        &mut self,
        _: &SagaOp,
        _: NodeId,
        answer: Answer<SagaReply>,
        _: &mut Requests<'_, '_, SagaNode>,
    ) -> Belief<SagaReply> {
        match answer {
            Answer::Reply(reply) => Belief::Done(reply),
            Answer::Redirect(_) => Belief::Wait,
            Answer::Reject => Belief::Failed,
        }
    }
}
