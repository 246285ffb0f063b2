//! The client: it believes what enough replicas say (OSDI 4.1, 5.1.3).

use sim_core::{Answer, Belief, NodeId, Requests, Strategy};

use super::committee::Committee;
use super::config::PbftConfig;
use super::flaws::PbftFlaw;
use super::node::Pbft;
use super::request::{Op, Reply};
use parts::quorums::reached_by;

/// The part of a [`ClosedLoop`](sim_core::ClosedLoop) that asks the primary, then all replicas, until enough of them
/// have said the same.
#[derive(Debug)]
pub struct PbftReplies {
    config: PbftConfig,
    /// The view that it takes the replicas to be in.
    view: u64,
    /// Whether the operation that is under way is asked for as a read that all can answer at once.
    read_only: bool,
    /// The reply of each replica, to the attempts of the kind that is under way.
    replies: Vec<(NodeId, Reply)>,
}

impl PbftReplies {
    /// Those of replicas with this configuration.
    pub fn new(config: &PbftConfig) -> Self {
        Self { config: config.clone(), view: 0, read_only: false, replies: Vec::new() }
    }

    /// How many replicas must say the same. A read that is not ordered sees what was done before it
    /// only if both have a quorum (TOCS 5.1.3).
    fn replies_needed(&self, committee: &Committee) -> usize {
        if self.config.flaws.has(PbftFlaw::TrustsOneReply) {
            1
        } else if self.config.read_only && (self.read_only || !self.config.flaws.has(PbftFlaw::FewWriteReplies)) {
            committee.quorum()
        } else {
            committee.one_correct()
        }
    }
}

impl Strategy<Pbft> for PbftReplies {
    fn begin(&mut self, op: &Op, _: &[NodeId]) {
        self.read_only = self.config.read_only && op.op.is_read();
        self.replies.clear();
    }

    /// The first attempt goes to the primary, unless it is a read that all can answer at once. Those
    /// that follow go to all, as operations to be ordered.
    fn ask(&mut self, op: &Op, attempt: u32, requests: &mut Requests<'_, '_, Pbft>) {
        let is_first = attempt == 1;
        if !is_first && self.read_only {
            self.read_only = false;
            self.replies.clear();
        }
        let op = Op { read_only: self.read_only, ..*op };
        if is_first && !op.read_only {
            let committee = Committee::new(&self.config, requests.nodes());
            requests.send(committee.primary(self.view), op);
        } else {
            requests.nodes().iter().for_each(|replica| requests.send(*replica, op));
        }
    }

    fn on_answer(
        &mut self,
        _: &Op,
        from: NodeId,
        answer: Answer<Reply>,
        requests: &mut Requests<'_, '_, Pbft>,
    ) -> Belief<Reply> {
        // No replica redirects or rejects: one alone is not believed.
        let Answer::Reply(reply) = answer else { return Belief::Wait };
        if reply.read_only != self.read_only {
            return Belief::Wait;
        }
        // The latest reply of a replica counts: while writes go on, reads that are not ordered differ.
        self.replies.retain(|(replica, _)| *replica != from);
        self.replies.push((from, reply.clone()));
        let same = self.replies.iter().filter(|(_, other)| other.result == reply.result);
        let mut views: Vec<u64> = same.map(|(_, other)| other.view).collect();
        let committee = Committee::new(&self.config, requests.nodes());
        if views.len() < self.replies_needed(&committee) {
            return Belief::Wait;
        }
        // At least one correct replica is in this view or a later one.
        let known = committee.one_correct().min(views.len());
        self.view = reached_by(known, &mut views).unwrap_or(self.view);
        Belief::Done(reply)
    }
}
