//! What clients see.

use std::collections::BTreeSet;

use parts::epoch_log::Position;
use parts::kv::check_level;
use sim_core::consistency::{Answer, Budget, Level};
use sim_core::{Breach, Judgement, Property, Step, World};

use crate::config::{BackupConfig, Shipping};
use crate::message::Event;
use crate::node::PrimaryBackup;

/// Clients see a linearizable map: always where shipping is synchronous, and else where no failover has lost anything that
/// they were told.
#[derive(Debug)]
pub struct DeclaredLevel {
    may_lose: bool,
    /// Up to where clients were told of the log.
    told: BTreeSet<Position>,
    has_lost: bool,
}

impl DeclaredLevel {
    pub(super) fn new(config: &BackupConfig) -> Self {
        let may_lose = config.shipping == Shipping::Asynchronous;
        Self { may_lose, told: BTreeSet::new(), has_lost: false }
    }
}

impl Property<PrimaryBackup> for DeclaredLevel {
    fn after_step(&mut self, _: &World<'_, PrimaryBackup>, step: &Step<'_, PrimaryBackup>) -> Result<(), Breach> {
        for event in step.events.iter().filter(|_| self.may_lose) {
            match event {
                Event::Acknowledged { entry: position, .. }
                | Event::Read { position: position @ Position { end: 1.., .. }, .. } => {
                    self.told.insert(*position);
                }
                Event::Activated { epochs, .. } => {
                    self.has_lost |= self.told.iter().any(|told| !told.is_in(epochs));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn at_end(&mut self, world: &World<'_, PrimaryBackup>) -> Judgement {
        if self.has_lost {
            return Judgement::Holds;
        }
        let answer = check_level(Level::Linearizable, world.history(), Budget::default());
        match answer.expect("the map has a model") {
            Answer::Satisfied => Judgement::Holds,
            Answer::Violated(witness) => Judgement::Violated(Breach::new([], format!("not linearizable: {witness}"))),
            Answer::Unknown(why) => Judgement::Inconclusive(why.to_string()),
        }
    }
}
