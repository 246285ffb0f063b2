//! What was acknowledged is kept.

use std::collections::BTreeSet;

use parts::epoch_log::Position;
use sim_core::{Breach, Property, Step, World};

use crate::message::Event;
use crate::node::ChainServer;

/// Each server of the chain has all updates that were acknowledged, from when it takes its place.
#[derive(Debug, Default)]
pub struct NoAcknowledgedUpdateIsLost {
    acknowledged: BTreeSet<Position>,
    /// The number of the latest configuration in which somebody has taken its place.
    latest: u64,
    /// Where the epochs ended of the histories of those who have.
    taken: Vec<Vec<Position>>,
}

impl Property<ChainServer> for NoAcknowledgedUpdateIsLost {
    fn after_step(&mut self, world: &World<'_, ChainServer>, step: &Step<'_, ChainServer>) -> Result<(), Breach> {
        for event in step.events {
            let lost = match event {
                Event::TookPlace { number, epochs, .. } if *number >= self.latest => {
                    if *number > self.latest {
                        self.latest = *number;
                        self.taken.clear();
                    }
                    self.taken.push(epochs.clone());
                    self.acknowledged.iter().copied().find(|entry| !entry.is_in(epochs))
                }
                Event::Acknowledged { number, entry, .. } => {
                    self.acknowledged.insert(*entry);
                    // It may be late: then those who have gone on have it.
                    let is_late = *number < self.latest;
                    Some(*entry).filter(|entry| is_late && self.taken.iter().any(|epochs| !entry.is_in(epochs)))
                }
                _ => None,
            };
            if let Some(Position { epoch, end }) = lost {
                let what = format!("a server of configuration {} is without update {end}", self.latest);
                let what = format!("{what} of epoch {epoch}, which was acknowledged");
                return Err(Breach::new([world.identity(step.process)], what));
            }
        }
        Ok(())
    }
}
