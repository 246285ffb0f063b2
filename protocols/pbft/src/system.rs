//! PBFT as a system that scenarios can name.

use sim_core::consistency::{check_level, reads_of};
use sim_core::{
    AdversaryRow, CheckLevel, Client, ClientProfile, ClosedLoop, FindReads, Flaw, FlawInfo, Kinds, LivenessClaims,
    Mutations, NodeId, OwedTo, PropertyRow, Role, SystemUnderTest,
};

use super::client::PbftReplies;
use super::config::PbftConfig;
use super::flaws::PbftFlaw;
use super::message::{Event, Message};
use super::model::PbftModel;
use super::node::Pbft;
use super::request::Op;
use super::{adversaries, liveness, mutations, properties};
use parts::kv::KvWorkload;

impl SystemUnderTest for Pbft {
    const NAME: &'static str = "pbft";
    const SUMMARY: &'static str =
        "PBFT (Castro and Liskov 1999; 2002), replicating a key-value map in spite of f faulty replicas of 3f + 1";
    const PROPERTIES: &'static [PropertyRow<Self>] = properties::PROPERTIES;
    const FLAWS: &'static [FlawInfo] = PbftFlaw::INFOS;
    const MESSAGES: &'static [&'static [&'static str]] = &[Message::KINDS, Op::KINDS];
    const ROLES: &'static [Role<Self>] = &[PRIMARY];
    const ADVERSARIES: &'static [AdversaryRow<Self>] = adversaries::ADVERSARIES;
    const MUTATIONS: Mutations<Self> = Mutations { messages: mutations::mutations, replies: mutations::replies };
    const LIVENESS: LivenessClaims<Self> = LivenessClaims {
        owed_to: OwedTo::EachClient,
        operation_kind: |request| request.op.kind(),
        can_progress: liveness::can_progress,
        digest: liveness::digest,
        abstract_state: |world| Some(liveness::abstract_state(world)),
        ..LivenessClaims::NONE
    };
    const CHECK_LEVEL: CheckLevel<Self> =
        |level, history, budget| Some(check_level(&PbftModel, history, level, budget));
    const READS: FindReads<Self> = |history| reads_of(&PbftModel, history).ok();

    type Config = PbftConfig;
    type Workload = KvWorkload;

    fn node(config: &PbftConfig, me: NodeId, nodes: &[NodeId]) -> Self {
        Self::new(config, me, nodes)
    }

    fn client(config: &PbftConfig, _index: u32, profile: ClientProfile) -> Box<dyn Client<Self>> {
        Box::new(ClosedLoop::with(PbftReplies::new(config), profile))
    }
}

const PRIMARY: Role<Pbft> = Role {
    name: "primary",
    takes: |event| matches!(event, Event::BecamePrimary { .. }),
    gives_up: |event| matches!(event, Event::SteppedDown { .. }),
};
