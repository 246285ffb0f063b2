//! Chain replication as a system that scenarios can name.

use parts::kv::{KvOp, KvWorkload, check_isolation, check_level, find_reads};
use sim_core::{
    CheckIsolation, CheckLevel, Client, ClientProfile, Duration, EventuallyAlike, FindReads, Flaw, FlawInfo, Guarantee,
    KeepsIsolation, KeepsLevel, Kinds, LivenessClaims, NodeId, OwedTo, Property, PropertyRow, RetryingClient, Role,
    SystemUnderTest,
};

use super::client::Apportioned;
use super::config::ChainConfig;
use super::flaws::ChainFlaw;
use super::message::{Event, Message};
use super::node::ChainServer;
use super::{liveness, properties};

/// For how long nothing must have been asked, and nobody been apart, for servers to have converged.
const SETTLED: Duration = Duration::from_secs(2);

impl SystemUnderTest for ChainServer {
    const NAME: &'static str = "chain_replication";
    const SUMMARY: &'static str = "Chain replication (van Renesse and Schneider 2004) of a key-value map, with the \
                                   apportioned reads of CRAQ (Terrace and Freedman 2009)";
    const PROPERTIES: &'static [PropertyRow<Self>] = properties::PROPERTIES;
    const FLAWS: &'static [FlawInfo] = ChainFlaw::INFOS;
    const MESSAGES: &'static [&'static [&'static str]] = &[Message::KINDS, KvOp::KINDS];
    const ROLES: &'static [Role<Self>] = &[
        Role {
            name: "head",
            takes: |event| matches!(event, Event::BecameHead { .. }),
            gives_up: |event| matches!(event, Event::LeftPlace { .. }),
        },
        Role {
            name: "tail",
            takes: |event| matches!(event, Event::BecameTail { .. }),
            gives_up: |event| matches!(event, Event::LeftPlace { .. }),
        },
    ];
    const LIVENESS: LivenessClaims<Self> = LivenessClaims {
        owed_to: OwedTo::EachClient,
        operation_kind: KvOp::kind,
        can_progress: liveness::can_progress,
        digest: liveness::digest,
        ..LivenessClaims::NONE
    };
    const CHECK_LEVEL: CheckLevel<Self> = check_level;
    const READS: FindReads<Self> = find_reads;
    const CHECK_ISOLATION: CheckIsolation<Self> = check_isolation;

    type Config = ChainConfig;
    type Workload = KvWorkload;

    fn node(config: &ChainConfig, me: NodeId, _: &[NodeId]) -> Self {
        Self::new(config, me)
    }

    fn client(config: &ChainConfig, index: u32, profile: ClientProfile) -> Box<dyn Client<Self>> {
        let client = RetryingClient::new(index, profile);
        if config.reads.are_apportioned() {
            return Box::new(client.remembering(Apportioned::new(index)));
        }
        Box::new(client)
    }

    fn guarantee(guarantee: Guarantee) -> Option<Box<dyn Property<Self>>> {
        match guarantee {
            Guarantee::Level(level) => Some(Box::new(KeepsLevel::of(level)?)),
            Guarantee::Isolation(level) => Some(Box::new(KeepsIsolation::of(level)?)),
            Guarantee::Eventual => Some(Box::new(EventuallyAlike::new(SETTLED))),
            Guarantee::StrongEventual | Guarantee::Durable | Guarantee::Delivery(_) => None,
        }
    }
}
