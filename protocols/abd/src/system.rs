//! Registers as a system that scenarios can name.

use parts::kv::{KvOp, check_level, find_reads};
use parts::one_coordinator::OneCoordinator;
use parts::registers::{RegisterOp, RegisterWorkload};
use sim_core::{
    CheckLevel, Client, ClientProfile, ClosedLoop, FindReads, Flaw, FlawInfo, Kinds, LivenessClaims, NodeId, OwedTo,
    PropertyRow, SystemUnderTest,
};

use super::config::AbdConfig;
use super::flaws::AbdFlaw;
use super::message::Message;
use super::node::Abd;
use super::{liveness, properties};

impl SystemUnderTest for Abd {
    const NAME: &'static str = "abd";
    const SUMMARY: &'static str =
        "Registers at a majority (Attiya, Bar-Noy and Dolev 1995), with many writers (Lynch and Shvartsman 1997)";
    const PROPERTIES: &'static [PropertyRow<Self>] = properties::PROPERTIES;
    const FLAWS: &'static [FlawInfo] = AbdFlaw::INFOS;
    const MESSAGES: &'static [&'static [&'static str]] = &[Message::KINDS, RegisterOp::KINDS];
    const LIVENESS: LivenessClaims<Self> = LivenessClaims {
        owed_to: OwedTo::EachClient,
        operation_kind: RegisterOp::kind,
        can_progress: liveness::can_progress,
        ..LivenessClaims::NONE
    };
    const CHECK_LEVEL: CheckLevel<Self> =
        |level, history, budget| check_level(level, &history.map_ops(|op| KvOp::from(*op)), budget);
    const READS: FindReads<Self> = |history| find_reads(&history.map_ops(|op| KvOp::from(*op)));

    type Config = AbdConfig;
    type Workload = RegisterWorkload;

    fn node(config: &AbdConfig, me: NodeId, _: &[NodeId]) -> Self {
        Self::new(config, me)
    }

    fn client(config: &AbdConfig, index: u32, profile: ClientProfile) -> Box<dyn Client<Self>> {
        // A second coordinator would give a write a second tag.
        let stays = !config.flaws.has(AbdFlaw::RetriesElsewhere);
        let may_go_on =
            if stays { |op: &RegisterOp| matches!(op, RegisterOp::Get { .. }) } else { |_: &RegisterOp| true };
        Box::new(ClosedLoop::with(OneCoordinator::new(index, may_go_on), profile))
    }
}
