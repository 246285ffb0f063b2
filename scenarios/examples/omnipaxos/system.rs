//! The crate as a system that scenarios can name.

use protocols::kv::{KvModel, KvOp, KvReply, KvWorkload};
use sim_core::consistency::{Answer, Budget, Counterexample, Level, check_level};
use sim_core::{
    ConfigError, Flaw as _, FlawInfo, History, NodeId, Property, PropertyInfo, RoleChange, SimRng, SystemUnderTest,
};

use crate::config::Config;
use crate::flaws;
use crate::node::{Event, OmniPaxosNode};
use crate::properties;

const LEADER: &str = "leader";

impl SystemUnderTest for OmniPaxosNode {
    const NAME: &'static str = "omnipaxos";
    const SUMMARY: &'static str =
        "The crate omnipaxos 0.2.4 (Ng, Haridi and Carbone, EuroSys 2023), replicating a key-value map";
    const EVENTS: &'static [&'static str] = &["BecameLeader", "SteppedDown", "Decided"];
    const ROLES: &'static [&'static str] = &[LEADER];
    const PROPERTIES: &'static [PropertyInfo] = properties::PROPERTIES;
    const FLAWS: &'static [FlawInfo] = flaws::Flaw::INFOS;

    type Config = Config;
    type Workload = KvWorkload;

    fn validate(config: &Config, nodes: u32) -> Result<(), ConfigError> {
        config.validate(nodes)
    }

    fn validate_workload(workload: &KvWorkload) -> Result<(), ConfigError> {
        workload.validate()
    }

    fn node(config: &Config, me: NodeId, nodes: &[NodeId]) -> Self {
        Self::new(config, me, nodes)
    }

    fn properties(_: &Config) -> Vec<Box<dyn Property<Self>>> {
        properties::all()
    }

    fn role_change(event: &Event) -> Option<RoleChange> {
        match event {
            Event::BecameLeader { .. } => Some(RoleChange::Takes(LEADER)),
            Event::SteppedDown => Some(RoleChange::GivesUp(LEADER)),
            Event::Decided { .. } => None,
        }
    }

    fn operation(workload: &KvWorkload, client: u32, index: u32, rng: &mut SimRng) -> KvOp {
        workload.operation(client, index, rng)
    }

    fn check_level(level: Level, history: &History<KvOp, KvReply>, budget: Budget) -> Option<Answer<Counterexample>> {
        Some(check_level(&KvModel, history, level, budget))
    }
}
