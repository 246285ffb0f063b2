//! Raft as a system that scenarios can name.

use sim_core::consistency::Linearizability;
use sim_core::{
    ConfigError, Consistency, Duration, FaultModel, FlawInfo, NodeId, Outlook, Property, PropertyInfo, RoleChange,
    SimRng, SystemUnderTest, World,
};

use super::config::RaftConfig;
use super::flaws;
use super::liveness;
use super::message::Event;
use super::node::Raft;
use super::properties;
use crate::kv::{KvModel, KvOp, KvWorkload};

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
        "Refused",
        "ConfigurationAppended",
        "ConfigurationCommitted",
        "TransferBegan",
        "TransferGivenUp",
        "LeadershipTransferred",
    ];
    const ROLES: &'static [&'static str] = &[LEADER];
    const PROPERTIES: &'static [PropertyInfo] = properties::PROPERTIES;
    const FLAWS: &'static [FlawInfo] = flaws::FLAWS;

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

    fn properties(_config: &RaftConfig) -> Vec<Box<dyn Property<Self>>> {
        properties::all()
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

    fn model(config: &RaftConfig) -> FaultModel {
        liveness::model(config)
    }

    fn settles_within(config: &RaftConfig) -> Duration {
        liveness::settles_within(config)
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

    fn consistency(level: Consistency) -> Option<Box<dyn Property<Self>>> {
        match level {
            Consistency::Linearizable => Some(Box::new(Linearizability::new(KvModel))),
        }
    }
}
