//! Leased locks as a system that scenarios can name.

use sim_core::{
    CheckLevel, Client, ClientProfile, ClosedLoop, Flaw, FlawInfo, Kinds, LivenessClaims, NodeId, OwedTo, PropertyRow,
    SystemUnderTest,
};

use super::client::AnyHolder;
use super::config::LockConfig;
use super::flaws::LockFlaw;
use super::message::Message;
use super::node::LeasedLock;
use super::operations::{LockOp, LockWorkload};
use super::{liveness, properties};

impl SystemUnderTest for LeasedLock {
    const NAME: &'static str = "leased-lock";
    const SUMMARY: &'static str =
        "Locks that expire, with fencing tokens: one service, Redlock, or ZooKeeper's recipe on a log";
    const PROPERTIES: &'static [PropertyRow<Self>] = properties::PROPERTIES;
    const FLAWS: &'static [FlawInfo] = LockFlaw::INFOS;
    const MESSAGES: &'static [&'static [&'static str]] = &[Message::OWN_KINDS, raft::Message::KINDS, LockOp::KINDS];
    const LIVENESS: LivenessClaims<Self> = LivenessClaims {
        owed_to: OwedTo::EachClient,
        operation_kind: LockOp::kind,
        can_progress: liveness::can_progress,
        ..LivenessClaims::NONE
    };
    const CHECK_LEVEL: CheckLevel<Self> = |level, history, budget| Some(properties::check(level, history, budget));

    type Config = LockConfig;
    type Workload = LockWorkload;

    fn node(config: &LockConfig, me: NodeId, nodes: &[NodeId]) -> Self {
        Self::new(config, me, nodes)
    }

    fn client(config: &LockConfig, index: u32, profile: ClientProfile) -> Box<dyn Client<Self>> {
        Box::new(ClosedLoop::with(AnyHolder::new(config, index), profile))
    }
}
