//! What was acknowledged is kept.

use std::collections::BTreeSet;

use parts::epoch_log::Position;
use sim_core::{Breach, Property, Step, World};

use crate::config::{BackupConfig, Shipping};
use crate::message::Event;
use crate::node::PrimaryBackup;

/// The entries that are acknowledged and not lost, and who has come to serve last.
#[derive(Debug, Default)]
pub(super) struct Acknowledged {
    pub(super) entries: BTreeSet<Position>,
    /// The number of the latest view in which a primary has come to serve.
    pub(super) serving: u64,
    /// Where the epochs ended of the log with which it did.
    epochs: Vec<Position>,
}

impl Acknowledged {
    /// Takes an event into account. Gives what is lost by it of what was acknowledged.
    pub(super) fn note(&mut self, event: &Event) -> Vec<Position> {
        match event {
            Event::Activated { number, epochs } if *number > self.serving => {
                self.serving = *number;
                self.epochs.clone_from(epochs);
                let lost: Vec<_> = self.entries.iter().copied().filter(|entry| !entry.is_in(epochs)).collect();
                lost.iter().for_each(|entry| _ = self.entries.remove(entry));
                lost
            }
            Event::Acknowledged { number, entry, .. } => {
                // It may be late: then its successor has it.
                if *number < self.serving && !entry.is_in(&self.epochs) {
                    return vec![*entry];
                }
                self.entries.insert(*entry);
                Vec::new()
            }
            _ => Vec::new(),
        }
    }
}

/// A new primary has all writes that were acknowledged but for as many of the last ones as the lag allows.
#[derive(Debug)]
pub struct AtMostTheLagIsLost {
    lag: u64,
    acknowledged: Acknowledged,
}

impl AtMostTheLagIsLost {
    pub(super) fn new(config: &BackupConfig) -> Self {
        Self { lag: config.lag(), acknowledged: Acknowledged::default() }
    }
}

impl Property<PrimaryBackup> for AtMostTheLagIsLost {
    fn after_step(&mut self, world: &World<'_, PrimaryBackup>, step: &Step<'_, PrimaryBackup>) -> Result<(), Breach> {
        for event in step.events {
            let lost = self.acknowledged.note(event);
            if lost.len() as u64 > self.lag {
                let me = world.identity(step.process);
                let what = format!("the log of view {} is without {lost:?}", self.acknowledged.serving);
                return Err(Breach::new([me], format!("{what}, acknowledged to clients")));
            }
        }
        Ok(())
    }
}

/// Where shipping is asynchronous, a primary acknowledges nothing once another one serves.
///
/// Where it is synchronous, what a deposed primary acknowledges late is in the log of its successor.
#[derive(Debug)]
pub struct NoDeposedPrimaryAcknowledges {
    is_asynchronous: bool,
    serving: u64,
}

impl NoDeposedPrimaryAcknowledges {
    pub(super) fn new(config: &BackupConfig) -> Self {
        Self { is_asynchronous: config.shipping == Shipping::Asynchronous, serving: 0 }
    }
}

impl Property<PrimaryBackup> for NoDeposedPrimaryAcknowledges {
    fn after_step(&mut self, world: &World<'_, PrimaryBackup>, step: &Step<'_, PrimaryBackup>) -> Result<(), Breach> {
        for event in step.events {
            match event {
                Event::Activated { number, .. } => self.serving = self.serving.max(*number),
                Event::Acknowledged { number, request, .. } if self.is_asynchronous && *number < self.serving => {
                    let me = world.identity(step.process);
                    let what =
                        format!("{me} acknowledges {request} in view {number}, and another serves in {}", self.serving);
                    return Err(Breach::new([me], what));
                }
                _ => {}
            }
        }
        Ok(())
    }
}
