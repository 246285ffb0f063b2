//! The crate as a system that scenarios can name.

use parts::kv::{KvWorkload, check_level, find_reads};
use sim_core::{CheckLevel, FindReads, Flaw as _, FlawInfo, NodeId, PropertyRow, Role, SystemUnderTest};

use crate::config::Config;
use crate::flaws;
use crate::node::{Event, OmniPaxosNode};
use crate::properties;

impl SystemUnderTest for OmniPaxosNode {
    const NAME: &'static str = "omnipaxos";
    const SUMMARY: &'static str =
        "The crate omnipaxos 0.2.4 (Ng, Haridi and Carbone, EuroSys 2023), replicating a key-value map";
    const PROPERTIES: &'static [PropertyRow<Self>] = properties::PROPERTIES;
    const FLAWS: &'static [FlawInfo] = flaws::Flaw::INFOS;
    const ROLES: &'static [Role<Self>] = &[Role {
        name: "leader",
        takes: |event| matches!(event, Event::BecameLeader { .. }),
        gives_up: |event| matches!(event, Event::SteppedDown),
    }];
    const CHECK_LEVEL: CheckLevel<Self> = check_level;
    const READS: FindReads<Self> = find_reads;

    type Config = Config;
    type Workload = KvWorkload;

    fn node(config: &Config, me: NodeId, nodes: &[NodeId]) -> Self {
        Self::new(config, me, nodes)
    }
}
