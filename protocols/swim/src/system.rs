//! SWIM as a system that scenarios can name.

use parts::one_coordinator::OneCoordinator;
use sim_core::{
    Client, ClientProfile, ClosedLoop, Flaw, FlawInfo, Kinds, LivenessClaims, NodeId, OwedTo, PropertyRow,
    SystemUnderTest,
};

use super::config::SwimConfig;
use super::flaws::SwimFlaw;
use super::message::Message;
use super::node::Swim;
use super::operations::{SwimOp, SwimWorkload};
use super::{liveness, properties};

impl SystemUnderTest for Swim {
    const NAME: &'static str = "swim";
    const SUMMARY: &'static str =
        "SWIM (Das, Gupta and Motivala 2002) with Lifeguard (Dadgar, Phillips and Currey 2018): who is a member";
    const PROPERTIES: &'static [PropertyRow<Self>] = properties::PROPERTIES;
    const FLAWS: &'static [FlawInfo] = SwimFlaw::INFOS;
    const MESSAGES: &'static [&'static [&'static str]] = &[Message::KINDS, SwimOp::KINDS];
    const LIVENESS: LivenessClaims<Self> = LivenessClaims {
        owed_to: OwedTo::EachClient,
        operation_kind: SwimOp::kind,
        can_progress: liveness::can_progress,
        ..LivenessClaims::NONE
    };

    type Config = SwimConfig;
    type Workload = SwimWorkload;

    fn node(config: &SwimConfig, me: NodeId, nodes: &[NodeId]) -> Self {
        Self::new(config, me, nodes.len() as u32)
    }

    fn client(_: &SwimConfig, index: u32, profile: ClientProfile) -> Box<dyn Client<Self>> {
        // Whoever is asked answers; to ask another one as well does no harm.
        Box::new(ClosedLoop::with(OneCoordinator::new(index, |_| true), profile))
    }
}
