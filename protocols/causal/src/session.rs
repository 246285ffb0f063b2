//! The client's side: which node it asks, and what it has seen and made.

use std::collections::BTreeSet;

use parts::stickiness::Stickiness;
use sim_core::consistency::SessionGuarantee::{
    self, MonotonicReads, MonotonicWrites, ReadYourWrites, WritesFollowReads,
};
use sim_core::{Answer, Belief, NodeId, Requests, Strategy};

use super::cluster::Cluster;
use super::config::{CausalConfig, Dependencies};
use super::flaws::CausalFlaw;
use super::message::Version;
use super::node::Causal;
use super::operations::{CausalOp, CausalReply};

/// The client library: it asks the node of one data centre that has the key, as often as it takes, and keeps the
/// *context* of its session: the versions that it has read, and those that it has written.
#[derive(Debug)]
pub(super) struct Session {
    config: CausalConfig,
    /// Where it asks, modulo how many data centres there are.
    data_centre: u32,
    has_begun: bool,
    reads: BTreeSet<Version>,
    writes: BTreeSet<Version>,
}

impl Session {
    /// Client number `client` begins at the data centre of that number.
    pub(super) fn new(config: &CausalConfig, client: u32) -> Self {
        let config = config.clone();
        Self { config, data_centre: client, has_begun: false, reads: BTreeSet::new(), writes: BTreeSet::new() }
    }

    fn has(&self, flaw: CausalFlaw) -> bool {
        self.config.flaws.has(flaw)
    }

    /// Whether it asks for this guarantee.
    fn asks_for(&self, guarantee: SessionGuarantee) -> bool {
        let ignored = match guarantee {
            ReadYourWrites => CausalFlaw::IgnoresReadYourWrites,
            MonotonicReads => CausalFlaw::IgnoresMonotonicReads,
            MonotonicWrites => CausalFlaw::IgnoresMonotonicWrites,
            WritesFollowReads => CausalFlaw::IgnoresWritesFollowReads,
        };
        self.config.asks_for(guarantee) && !self.has(ignored)
    }

    /// What must be visible where an operation is carried out: the written and the read versions, as guarantees ask
    /// for them (Terry et al. 1994, table 1).
    fn context(&self, for_writes: SessionGuarantee, for_reads: SessionGuarantee) -> Vec<Version> {
        let writes = self.writes.iter().filter(|_| self.asks_for(for_writes));
        let reads = self.reads.iter().filter(|_| self.asks_for(for_reads));
        let context: BTreeSet<Version> = writes.chain(reads).copied().collect();
        if self.has(CausalFlaw::PrunesByStamp) {
            return context.into_iter().max_by_key(|version| version.stamp).into_iter().collect();
        }
        context.into_iter().collect()
    }

    /// The operation as it is sent.
    fn with_context(&self, op: &CausalOp) -> CausalOp {
        match *op {
            // Who stays where it is finds there what it has seen and made.
            CausalOp::Get { key, .. } if self.config.sessions == Stickiness::Sticky => {
                CausalOp::Get { key, after: Vec::new() }
            }
            CausalOp::Get { key, .. } => CausalOp::Get { key, after: self.context(ReadYourWrites, MonotonicReads) },
            CausalOp::Put { key, write, .. } => {
                CausalOp::Put { key, write, after: self.context(MonotonicWrites, WritesFollowReads) }
            }
        }
    }

    fn has_read(&mut self, version: Version) {
        if self.has(CausalFlaw::ReadStandsForAll) {
            self.forget();
        }
        self.reads.insert(version);
    }

    fn has_written(&mut self, version: Version) {
        let stands_for_all = self.config.dependencies == Dependencies::Nearest
            && self.config.asks_for(MonotonicWrites)
            && self.config.asks_for(WritesFollowReads);
        if stands_for_all {
            let has_read = !self.reads.is_empty();
            self.forget();
            let stands_for_reads = has_read && !self.has(CausalFlaw::PutStandsForNoRead);
            self.reads.extend(stands_for_reads.then_some(version));
        }
        self.writes.insert(version);
    }

    fn forget(&mut self) {
        self.reads.clear();
        self.writes.clear();
    }
}

impl Strategy<Causal> for Session {
    fn begin(&mut self, _: &CausalOp, _: &[NodeId]) {
        if std::mem::replace(&mut self.has_begun, true) && self.config.sessions == Stickiness::Roaming {
            self.data_centre += 1;
            if self.has(CausalFlaw::ForgetsOnSwitch) {
                self.forget();
            }
        }
    }

    fn ask(&mut self, op: &CausalOp, _: u32, requests: &mut Requests<'_, '_, Causal>) {
        let cluster = Cluster::new(self.config.partitions, requests.nodes().len());
        let owner = cluster.owner(self.data_centre % cluster.data_centres(), op.key());
        requests.send(owner, self.with_context(op));
    }

    fn on_answer(
        &mut self,
        _: &CausalOp,
        _: NodeId,
        answer: Answer<CausalReply>,
        _: &mut Requests<'_, '_, Causal>,
    ) -> Belief<CausalReply> {
        match answer {
            Answer::Reply(reply) => {
                match reply {
                    CausalReply::Value(value) => value.into_iter().for_each(|(version, _)| self.has_read(version)),
                    CausalReply::Done(version) => self.has_written(version),
                }
                Belief::Done(reply)
            }
            Answer::Redirect(_) => Belief::Wait,
            Answer::Reject => Belief::Failed,
        }
    }
}
