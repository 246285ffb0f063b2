//! Reliable broadcast as a system that scenarios can name.

use sim_core::{AdversaryRow, Flaw, FlawInfo, Kinds, Mutations, NodeId, PropertyRow, SystemUnderTest};

use super::config::BrachaConfig;
use super::flaws::BrachaFlaw;
use super::message::Message;
use super::node::Bracha;
use super::{adversaries, mutations, properties};

impl SystemUnderTest for Bracha {
    const NAME: &'static str = "bracha";
    const SUMMARY: &'static str = "Bracha's reliable broadcast (Bracha 1987)";
    const PROPERTIES: &'static [PropertyRow<Self>] = properties::PROPERTIES;
    const FLAWS: &'static [FlawInfo] = BrachaFlaw::INFOS;
    const MESSAGES: &'static [&'static [&'static str]] = &[Message::KINDS];
    const ADVERSARIES: &'static [AdversaryRow<Self>] = adversaries::ADVERSARIES;
    const MUTATIONS: Mutations<Self> = Mutations::of(mutations::mutations);

    type Config = BrachaConfig;
    type Workload = ();

    fn node(config: &BrachaConfig, me: NodeId, nodes: &[NodeId]) -> Self {
        Self::new(config, me, nodes)
    }
}
