//! The store as a system that scenarios can name.

use sim_core::consistency::{Version, reads_of};
use sim_core::{
    AlwaysAlike, Announcement, CheckLevel, Client, ClientProfile, Delivers, Durability, Duration, EventuallyAlike,
    FindReads, Flaw, FlawInfo, Guarantee, KeepsLevel, Kinds, LivenessClaims, Mutations, NodeId, OwedTo, Property,
    RetryingClient, SystemUnderTest,
};

use super::config::LwwConfig;
use super::flaws::LwwFlaw;
use super::history::{self, LwwOp, LwwReply};
use super::message::{Body, Message};
use super::node::{Event, Lww};
use super::session::Session;
use parts::registers::{RegisterOp, RegisterWorkload, Registers};

/// How long after the last write replicas must be alike, whatever their configuration: many rounds
/// of anti-entropy.
const SETTLED: Duration = Duration::from_secs(2);

impl SystemUnderTest for Lww {
    const NAME: &'static str = "lww";
    const SUMMARY: &'static str = "A store in which the last writer wins (RFC 677), with anti-entropy (Demers et al. 1987) and session tokens \
         (Terry et al. 1994)";
    const FLAWS: &'static [FlawInfo] = LwwFlaw::INFOS;
    const MESSAGES: &'static [&'static [&'static str]] = &[Body::KINDS, LwwOp::KINDS];
    const MUTATIONS: Mutations<Self> = Mutations::of(|message: &Message, _| message.corrupted());
    const LIVENESS: LivenessClaims<Self> = LivenessClaims {
        owed_to: OwedTo::EachClient,
        operation_kind: |op| RegisterOp::from(op).kind(),
        digest: |node| Some(node.digest()),
        ..LivenessClaims::NONE
    };
    const CHECK_LEVEL: CheckLevel<Self> = |level, history, budget| Some(history::check(level, history, budget));
    const READS: FindReads<Self> =
        |history| reads_of(&Registers::default(), &history.map_ops(|op| RegisterOp::from(op))).ok();

    type Config = LwwConfig;
    type Workload = RegisterWorkload;

    fn node(config: &LwwConfig, me: NodeId, _: &[NodeId]) -> Self {
        Self::new(config, me)
    }

    fn client(config: &LwwConfig, index: u32, profile: ClientProfile) -> Box<dyn Client<Self>> {
        Box::new(RetryingClient::new(index, profile).remembering(Session::new(config, index)))
    }

    fn guarantee(guarantee: Guarantee) -> Option<Box<dyn Property<Self>>> {
        Some(match guarantee {
            Guarantee::Level(level) => Box::new(KeepsLevel::of(level)?),
            Guarantee::Isolation(_) => return None,
            Guarantee::Eventual => Box::new(EventuallyAlike::new(SETTLED)),
            Guarantee::StrongEventual => Box::new(AlwaysAlike::new(announced)),
            Guarantee::Durable => Box::new(Durability::new(announced, acknowledges, SETTLED)),
            Guarantee::Delivery(delivery) => Box::new(Delivers::new(delivery, announced, SETTLED)),
        })
    }
}

fn announced(event: &Event) -> Option<Announcement> {
    Some(match *event {
        Event::Made(dot) => Announcement::Broadcast(dot.into()),
        Event::Applied(dot) => Announcement::Delivered(dot.into()),
        Event::Recovered { dot, is_own } => Announcement::Recovered { message: dot.into(), is_own },
    })
}

fn acknowledges(reply: &LwwReply) -> Option<Version> {
    match reply {
        LwwReply::Done { dot, .. } => Some((*dot).into()),
        LwwReply::Value { .. } => None,
    }
}
