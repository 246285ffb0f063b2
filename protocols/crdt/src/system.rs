//! The data types as a system that scenarios can name.

use sim_core::consistency::Version;
use sim_core::{
    AlwaysAlike, Announcement, Delivers, Durability, Duration, EventuallyAlike, Flaw, FlawInfo, Guarantee, Kinds,
    LivenessClaims, NodeId, OwedTo, Property, PropertyRow, SystemUnderTest,
};

use super::config::{CrdtConfig, CrdtWorkload};
use super::flaws::CrdtFlaw;
use super::message::{Event, Message};
use super::node::Crdt;
use super::operations::{CrdtOp, CrdtReply, operation_kind};
use super::properties;

/// How long after the last update replicas must be alike: many rounds of gossip.
const SETTLED: Duration = Duration::from_secs(2);

impl SystemUnderTest for Crdt {
    const NAME: &'static str = "crdt";
    const SUMMARY: &'static str = "Conflict-free replicated data types (Shapiro et al. 2011): state-based, delta-based (Almeida et al. 2018) and \
         operation-based";
    const PROPERTIES: &'static [PropertyRow<Self>] = properties::PROPERTIES;
    const FLAWS: &'static [FlawInfo] = CrdtFlaw::INFOS;
    const MESSAGES: &'static [&'static [&'static str]] = &[Message::KINDS, CrdtOp::KINDS];
    const LIVENESS: LivenessClaims<Self> =
        LivenessClaims { owed_to: OwedTo::EachClient, operation_kind, digest: Self::digest, ..LivenessClaims::NONE };

    type Config = CrdtConfig;
    type Workload = CrdtWorkload;

    fn node(config: &CrdtConfig, me: NodeId, nodes: &[NodeId]) -> Self {
        Self::new(config, me, nodes)
    }

    fn guarantee(guarantee: Guarantee) -> Option<Box<dyn Property<Self>>> {
        Some(match guarantee {
            Guarantee::Level(_) | Guarantee::Isolation(_) => return None,
            Guarantee::Eventual => Box::new(EventuallyAlike::new(SETTLED)),
            Guarantee::StrongEventual => Box::new(AlwaysAlike::new(announced)),
            Guarantee::Durable => Box::new(Durability::new(announced, acknowledges, SETTLED)),
            Guarantee::Delivery(delivery) => Box::new(Delivers::new(delivery, announced, SETTLED)),
        })
    }
}

fn announced(event: &Event) -> Option<Announcement> {
    Some(match event {
        Event::Made(made) => Announcement::Broadcast(made.stamp.dot.into()),
        Event::Applied(dot) => Announcement::Delivered((*dot).into()),
        Event::Recovered(dot) => Announcement::Recovered { message: (*dot).into(), is_own: false },
        Event::RecoveredOwn(made) => Announcement::Recovered { message: made.stamp.dot.into(), is_own: true },
        Event::Left => Announcement::Left,
        Event::Joined => Announcement::Joined,
        Event::Read(_) | Event::Leaving | Event::Joining => return None,
    })
}

fn acknowledges(reply: &CrdtReply) -> Option<Version> {
    match reply {
        CrdtReply::Done(dot) => Some((*dot).into()),
        CrdtReply::Value(_) | CrdtReply::Nothing => None,
    }
}
