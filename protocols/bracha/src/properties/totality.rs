//! Totality.

use std::collections::BTreeMap;

use sim_core::{Breach, Judgement, Property, PropertyClass, ProtocolConfig, Step, Time, World};

use super::deliveries::Deliveries;
use super::pending;
use crate::config::BrachaConfig;
use crate::message::BroadcastId;
use crate::node::Bracha;

/// "If some message is delivered by any correct process, every correct process eventually delivers a
/// message."
///
/// A Byzantine origin can make correct nodes deliver at any time, also right before a run ends: the
/// others are given a while.
#[derive(Debug)]
pub struct Totality {
    config: BrachaConfig,
    deliveries: Deliveries,
    /// When each broadcast was first delivered.
    first: BTreeMap<BroadcastId, Time>,
}

impl Totality {
    /// For nodes of this configuration.
    pub fn new(config: &BrachaConfig) -> Self {
        Self { config: config.clone(), deliveries: Deliveries::default(), first: BTreeMap::new() }
    }
}

impl Property<Bracha> for Totality {
    fn class(&self) -> PropertyClass {
        PropertyClass::Liveness
    }

    fn after_step(&mut self, world: &World<'_, Bracha>, step: &Step<'_, Bracha>) -> Result<(), Breach> {
        for content in self.deliveries.since_last(world, step) {
            self.first.entry(content.id).or_insert(world.now());
        }
        Ok(())
    }

    fn at_end(&mut self, world: &World<'_, Bracha>) -> Judgement {
        let while_given = self.config.settles_within();
        let due = self.first.iter().filter(|(_, first)| world.now().since(**first) > while_given);
        let mut judged = due.map(|(id, _)| pending::judge(world, *id, "another did"));
        judged.find(|judgement| *judgement != Judgement::Holds).unwrap_or(Judgement::Holds)
    }
}
