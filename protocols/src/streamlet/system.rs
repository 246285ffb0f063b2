//! Streamlet as a system that scenarios can name.

use sim_core::{
    Adversary, AdversaryInfo, ConfigError, Duration, FaultModel, Flaw, FlawInfo, NodeId, Nothing, Outlook, Property,
    PropertyInfo, RoleChange, SimRng, SystemUnderTest, Traitor,
};

use super::adversaries;
use super::config::StreamletConfig;
use super::flaws::StreamletFlaw;
use super::liveness;
use super::message::{Event, Message};
use super::mutations;
use super::node::Streamlet;
use super::properties;

/// Who has seen a block become final of late.
const FINALIZING: &str = "finalizing";

impl SystemUnderTest for Streamlet {
    const NAME: &'static str = "streamlet";
    const SUMMARY: &'static str = "Streamlet, a blockchain of four rules (Chan and Shi 2020)";
    const EVENTS: &'static [&'static str] = &["Proposed", "Voted", "Notarized", "Finalized", "Fetched", "Stalled"];
    const ROLES: &'static [&'static str] = &[FINALIZING];
    const PROPERTIES: &'static [PropertyInfo] = properties::PROPERTIES;
    const FLAWS: &'static [FlawInfo] = StreamletFlaw::INFOS;
    const ADVERSARIES: &'static [AdversaryInfo] = adversaries::ADVERSARIES;

    type Config = StreamletConfig;
    type Workload = ();

    fn validate(config: &StreamletConfig, nodes: u32) -> Result<(), ConfigError> {
        config.validate(nodes)
    }

    fn node(config: &StreamletConfig, me: NodeId, nodes: &[NodeId]) -> Self {
        Self::new(config, me, nodes)
    }

    fn properties(_: &StreamletConfig) -> Vec<Box<dyn Property<Self>>> {
        properties::all()
    }

    fn role_change(event: &Event) -> Option<RoleChange> {
        match event {
            Event::Finalized { .. } => Some(RoleChange::Takes(FINALIZING)),
            Event::Stalled => Some(RoleChange::GivesUp(FINALIZING)),
            _ => None,
        }
    }

    fn operation((): &(), _: u32, _: u32, _: &mut SimRng) -> Nothing {
        unreachable!("there are no clients")
    }

    fn mutations(message: &Message, traitor: &Traitor<'_, Message>) -> Vec<Message> {
        mutations::mutations(message, traitor)
    }

    fn adversary(name: &str, config: &StreamletConfig) -> Box<dyn Adversary<Self>> {
        adversaries::adversary(name, config)
    }

    fn model(config: &StreamletConfig) -> FaultModel {
        liveness::model(config)
    }

    fn settles_within(config: &StreamletConfig) -> Duration {
        liveness::settles_within(config)
    }

    fn can_progress(outlook: &Outlook<'_, Self>) -> Result<(), String> {
        liveness::can_progress(outlook)
    }

    fn digest(&self) -> Option<u64> {
        Some(liveness::digest(self))
    }
}
