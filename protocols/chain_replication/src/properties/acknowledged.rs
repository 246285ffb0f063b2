//! What was acknowledged is kept.

use std::collections::BTreeSet;

use parts::epoch_log::Position;
use sim_core::{Breach, Property, Step, World};

use crate::message::Event;
use crate::node::ChainServer;

/// Whether a history whose epochs end here has the update with this offset and epoch.
fn has(epochs: &[Position], (offset, epoch): (u64, u64)) -> bool {
    epochs.iter().find(|of| of.end >= offset).is_some_and(|of| of.epoch == epoch)
}

/// Each server of the chain has all updates that were acknowledged, from when it takes its place.
#[derive(Debug, Default)]
pub struct NoAcknowledgedUpdateIsLost {
    /// Offsets and epochs.
    acknowledged: BTreeSet<(u64, u64)>,
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
                    self.acknowledged.iter().copied().find(|entry| !has(epochs, *entry))
                }
                Event::Acknowledged { number, entry, .. } => {
                    let entry = (entry.end, entry.epoch);
                    self.acknowledged.insert(entry);
                    // It may be late: then those who have gone on have it.
                    let is_late = *number < self.latest;
                    Some(entry).filter(|entry| is_late && self.taken.iter().any(|epochs| !has(epochs, *entry)))
                }
                _ => None,
            };
            if let Some((offset, epoch)) = lost {
                let what = format!("a server of configuration {} is without update {offset}", self.latest);
                let what = format!("{what} of epoch {epoch}, which was acknowledged");
                return Err(Breach::new([world.identity(step.process)], what));
            }
        }
        Ok(())
    }
}
