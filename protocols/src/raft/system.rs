//! Raft as a system that scenarios can name.

use sim_core::consistency::Linearizability;
use sim_core::{
    ConfigError, Consistency, FlawInfo, NodeId, Property, PropertyInfo, RoleChange, SimRng, SystemUnderTest,
};

use super::config::RaftConfig;
use super::flaws;
use super::message::Event;
use super::node::Raft;
use super::properties;
use crate::kv::{KvModel, KvOp, KvWorkload};

const LEADER: &str = "leader";

impl SystemUnderTest for Raft {
    const NAME: &'static str = "raft";
    const SUMMARY: &'static str =
        "Raft (Ongaro and Ousterhout 2014; Ongaro's thesis 2014), replicating a key-value map";
    const EVENTS: &'static [&'static str] =
        &["Voted", "BecameLeader", "SteppedDown", "Committed", "TookSnapshot", "InstalledSnapshot"];
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

    fn consistency(level: Consistency) -> Option<Box<dyn Property<Self>>> {
        match level {
            Consistency::Linearizable => Some(Box::new(Linearizability::new(KvModel))),
        }
    }
}
