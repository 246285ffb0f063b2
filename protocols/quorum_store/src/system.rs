//! The store as a system that scenarios can name.

use sim_core::{
    CheckLevel, Client, ClientProfile, ClosedLoop, FindReads, Flaw, FlawInfo, Guarantee, KeepsLevel, Kinds,
    LivenessClaims, NodeId, OwedTo, Property, PropertyRow, SystemUnderTest,
};

use super::config::{QuorumConfig, QuorumWorkload};
use super::flaws::QuorumFlaw;
use super::message::Message;
use super::node::QuorumStore;
use super::operations::QuorumOp;
use super::session::Session;
use super::{history, liveness, properties, served};

impl SystemUnderTest for QuorumStore {
    const NAME: &'static str = "quorum_store";
    const SUMMARY: &'static str = "A key-value store with read and write quorums (Gifford 1979) on a ring, with hinted hand-off and anti-entropy \
         (Dynamo 2007)";
    const PROPERTIES: &'static [PropertyRow<Self>] = properties::PROPERTIES;
    const FLAWS: &'static [FlawInfo] = QuorumFlaw::INFOS;
    const MESSAGES: &'static [&'static [&'static str]] = &[Message::OWN_KINDS, raft::Message::KINDS, QuorumOp::KINDS];
    const LIVENESS: LivenessClaims<Self> = LivenessClaims {
        owed_to: OwedTo::EachClient,
        operation_kind: QuorumOp::kind,
        can_progress: liveness::can_progress,
        ..LivenessClaims::NONE
    };
    const CHECK_LEVEL: CheckLevel<Self> = |level, history, budget| Some(history::check(level, history, budget));
    const READS: FindReads<Self> = served::find_reads;

    type Config = QuorumConfig;
    type Workload = QuorumWorkload;

    fn node(config: &QuorumConfig, me: NodeId, nodes: &[NodeId]) -> Self {
        Self::new(config, me, nodes)
    }

    fn client(config: &QuorumConfig, index: u32, profile: ClientProfile) -> Box<dyn Client<Self>> {
        Box::new(ClosedLoop::with(Session::new(config, index), profile))
    }

    fn guarantee(guarantee: Guarantee) -> Option<Box<dyn Property<Self>>> {
        match guarantee {
            Guarantee::Level(level) => Some(Box::new(KeepsLevel::of(level)?)),
            Guarantee::Eventual => Some(Box::<properties::ReplicasConverge>::default()),
            Guarantee::Isolation(_) | Guarantee::StrongEventual | Guarantee::Durable | Guarantee::Delivery(_) => None,
        }
    }
}
