//! The crate as a system that scenarios can name.

use sim_core::{Flaw as _, FlawInfo, NodeId, PropertyRow, SystemUnderTest};

use crate::config::Config;
use crate::flaws;
use crate::node::FocaNode;
use crate::{packet, properties};

impl SystemUnderTest for FocaNode {
    const NAME: &'static str = "foca";
    const SUMMARY: &'static str = "The crate foca 2.0.0, SWIM with suspicion (Das, Gupta and Motivala 2002)";
    const PROPERTIES: &'static [PropertyRow<Self>] = properties::PROPERTIES;
    const FLAWS: &'static [FlawInfo] = flaws::Flaw::INFOS;
    const MESSAGES: &'static [&'static [&'static str]] = &[packet::KINDS];

    type Config = Config;
    type Workload = ();

    fn node(config: &Config, me: NodeId, _: &[NodeId]) -> Self {
        Self::new(config, me)
    }
}
