//! Streamlet as a system that scenarios can name.

use sim_core::{
    AdversaryRow, Flaw, FlawInfo, Kinds, LivenessClaims, Mutations, NodeId, PropertyRow, Role, SystemUnderTest,
};

use super::config::StreamletConfig;
use super::flaws::StreamletFlaw;
use super::message::{Event, Message};
use super::node::Streamlet;
use super::{adversaries, liveness, mutations, properties};

impl SystemUnderTest for Streamlet {
    const NAME: &'static str = "streamlet";
    const SUMMARY: &'static str = "Streamlet, a blockchain of four rules (Chan and Shi 2020)";
    const PROPERTIES: &'static [PropertyRow<Self>] = properties::PROPERTIES;
    const FLAWS: &'static [FlawInfo] = StreamletFlaw::INFOS;
    const MESSAGES: &'static [&'static [&'static str]] = &[Message::KINDS];
    const ROLES: &'static [Role<Self>] = &[FINALIZING];
    const ADVERSARIES: &'static [AdversaryRow<Self>] = adversaries::ADVERSARIES;
    const MUTATIONS: Mutations<Self> = Mutations::of(mutations::mutations);
    const LIVENESS: LivenessClaims<Self> = LivenessClaims {
        can_progress: liveness::can_progress,
        digest: |node| Some(liveness::digest(node)),
        ..LivenessClaims::NONE
    };

    type Config = StreamletConfig;
    type Workload = ();

    fn node(config: &StreamletConfig, me: NodeId, nodes: &[NodeId]) -> Self {
        Self::new(config, me, nodes)
    }
}

/// Who has seen a block become final of late.
const FINALIZING: Role<Streamlet> = Role {
    name: "finalizing",
    takes: |event| matches!(event, Event::Finalized { .. }),
    gives_up: |event| matches!(event, Event::Stalled),
};
