//! HotStuff as a system that scenarios can name.

use sim_core::consistency::{Answer, Budget, Counterexample, Level, check_level};
use sim_core::{
    Adversary, AdversaryInfo, Client, ClientProfile, ConfigError, Duration, FaultModel, Flaw, FlawInfo, History,
    NodeId, OperationKind, Outlook, OwedTo, Property, PropertyInfo, RoleChange, SimRng, Switch, SystemUnderTest,
    Traitor, World,
};

use super::adversaries;
use super::config::{self, HotStuffConfig};
use super::flaws::HotStuffFlaw;
use super::liveness;
use super::message::{Event, Message};
use super::mutations;
use super::node::HotStuff;
use super::properties;
use crate::kv::{KvModel, KvOp, KvReply, KvWorkload};
use crate::matching_client::{Ask, MatchingReplies};

const LEADER: &str = "leader";

impl SystemUnderTest for HotStuff {
    const NAME: &'static str = "hotstuff";
    const SUMMARY: &'static str = "Chained HotStuff (Yin et al. 2019), replicating a key-value map";
    const EVENTS: &'static [&'static str] = &[
        "BecameLeader",
        "SteppedDown",
        "Voted",
        "Certified",
        "Committed",
        "TimedOut",
        "CaughtUp",
        "TookCheckpoint",
        "InstalledState",
    ];
    const ROLES: &'static [&'static str] = &[LEADER];
    const PROPERTIES: &'static [PropertyInfo] = properties::PROPERTIES;
    const FLAWS: &'static [FlawInfo] = HotStuffFlaw::INFOS;
    const SWITCHES: &'static [Switch] = config::SWITCHES;
    const ADVERSARIES: &'static [AdversaryInfo] = adversaries::ADVERSARIES;

    type Config = HotStuffConfig;
    type Workload = KvWorkload;

    fn validate(config: &HotStuffConfig, nodes: u32) -> Result<(), ConfigError> {
        config.validate(nodes)
    }

    fn validate_workload(workload: &KvWorkload) -> Result<(), ConfigError> {
        workload.validate()
    }

    fn node(config: &HotStuffConfig, me: NodeId, nodes: &[NodeId]) -> Self {
        Self::new(config, me, nodes)
    }

    fn properties(config: &HotStuffConfig) -> Vec<Box<dyn Property<Self>>> {
        properties::all(config)
    }

    fn role_change(event: &Event) -> Option<RoleChange> {
        match event {
            Event::BecameLeader { .. } => Some(RoleChange::Takes(LEADER)),
            Event::SteppedDown { .. } => Some(RoleChange::GivesUp(LEADER)),
            _ => None,
        }
    }

    fn operation(workload: &KvWorkload, client: u32, index: u32, rng: &mut SimRng) -> KvOp {
        workload.operation(client, index, rng)
    }

    /// It asks all replicas and believes f + 1 (section 4.1).
    fn client(config: &HotStuffConfig, _index: u32, profile: ClientProfile) -> Box<dyn Client<Self>> {
        let needed = if config.flaws.has(HotStuffFlaw::OneReply) { 1 } else { config.faulty as usize + 1 };
        Box::new(sim_core::ClosedLoop::with(MatchingReplies::new(needed, Ask::All), profile))
    }

    fn mutations(message: &Message, traitor: &Traitor<'_, Message>) -> Vec<Message> {
        mutations::of(message, traitor)
    }

    fn reply_mutations(reply: &KvReply) -> Vec<KvReply> {
        mutations::of_reply(reply)
    }

    fn adversary(name: &str, config: &HotStuffConfig) -> Box<dyn Adversary<Self>> {
        adversaries::named(name, config)
    }

    fn model(config: &HotStuffConfig) -> FaultModel {
        liveness::model(config)
    }

    fn settles_within(config: &HotStuffConfig) -> Duration {
        liveness::settles_within(config)
    }

    fn owed_to(_config: &HotStuffConfig) -> OwedTo<KvOp> {
        OwedTo::EachClient
    }

    fn operation_kind(op: &KvOp) -> OperationKind {
        op.kind()
    }

    fn can_progress(outlook: &Outlook<'_, Self>) -> Result<(), String> {
        liveness::can_progress(outlook)
    }

    fn digest(&self) -> Option<u64> {
        Some(liveness::digest(self))
    }

    fn abstract_state(world: &World<'_, Self>) -> Option<u64> {
        Some(liveness::abstract_state(world))
    }

    fn check_level(
        level: Level,
        history: &History<Self::Op, Self::Reply>,
        budget: Budget,
    ) -> Option<Answer<Counterexample>> {
        Some(check_level(&KvModel, history, level, budget))
    }
}
