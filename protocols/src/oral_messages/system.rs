//! Oral messages as a system that scenarios can name.

use sim_core::{
    Adversary, AdversaryInfo, Assumption, ConfigError, FaultModel, Flaw, FlawInfo, NodeId, Nothing, Property,
    PropertyInfo, RoleChange, SimRng, SystemUnderTest, Traitor,
};

use super::adversaries;
use super::config::OralMessagesConfig;
use super::flaws::OralMessagesFlaw;
use super::message::{Event, Message};
use super::mutations;
use super::node::General;
use super::properties;

impl SystemUnderTest for General {
    const NAME: &'static str = "oral-messages";
    const SUMMARY: &'static str = "Oral messages OM(m): the Byzantine generals (Lamport, Shostak and Pease 1982)";
    const EVENTS: &'static [&'static str] = &["Ordered", "Obeyed"];
    const ROLES: &'static [&'static str] = &[];
    const PROPERTIES: &'static [PropertyInfo] = properties::PROPERTIES;
    const FLAWS: &'static [FlawInfo] = OralMessagesFlaw::INFOS;
    const ADVERSARIES: &'static [AdversaryInfo] = adversaries::ADVERSARIES;

    type Config = OralMessagesConfig;
    type Workload = ();

    fn validate(config: &OralMessagesConfig, nodes: u32) -> Result<(), ConfigError> {
        config.validate(nodes)
    }

    fn node(config: &OralMessagesConfig, me: NodeId, nodes: &[NodeId]) -> Self {
        Self::new(config, me, nodes)
    }

    fn properties(config: &OralMessagesConfig) -> Vec<Box<dyn Property<Self>>> {
        properties::all(config)
    }

    fn role_change(_: &Event) -> Option<RoleChange> {
        None
    }

    fn operation((): &(), _: u32, _: u32, _: &mut SimRng) -> Nothing {
        unreachable!("generals have no clients")
    }

    fn mutations(message: &Message, traitor: &Traitor<'_, Message>) -> Vec<Message> {
        mutations::mutations(message, traitor)
    }

    fn adversary(name: &str, config: &OralMessagesConfig) -> Box<dyn Adversary<Self>> {
        adversaries::adversary(name, config)
    }

    /// A general that crashes, or that is cut off, is as good as a traitor, and whoever is slow
    /// misses rounds.
    fn model(config: &OralMessagesConfig) -> FaultModel {
        let assumptions = vec![
            Assumption::Synchronous { within: config.delay_bound },
            Assumption::ClockRate { ppm: config.clock_rate() },
            Assumption::DownAtMost(0),
            Assumption::ByzantineAtMost(config.m),
        ];
        FaultModel::of(assumptions.clone()).live(assumptions)
    }
}
