//! Viewstamped Replication as a system that scenarios can name.

use parts::kv::{KvOp, KvWorkload, check_isolation, check_level, find_reads};
use sim_core::{
    CheckIsolation, CheckLevel, FindReads, Flaw, FlawInfo, Kinds, LivenessClaims, NodeId, OwedTo, PropertyRow, Role,
    SystemUnderTest,
};

use super::config::VrConfig;
use super::flaws::VrFlaw;
use super::message::{Body, Event};
use super::node::Vr;
use super::{liveness, properties};

impl SystemUnderTest for Vr {
    const NAME: &'static str = "viewstamped-replication";
    const SUMMARY: &'static str =
        "Viewstamped Replication Revisited (Liskov, Cowling 2012) without disks, replicating a key-value map";
    const PROPERTIES: &'static [PropertyRow<Self>] = properties::PROPERTIES;
    const FLAWS: &'static [FlawInfo] = VrFlaw::INFOS;
    const MESSAGES: &'static [&'static [&'static str]] = &[Body::KINDS, KvOp::KINDS];
    const ROLES: &'static [Role<Self>] = &[PRIMARY];
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

    type Config = VrConfig;
    type Workload = KvWorkload;

    fn node(config: &VrConfig, me: NodeId, nodes: &[NodeId]) -> Self {
        Self::new(config, me, nodes)
    }
}

const PRIMARY: Role<Vr> = Role {
    name: "primary",
    takes: |event| matches!(event, Event::StartedView { .. }),
    gives_up: |event| matches!(event, Event::SteppedDown { .. }),
};
