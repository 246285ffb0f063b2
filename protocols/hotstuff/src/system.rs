//! HotStuff as a system that scenarios can name.

use sim_core::{
    AdversaryRow, CheckLevel, Client, ClientProfile, ClosedLoop, FindReads, Flaw, FlawInfo, Kinds, LivenessClaims,
    Mutations, NodeId, OwedTo, PropertyRow, Role, SystemUnderTest,
};

use super::config::HotStuffConfig;
use super::flaws::HotStuffFlaw;
use super::message::{Event, Message};
use super::node::HotStuff;
use super::{adversaries, liveness, mutations, properties};
use parts::kv::{KvOp, KvWorkload, check_level, find_reads};
use parts::matching_client::{Ask, MatchingReplies};

impl SystemUnderTest for HotStuff {
    const NAME: &'static str = "hotstuff";
    const SUMMARY: &'static str = "Chained HotStuff (Yin et al. 2019), replicating a key-value map";
    const PROPERTIES: &'static [PropertyRow<Self>] = properties::PROPERTIES;
    const FLAWS: &'static [FlawInfo] = HotStuffFlaw::INFOS;
    const MESSAGES: &'static [&'static [&'static str]] = &[Message::KINDS, KvOp::KINDS];
    const ROLES: &'static [Role<Self>] = &[LEADER];
    const ADVERSARIES: &'static [AdversaryRow<Self>] = adversaries::ADVERSARIES;
    const MUTATIONS: Mutations<Self> = Mutations { messages: mutations::of, replies: mutations::of_reply };
    const LIVENESS: LivenessClaims<Self> = LivenessClaims {
        owed_to: OwedTo::EachClient,
        operation_kind: KvOp::kind,
        can_progress: liveness::can_progress,
        digest: |node| Some(liveness::digest(node)),
        abstract_state: |world| Some(liveness::abstract_state(world)),
        ..LivenessClaims::NONE
    };
    const CHECK_LEVEL: CheckLevel<Self> = check_level;
    const READS: FindReads<Self> = find_reads;

    type Config = HotStuffConfig;
    type Workload = KvWorkload;

    fn node(config: &HotStuffConfig, me: NodeId, nodes: &[NodeId]) -> Self {
        Self::new(config, me, nodes)
    }

    /// It asks all replicas and believes f + 1 (section 4.1).
    fn client(config: &HotStuffConfig, _index: u32, profile: ClientProfile) -> Box<dyn Client<Self>> {
        let needed = if config.flaws.has(HotStuffFlaw::OneReply) { 1 } else { config.faulty as usize + 1 };
        Box::new(ClosedLoop::with(MatchingReplies::new(needed, Ask::All), profile))
    }
}

const LEADER: Role<HotStuff> = Role {
    name: "leader",
    takes: |event| matches!(event, Event::BecameLeader { .. }),
    gives_up: |event| matches!(event, Event::SteppedDown { .. }),
};
