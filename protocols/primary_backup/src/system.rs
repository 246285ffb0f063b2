//! Primary–backup replication as a system that scenarios can name.

use parts::kv::{KvOp, KvWorkload, check_isolation, check_level, find_reads};
use sim_core::{
    CheckIsolation, CheckLevel, Duration, EventuallyAlike, FindReads, Flaw, FlawInfo, Guarantee, KeepsIsolation,
    KeepsLevel, Kinds, LivenessClaims, NodeId, OwedTo, Property, PropertyRow, Role, SystemUnderTest,
};

use super::config::BackupConfig;
use super::flaws::BackupFlaw;
use super::message::{Event, Message};
use super::node::PrimaryBackup;
use super::{liveness, properties};

/// For how long nothing must have been asked, and nobody been apart, for replicas to have converged.
const SETTLED: Duration = Duration::from_secs(2);

impl SystemUnderTest for PrimaryBackup {
    const NAME: &'static str = "primary_backup";
    const SUMMARY: &'static str = "Primary-backup replication (Alsberg and Day 1976) of a key-value map, with a view \
                                   service, synchronous or asynchronous";
    const PROPERTIES: &'static [PropertyRow<Self>] = properties::PROPERTIES;
    const FLAWS: &'static [FlawInfo] = BackupFlaw::INFOS;
    const MESSAGES: &'static [&'static [&'static str]] = &[Message::OWN_KINDS, raft::Message::KINDS, KvOp::KINDS];
    const ROLES: &'static [Role<Self>] = &[Role {
        name: "primary",
        takes: |event| matches!(event, Event::Activated { .. }),
        gives_up: |event| matches!(event, Event::SteppedDown { .. }),
    }];
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

    type Config = BackupConfig;
    type Workload = KvWorkload;

    fn node(config: &BackupConfig, me: NodeId, nodes: &[NodeId]) -> Self {
        Self::new(config, me, nodes)
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
