//! Raft as a system that scenarios can name.

use sim_core::consistency::{Answer, Budget, Counterexample, Level, check_level};
use sim_core::{
    Client, ClientProfile, ConfigError, Duration, FaultModel, Flaw, FlawInfo, History, NodeId, OperationKind, Outlook,
    OwedTo, Property, PropertyInfo, RetryingClient, RoleChange, SimRng, Switch, SystemUnderTest, World,
};

use super::clients::Residence;
use super::config::{self, RaftConfig, Reads};
use super::flaws::RaftFlaw;
use super::follower_reads::SessionIndex;
use super::liveness;
use super::message::Event;
use super::node::Raft;
use super::properties;
use crate::kv::{KvModel, KvOp, KvReply, KvWorkload};

const LEADER: &str = "leader";

impl SystemUnderTest for Raft {
    const NAME: &'static str = "raft";
    const SUMMARY: &'static str =
        "Raft (Ongaro and Ousterhout 2014; Ongaro's thesis 2014), replicating a key-value map";
    const EVENTS: &'static [&'static str] = &[
        "Voted",
        "BecameLeader",
        "SteppedDown",
        "Committed",
        "TookSnapshot",
        "InstalledSnapshot",
        "AssembledSnapshot",
        "SnapshotAcknowledged",
        "Refused",
        "ConfigurationAppended",
        "ConfigurationCommitted",
        "TransferBegan",
        "TransferGivenUp",
        "LeadershipTransferred",
    ];
    const ROLES: &'static [&'static str] = &[LEADER];
    const PROPERTIES: &'static [PropertyInfo] = properties::PROPERTIES;
    const FLAWS: &'static [FlawInfo] = RaftFlaw::INFOS;
    const SWITCHES: &'static [Switch] = config::SWITCHES;

    type Config = RaftConfig;
    type Workload = KvWorkload;

    fn validate(config: &RaftConfig, nodes: u32) -> Result<(), ConfigError> {
        config.validate(nodes)
    }

    fn validate_workload(workload: &KvWorkload) -> Result<(), ConfigError> {
        workload.validate()
    }

    fn node(config: &RaftConfig, me: NodeId, nodes: &[NodeId]) -> Self {
        Self::new(config, me, nodes)
    }

    fn properties(config: &RaftConfig) -> Vec<Box<dyn Property<Self>>> {
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

    fn client(config: &RaftConfig, index: u32, profile: ClientProfile) -> Box<dyn Client<Self>> {
        let client = RetryingClient::new(index, profile);
        match config.reads {
            Reads::Follower => Box::new(client.remembering(SessionIndex::of_client(index))),
            Reads::ReadIndex | Reads::Lease | Reads::Log if index < config.resident_clients => {
                Box::new(client.remembering(Residence::of_client(index)))
            }
            Reads::ReadIndex | Reads::Lease | Reads::Log => Box::new(client),
        }
    }

    fn model(config: &RaftConfig) -> FaultModel {
        liveness::model(config)
    }

    fn settles_within(config: &RaftConfig) -> Duration {
        liveness::settles_within(config)
    }

    fn owed_to(_config: &RaftConfig) -> OwedTo<KvOp> {
        OwedTo::EachClient
    }

    fn operation_kind(op: &KvOp) -> OperationKind {
        op.kind()
    }

    fn can_progress(outlook: &Outlook<'_, Self>) -> Result<(), String> {
        liveness::can_progress(outlook)
    }

    fn digest(&self) -> Option<u64> {
        liveness::digest(self)
    }

    fn members(world: &World<'_, Self>) -> Option<Vec<NodeId>> {
        liveness::members(world)
    }

    fn abstract_state(world: &World<'_, Self>) -> Option<u64> {
        Some(liveness::abstract_state(world))
    }

    fn check_level(level: Level, history: &History<KvOp, KvReply>, budget: Budget) -> Option<Answer<Counterexample>> {
        Some(check_level(&KvModel, history, level, budget))
    }
}
