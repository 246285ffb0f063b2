//! Oral messages as a system that scenarios can name.

use sim_core::{AdversaryRow, Flaw, FlawInfo, Kinds, Mutations, NodeId, PropertyRow, SystemUnderTest};

use super::config::OralMessagesConfig;
use super::flaws::OralMessagesFlaw;
use super::message::Message;
use super::node::General;
use super::{adversaries, mutations, properties};

impl SystemUnderTest for General {
    const NAME: &'static str = "oral-messages";
    const SUMMARY: &'static str = "Oral messages OM(m): the Byzantine generals (Lamport, Shostak and Pease 1982)";
    const PROPERTIES: &'static [PropertyRow<Self>] = properties::PROPERTIES;
    const FLAWS: &'static [FlawInfo] = OralMessagesFlaw::INFOS;
    const MESSAGES: &'static [&'static [&'static str]] = &[Message::KINDS];
    const ADVERSARIES: &'static [AdversaryRow<Self>] = adversaries::ADVERSARIES;
    const MUTATIONS: Mutations<Self> = Mutations::of(mutations::mutations);

    type Config = OralMessagesConfig;
    type Workload = ();

    fn node(config: &OralMessagesConfig, me: NodeId, nodes: &[NodeId]) -> Self {
        Self::new(config, me, nodes)
    }
}
