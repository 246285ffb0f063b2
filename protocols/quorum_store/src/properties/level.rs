//! Declared Level.

use std::collections::BTreeSet;

use sim_core::consistency::{Answer, Budget, Level};
use sim_core::{Breach, Judgement, Property, Step, World};

use crate::config::QuorumConfig;
use crate::history::{check, without};
use crate::message::Event;
use crate::node::QuorumStore;

/// Clients see the levels of consistency that are declared for these settings.
///
/// A read of a key whose deletion was forgotten returns what a read does before the first write. So what was asked of
/// such keys is left out.
#[derive(Debug)]
pub struct DeclaredLevel {
    levels: &'static [Level],
    forgotten: BTreeSet<u32>,
}

impl DeclaredLevel {
    /// For stores with this configuration.
    pub fn new(config: &QuorumConfig) -> Self {
        Self { levels: config.levels(), forgotten: BTreeSet::new() }
    }
}

impl Property<QuorumStore> for DeclaredLevel {
    fn after_step(&mut self, _: &World<'_, QuorumStore>, step: &Step<'_, QuorumStore>) -> Result<(), Breach> {
        for event in step.events {
            if let Event::Collected { key, .. } = event {
                self.forgotten.insert(*key);
            }
        }
        Ok(())
    }

    fn at_end(&mut self, world: &World<'_, QuorumStore>) -> Judgement {
        let history = without(world.history(), &self.forgotten);
        for level in self.levels {
            match check(*level, &history, Budget::default()) {
                Answer::Satisfied => {}
                Answer::Violated(witness) => {
                    return Judgement::Violated(Breach::new([], format!("not {level}: {witness}")));
                }
                Answer::Unknown(why) => return Judgement::Inconclusive(format!("{level}: {why}")),
            }
        }
        Judgement::Holds
    }
}
