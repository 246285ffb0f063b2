//! The client's side of active replication: it votes.

use parts::kv::KvOp;
use parts::matching_client::{Ask, MatchingReplies};
use sim_core::{Answer, Belief, NodeId, Requests, Strategy};

use super::config::ServiceConfig;
use super::flaws::ServiceFlaw;
use super::node::ReplicatedService;
use super::service::Output;

/// Asks all replicas, and believes what more of them say alike than can be wrong.
#[derive(Debug)]
pub(super) struct Voter {
    config: ServiceConfig,
    votes: MatchingReplies<ReplicatedService>,
    /// All outputs that have come, for those who count otherwise.
    outputs: Vec<(NodeId, Output)>,
}

impl Voter {
    pub(super) fn new(config: &ServiceConfig) -> Self {
        let needed = if config.flaws.has(ServiceFlaw::FirstOutput) { 1 } else { config.votes() };
        Self { config: config.clone(), votes: MatchingReplies::new(needed, Ask::All), outputs: Vec::new() }
    }

    /// How some count, and get it wrong.
    fn counts_otherwise(&self, output: &Output) -> bool {
        let flaws = &self.config.flaws;
        if flaws.has(ServiceFlaw::CountsOutputs) {
            let mut by: Vec<NodeId> = self.outputs.iter().map(|(node, _)| *node).collect();
            by.sort_unstable();
            by.dedup();
            return by.len() >= self.config.votes();
        }
        if flaws.has(ServiceFlaw::CountsTwice) {
            let alike = self.outputs.iter().filter(|(_, other)| other == output).count();
            return alike >= self.config.votes();
        }
        false
    }
}

impl Strategy<ReplicatedService> for Voter {
    fn begin(&mut self, op: &KvOp, nodes: &[NodeId]) {
        self.outputs.clear();
        self.votes.begin(op, nodes);
    }

    fn ask(&mut self, op: &KvOp, attempt: u32, requests: &mut Requests<'_, '_, ReplicatedService>) {
        self.votes.ask(op, attempt, requests);
    }

    fn on_answer(
        &mut self,
        op: &KvOp,
        from: NodeId,
        answer: Answer<Output>,
        requests: &mut Requests<'_, '_, ReplicatedService>,
    ) -> Belief<Output> {
        // What a leader cannot put in order has no effect. Leaders do not lie about that.
        if matches!(answer, Answer::Reject) {
            return Belief::Failed;
        }
        if let Answer::Reply(output) = &answer {
            self.outputs.push((from, output.clone()));
            if self.counts_otherwise(output) {
                return Belief::Done(output.clone());
            }
        }
        self.votes.on_answer(op, from, answer, requests)
    }

    fn on_timeout(&mut self) {
        self.votes.on_timeout();
    }
}
