//! Mutual exclusion as a system that scenarios can name.

use sim_core::{Flaw, FlawInfo, Kinds, NodeId, PropertyRow, Role, SystemUnderTest};

use super::config::LamportMutexConfig;
use super::flaws::LamportMutexFlaw;
use super::message::{Event, Message};
use super::node::LamportMutex;
use super::properties;

impl SystemUnderTest for LamportMutex {
    const NAME: &'static str = "lamport-mutex";
    const SUMMARY: &'static str = "Lamport's mutual exclusion by logical clocks (Lamport 1978)";
    const PROPERTIES: &'static [PropertyRow<Self>] = properties::PROPERTIES;
    const FLAWS: &'static [FlawInfo] = LamportMutexFlaw::INFOS;
    const MESSAGES: &'static [&'static [&'static str]] = &[Message::KINDS];
    const ROLES: &'static [Role<Self>] = &[Role {
        name: "holder",
        takes: |event| matches!(event, Event::Granted(_)),
        gives_up: |event| matches!(event, Event::Released(_)),
    }];

    type Config = LamportMutexConfig;
    type Workload = ();

    fn node(config: &LamportMutexConfig, me: NodeId, nodes: &[NodeId]) -> Self {
        Self::new(config, me, nodes)
    }
}
