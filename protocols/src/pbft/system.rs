//! PBFT as a system that scenarios can name.

use sim_core::consistency::{Answer, Budget, Counterexample, Level, check_level};
use sim_core::{
    Adversary, AdversaryInfo, Client, ClientProfile, ConfigError, Duration, FaultModel, Flaw, FlawInfo, History,
    NodeId, OperationKind, Outlook, OwedTo, Property, PropertyInfo, RoleChange, SimRng, Switch, SystemUnderTest,
    Traitor, World,
};

use super::client::PbftReplies;
use super::config::{self, PbftConfig};
use super::flaws::PbftFlaw;
use super::message::{Event, Message};
use super::model::PbftModel;
use super::node::Pbft;
use super::request::{Op, Reply};
use super::{adversaries, liveness, mutations, properties};
use crate::kv::KvWorkload;

const PRIMARY: &str = "primary";

impl SystemUnderTest for Pbft {
    const NAME: &'static str = "pbft";
    const SUMMARY: &'static str =
        "PBFT (Castro and Liskov 1999; 2002), replicating a key-value map in spite of f faulty replicas of 3f + 1";
    const EVENTS: &'static [&'static str] = &[
        "Executed",
        "TookCheckpoint",
        "StableCheckpoint",
        "InstalledState",
        "AskedForView",
        "EnteredView",
        "BecamePrimary",
        "SteppedDown",
    ];
    const ROLES: &'static [&'static str] = &[PRIMARY];
    const PROPERTIES: &'static [PropertyInfo] = properties::PROPERTIES;
    const FLAWS: &'static [FlawInfo] = PbftFlaw::INFOS;
    const SWITCHES: &'static [Switch] = config::SWITCHES;
    const ADVERSARIES: &'static [AdversaryInfo] = adversaries::ADVERSARIES;

    type Config = PbftConfig;
    type Workload = KvWorkload;

    fn validate(config: &PbftConfig, nodes: u32) -> Result<(), ConfigError> {
        config.validate(nodes)
    }

    fn validate_workload(workload: &KvWorkload) -> Result<(), ConfigError> {
        workload.validate()
    }

    fn node(config: &PbftConfig, me: NodeId, nodes: &[NodeId]) -> Self {
        Self::new(config, me, nodes)
    }

    fn properties(config: &PbftConfig) -> Vec<Box<dyn Property<Self>>> {
        properties::all(config)
    }

    fn role_change(event: &Event) -> Option<RoleChange> {
        match event {
            Event::BecamePrimary { .. } => Some(RoleChange::Takes(PRIMARY)),
            Event::SteppedDown { .. } => Some(RoleChange::GivesUp(PRIMARY)),
            _ => None,
        }
    }

    fn operation(workload: &KvWorkload, client: u32, index: u32, rng: &mut SimRng) -> Op {
        Op { op: workload.operation(client, index, rng), read_only: false }
    }

    fn client(config: &PbftConfig, _index: u32, profile: ClientProfile) -> Box<dyn Client<Self>> {
        Box::new(sim_core::ClosedLoop::with(PbftReplies::new(config), profile))
    }

    fn mutations(message: &Message, traitor: &Traitor<'_, Message>) -> Vec<Message> {
        mutations::mutations(message, traitor)
    }

    fn reply_mutations(reply: &Reply) -> Vec<Reply> {
        mutations::replies(reply)
    }

    fn adversary(name: &str, config: &PbftConfig) -> Box<dyn Adversary<Self>> {
        adversaries::adversary(name, config)
    }

    fn model(config: &PbftConfig) -> FaultModel {
        liveness::model(config)
    }

    fn settles_within(config: &PbftConfig) -> Duration {
        liveness::settles_within(config)
    }

    fn owed_to(_config: &PbftConfig) -> OwedTo<Op> {
        OwedTo::EachClient
    }

    fn operation_kind(op: &Op) -> OperationKind {
        op.op.kind()
    }

    fn can_progress(outlook: &Outlook<'_, Self>) -> Result<(), String> {
        liveness::can_progress(outlook)
    }

    fn digest(&self) -> Option<u64> {
        liveness::digest(self)
    }

    fn abstract_state(world: &World<'_, Self>) -> Option<u64> {
        Some(liveness::abstract_state(world))
    }

    fn check_level(
        level: Level,
        history: &History<Self::Op, Self::Reply>,
        budget: Budget,
    ) -> Option<Answer<Counterexample>> {
        Some(check_level(&PbftModel, history, level, budget))
    }
}
