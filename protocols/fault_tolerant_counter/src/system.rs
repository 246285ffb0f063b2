//! The counter as a system that scenarios can name.

use sim_core::{
    CheckLevel, Client, ClientProfile, ClosedLoop, Flaw, FlawInfo, Kinds, LivenessClaims, NodeId, OwedTo, PropertyRow,
    Role, SystemUnderTest,
};

use super::client::OneEntry;
use super::config::CounterConfig;
use super::flaws::CounterFlaw;
use super::message::{Event, Message};
use super::node::FaultTolerantCounter;
use super::operations::{self, CounterOp, CounterWorkload};
use super::{liveness, properties};

impl SystemUnderTest for FaultTolerantCounter {
    const NAME: &'static str = "fault_tolerant_counter";
    const SUMMARY: &'static str = "A PN-counter (Shapiro et al. 2011) at replicas that are promoted and demoted: what was \
                                   acknowledged survives the loss of disks";
    const PROPERTIES: &'static [PropertyRow<Self>] = properties::PROPERTIES;
    const FLAWS: &'static [FlawInfo] = CounterFlaw::INFOS;
    const MESSAGES: &'static [&'static [&'static str]] = &[Message::KINDS, CounterOp::KINDS];
    const ROLES: &'static [Role<Self>] = &[Role {
        name: "replica",
        takes: |event| matches!(event, Event::Promoted { .. } | Event::Retained { .. }),
        gives_up: |event| matches!(event, Event::Demoted { .. }),
    }];
    const LIVENESS: LivenessClaims<Self> = LivenessClaims {
        owed_to: OwedTo::EachClient,
        operation_kind: CounterOp::kind,
        can_progress: liveness::can_progress,
        ..LivenessClaims::NONE
    };
    const CHECK_LEVEL: CheckLevel<Self> = |level, history, budget| Some(operations::check(level, history, budget));

    type Config = CounterConfig;
    type Workload = CounterWorkload;

    fn node(config: &CounterConfig, me: NodeId, _: &[NodeId]) -> Self {
        Self::new(config, me)
    }

    fn client(config: &CounterConfig, index: u32, profile: ClientProfile) -> Box<dyn Client<Self>> {
        Box::new(ClosedLoop::with(OneEntry::new(config.flaws, index), profile))
    }
}
