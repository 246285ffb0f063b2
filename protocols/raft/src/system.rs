//! Raft as a system that scenarios can name.

use sim_core::{
    CheckIsolation, CheckLevel, Client, ClientProfile, FindReads, Flaw, FlawInfo, Kinds, LivenessClaims, NodeId,
    OwedTo, PropertyRow, RetryingClient, Role, SystemUnderTest,
};

use super::chosen_reads::ChosenReads;
use super::clients::Residence;
use super::config::{RaftConfig, Reads};
use super::flaws::RaftFlaw;
use super::follower_reads::SessionIndex;
use super::message::{Event, Message};
use super::node::Raft;
use super::{liveness, properties};
use parts::kv::{KvOp, KvWorkload, check_isolation, check_level, find_reads};

impl SystemUnderTest for Raft {
    const NAME: &'static str = "raft";
    const SUMMARY: &'static str =
        "Raft (Ongaro and Ousterhout 2014; Ongaro's thesis 2014), replicating a key-value map";
    const PROPERTIES: &'static [PropertyRow<Self>] = properties::PROPERTIES;
    const FLAWS: &'static [FlawInfo] = RaftFlaw::INFOS;
    const MESSAGES: &'static [&'static [&'static str]] = &[Message::KINDS, KvOp::KINDS];
    const ROLES: &'static [Role<Self>] = &[LEADER];
    const LIVENESS: LivenessClaims<Self> = LivenessClaims {
        owed_to: OwedTo::EachClient,
        operation_kind: KvOp::kind,
        can_progress: liveness::can_progress,
        digest: liveness::digest,
        members: liveness::members,
        abstract_state: |world| Some(liveness::abstract_state(world)),
    };
    const CHECK_LEVEL: CheckLevel<Self> = check_level;
    const READS: FindReads<Self> = find_reads;
    const CHECK_ISOLATION: CheckIsolation<Self> = check_isolation;

    type Config = RaftConfig;
    type Workload = KvWorkload;

    fn node(config: &RaftConfig, me: NodeId, nodes: &[NodeId]) -> Self {
        Self::new(config, me, nodes)
    }

    fn client(config: &RaftConfig, index: u32, profile: ClientProfile) -> Box<dyn Client<Self>> {
        let client = RetryingClient::new(index, profile);
        match config.reads {
            Reads::Follower => Box::new(client.remembering(SessionIndex::of_client(index))),
            Reads::Chosen => Box::new(client.remembering(ChosenReads::of_client(index, config.flaws))),
            Reads::ReadIndex | Reads::Lease | Reads::Log if index < config.resident_clients => {
                Box::new(client.remembering(Residence::of_client(index)))
            }
            Reads::ReadIndex | Reads::Lease | Reads::Log => Box::new(client),
        }
    }
}

const LEADER: Role<Raft> = Role {
    name: "leader",
    takes: |event| matches!(event, Event::BecameLeader { .. }),
    gives_up: |event| matches!(event, Event::SteppedDown { .. }),
};
