//! Multi-Paxos as a system that scenarios can name.

use parts::kv::{KvOp, KvWorkload, check_isolation, check_level, find_reads};
use sim_core::{
    CheckIsolation, CheckLevel, FindReads, Flaw, FlawInfo, Kinds, LivenessClaims, NodeId, OwedTo, PropertyRow, Role,
    SystemUnderTest,
};

use super::config::PaxosConfig;
use super::flaws::PaxosFlaw;
use super::message::{Event, Message};
use super::node::Paxos;
use super::{liveness, properties};

impl SystemUnderTest for Paxos {
    const NAME: &'static str = "paxos";
    const SUMMARY: &'static str = "Multi-Paxos (Lamport 1998, 2001), replicating a key-value map";
    const PROPERTIES: &'static [PropertyRow<Self>] = properties::PROPERTIES;
    const FLAWS: &'static [FlawInfo] = PaxosFlaw::INFOS;
    const MESSAGES: &'static [&'static [&'static str]] = &[Message::KINDS, KvOp::KINDS];
    const ROLES: &'static [Role<Self>] = &[LEADER];
    const LIVENESS: LivenessClaims<Self> = LivenessClaims {
        owed_to: OwedTo::EachClient,
        operation_kind: KvOp::kind,
        can_progress: liveness::can_progress,
        digest: liveness::digest,
        abstract_state: |world| Some(liveness::abstract_state(world)),
        ..LivenessClaims::NONE
    };
    const CHECK_LEVEL: CheckLevel<Self> = check_level;
    const READS: FindReads<Self> = find_reads;
    const CHECK_ISOLATION: CheckIsolation<Self> = check_isolation;

    type Config = PaxosConfig;
    type Workload = KvWorkload;

    fn node(config: &PaxosConfig, me: NodeId, nodes: &[NodeId]) -> Self {
        Self::new(config, me, nodes)
    }
}

const LEADER: Role<Paxos> = Role {
    name: "leader",
    takes: |event| matches!(event, Event::BecameLeader { .. }),
    gives_up: |event| matches!(event, Event::SteppedDown { .. }),
};
