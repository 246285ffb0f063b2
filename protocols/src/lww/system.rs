//! The store as a system that scenarios can name.

use sim_core::consistency::{Answer, Budget, Counterexample, Level, Version};
use sim_core::{
    AlwaysAlike, Announcement, Assumption, Client, ClientProfile, ConfigError, Delivers, Durability, Duration,
    EventuallyAlike, FaultModel, Flaw, FlawInfo, Guarantee, History, KeepsLevel, NodeId, OperationKind, OwedTo,
    Property, PropertyInfo, RetryingClient, RoleChange, SimRng, SystemUnderTest, Traitor,
};

use super::config::{LwwConfig, LwwWorkload};
use super::flaws::LwwFlaw;
use super::history::{self, LwwOp, LwwReply};
use super::message::Message;
use super::node::{Event, Lww};
use super::session::Session;

/// How long after the last write replicas must be alike, whatever their configuration: many rounds
/// of anti-entropy.
const SETTLED: Duration = Duration::from_secs(2);

impl SystemUnderTest for Lww {
    const NAME: &'static str = "lww";
    const SUMMARY: &'static str = "A store in which the last writer wins (RFC 677), with anti-entropy (Demers et al. 1987) and session tokens \
         (Terry et al. 1994)";
    const EVENTS: &'static [&'static str] = &["Made", "Applied", "Recovered"];
    const ROLES: &'static [&'static str] = &[];
    const PROPERTIES: &'static [PropertyInfo] = &[];
    const FLAWS: &'static [FlawInfo] = LwwFlaw::INFOS;

    type Config = LwwConfig;
    type Workload = LwwWorkload;

    fn validate(config: &LwwConfig, _: u32) -> Result<(), ConfigError> {
        config.validate()
    }

    fn validate_workload(workload: &LwwWorkload) -> Result<(), ConfigError> {
        workload.validate()
    }

    fn node(config: &LwwConfig, me: NodeId, _: &[NodeId]) -> Self {
        Self::new(config, me)
    }

    fn properties(_: &LwwConfig) -> Vec<Box<dyn Property<Self>>> {
        Vec::new()
    }

    fn role_change(_: &Event) -> Option<RoleChange> {
        None
    }

    fn operation(workload: &LwwWorkload, client: u32, index: u32, rng: &mut SimRng) -> LwwOp {
        workload.operation(client, index, rng)
    }

    fn client(config: &LwwConfig, index: u32, profile: ClientProfile) -> Box<dyn Client<Self>> {
        Box::new(RetryingClient::new(index, profile).remembering(Session::new(config, index)))
    }

    fn owed_to(_: &LwwConfig) -> OwedTo<LwwOp> {
        OwedTo::EachClient
    }

    fn operation_kind(op: &LwwOp) -> OperationKind {
        match op {
            LwwOp::Get { .. } => OperationKind::Read,
            LwwOp::Put { .. } => OperationKind::Write,
            LwwOp::After { op, .. } => Self::operation_kind(op),
        }
    }

    fn model(_: &LwwConfig) -> FaultModel {
        FaultModel::of(vec![Assumption::DurableDisks]).live(vec![Assumption::DurableDisks])
    }

    fn mutations(message: &Message, _: &Traitor<'_, Message>) -> Vec<Message> {
        message.corrupted()
    }

    fn digest(&self) -> Option<u64> {
        Some(Self::digest(self))
    }

    fn check_level(level: Level, history: &History<LwwOp, LwwReply>, budget: Budget) -> Option<Answer<Counterexample>> {
        Some(history::check(level, history, budget))
    }

    fn guarantee(guarantee: Guarantee) -> Option<Box<dyn Property<Self>>> {
        Some(match guarantee {
            Guarantee::Level(level) => Box::new(KeepsLevel::of(level)?),
            Guarantee::Eventual => Box::new(EventuallyAlike::new(SETTLED)),
            Guarantee::StrongEventual => Box::new(AlwaysAlike::new(announced)),
            Guarantee::Durable => Box::new(Durability::new(announced, acknowledges, SETTLED)),
            Guarantee::Delivery(delivery) => Box::new(Delivers::new(delivery, announced, SETTLED)),
        })
    }
}

fn announced(event: &Event) -> Option<Announcement> {
    Some(match *event {
        Event::Made(dot) => Announcement::Broadcast(dot.into()),
        Event::Applied(dot) => Announcement::Delivered(dot.into()),
        Event::Recovered { dot, is_own } => Announcement::Recovered { message: dot.into(), is_own },
    })
}

fn acknowledges(reply: &LwwReply) -> Option<Version> {
    match reply {
        LwwReply::Done { dot, .. } => Some((*dot).into()),
        LwwReply::Value { .. } => None,
    }
}
