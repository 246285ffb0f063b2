//! The store as a system that scenarios can name.

use parts::registers::{RegisterOp, RegisterWorkload, Registers};
use sim_core::consistency::{Level, SessionGuarantee, check_level, reads_of};
use sim_core::{
    CheckLevel, Client, ClientProfile, ClosedLoop, FindReads, Flaw, FlawInfo, Guarantee, KeepsLevel, Kinds,
    LivenessClaims, NodeId, OwedTo, Property, PropertyRow, SystemUnderTest,
};

use super::config::CausalConfig;
use super::flaws::CausalFlaw;
use super::message::Message;
use super::node::Causal;
use super::operations::CausalOp;
use super::properties::{self, Convergence, SessionReads, SessionWrites};
use super::session::Session;

impl SystemUnderTest for Causal {
    const NAME: &'static str = "causal";
    const SUMMARY: &'static str =
        "The causal store COPS (Lloyd et al. 2011), with session guarantees on demand (Terry et al. 1994)";
    const PROPERTIES: &'static [PropertyRow<Self>] = properties::PROPERTIES;
    const FLAWS: &'static [FlawInfo] = CausalFlaw::INFOS;
    const MESSAGES: &'static [&'static [&'static str]] = &[Message::KINDS, CausalOp::KINDS];
    const LIVENESS: LivenessClaims<Self> = LivenessClaims {
        owed_to: OwedTo::EachClient,
        operation_kind: |op| RegisterOp::from(op).kind(),
        ..LivenessClaims::NONE
    };
    const CHECK_LEVEL: CheckLevel<Self> = |level, history, budget| {
        Some(check_level(&Registers::default(), &history.map_ops(|op| RegisterOp::from(op)), level, budget))
    };
    const READS: FindReads<Self> =
        |history| reads_of(&Registers::default(), &history.map_ops(|op| RegisterOp::from(op))).ok();

    type Config = CausalConfig;
    type Workload = RegisterWorkload;

    fn node(config: &CausalConfig, me: NodeId, nodes: &[NodeId]) -> Self {
        Self::new(config, me, nodes)
    }

    fn client(config: &CausalConfig, index: u32, profile: ClientProfile) -> Box<dyn Client<Self>> {
        Box::new(ClosedLoop::with(Session::new(config, index), profile))
    }

    /// The session guarantees are judged by what was visible where, as Terry et al. state them.
    fn guarantee(guarantee: Guarantee) -> Option<Box<dyn Property<Self>>> {
        Some(match guarantee {
            Guarantee::Level(Level::ReadYourWrites) => Box::new(SessionReads::of([SessionGuarantee::ReadYourWrites])),
            Guarantee::Level(Level::MonotonicReads) => Box::new(SessionReads::of([SessionGuarantee::MonotonicReads])),
            Guarantee::Level(Level::MonotonicWrites) => Box::new(SessionWrites::of(SessionGuarantee::MonotonicWrites)),
            Guarantee::Level(Level::WritesFollowReads) => {
                Box::new(SessionWrites::of(SessionGuarantee::WritesFollowReads))
            }
            Guarantee::Level(level) => Box::new(KeepsLevel::of(level)?),
            Guarantee::Eventual => Box::<Convergence>::default(),
            Guarantee::Isolation(_) | Guarantee::StrongEventual | Guarantee::Durable | Guarantee::Delivery(_) => {
                return None;
            }
        })
    }
}
