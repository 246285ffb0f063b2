//! Sagas as a system that scenarios can name.

use sim_core::{
    Client, ClientProfile, ClosedLoop, Flaw, FlawInfo, Kinds, LivenessClaims, NodeId, OperationKind, OwedTo,
    PropertyRow, SystemUnderTest,
};

use super::client::OneOrchestrator;
use super::config::SagaConfig;
use super::flaws::SagaFlaw;
use super::message::Message;
use super::node::SagaNode;
use super::operations::{SagaOp, SagaWorkload};
use super::{liveness, properties};

impl SystemUnderTest for SagaNode {
    const NAME: &'static str = "saga";
    const SUMMARY: &'static str = "Sagas (Garcia-Molina and Salem 1987): steps and compensations over services";
    const PROPERTIES: &'static [PropertyRow<Self>] = properties::PROPERTIES;
    const FLAWS: &'static [FlawInfo] = SagaFlaw::INFOS;
    const MESSAGES: &'static [&'static [&'static str]] = &[Message::KINDS, SagaOp::KINDS];
    const LIVENESS: LivenessClaims<Self> = LivenessClaims {
        owed_to: OwedTo::EachClient,
        operation_kind: |_| OperationKind::Write,
        can_progress: liveness::can_progress,
        ..LivenessClaims::NONE
    };

    type Config = SagaConfig;
    type Workload = SagaWorkload;

    fn node(config: &SagaConfig, me: NodeId, nodes: &[NodeId]) -> Self {
        Self::new(config, me, nodes)
    }

    fn client(config: &SagaConfig, index: u32, profile: ClientProfile) -> Box<dyn Client<Self>> {
        Box::new(ClosedLoop::with(OneOrchestrator::new(config, index), profile))
    }
}
