//! Reliable broadcast as a system that scenarios can name.

use sim_core::{
    Adversary, AdversaryInfo, Assumption, ConfigError, Duration, FaultModel, Flaw, FlawInfo, NodeId, Nothing, Property,
    PropertyInfo, RoleChange, SimRng, SystemUnderTest, Traitor,
};

use super::adversaries;
use super::config::BrachaConfig;
use super::flaws::BrachaFlaw;
use super::message::{Event, Message};
use super::mutations;
use super::node::Bracha;
use super::properties;

impl SystemUnderTest for Bracha {
    const NAME: &'static str = "bracha";
    const SUMMARY: &'static str = "Bracha's reliable broadcast (Bracha 1987)";
    const EVENTS: &'static [&'static str] = &["Broadcast", "Amplified", "Delivered"];
    const ROLES: &'static [&'static str] = &[];
    const PROPERTIES: &'static [PropertyInfo] = properties::PROPERTIES;
    const FLAWS: &'static [FlawInfo] = BrachaFlaw::INFOS;
    const ADVERSARIES: &'static [AdversaryInfo] = adversaries::ADVERSARIES;

    type Config = BrachaConfig;
    type Workload = ();

    fn validate(config: &BrachaConfig, nodes: u32) -> Result<(), ConfigError> {
        config.validate(nodes)
    }

    fn node(config: &BrachaConfig, me: NodeId, nodes: &[NodeId]) -> Self {
        Self::new(config, me, nodes)
    }

    fn properties(config: &BrachaConfig) -> Vec<Box<dyn Property<Self>>> {
        properties::all(config)
    }

    fn role_change(_: &Event) -> Option<RoleChange> {
        None
    }

    fn operation((): &(), _: u32, _: u32, _: &mut SimRng) -> Nothing {
        unreachable!("there are no clients")
    }

    fn mutations(message: &Message, traitor: &Traitor<'_, Message>) -> Vec<Message> {
        mutations::mutations(message, traitor)
    }

    fn adversary(name: &str, config: &BrachaConfig) -> Box<dyn Adversary<Self>> {
        adversaries::adversary(name, config)
    }

    fn settles_within(config: &BrachaConfig) -> Duration {
        config.settles_within()
    }

    /// Nodes may crash and links lose messages, as long as what is durable stays.
    fn model(config: &BrachaConfig) -> FaultModel {
        let assumptions = vec![
            Assumption::DurableDisks,
            Assumption::ByzantineAtMost(config.f),
            Assumption::NoPhantomWrites,
            Assumption::IntactMessages,
        ];
        FaultModel::of(assumptions.clone()).live(assumptions)
    }
}
