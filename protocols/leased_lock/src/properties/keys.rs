//! What instances do with keys.

use sim_core::{Breach, Property, Step, World};

use crate::message::Event;
use crate::node::LeasedLock;

/// A key is renewed by the section whose it is.
#[derive(Debug, Default)]
pub struct RenewedByItsHolder;

impl Property<LeasedLock> for RenewedByItsHolder {
    fn after_step(&mut self, world: &World<'_, LeasedLock>, step: &Step<'_, LeasedLock>) -> Result<(), Breach> {
        for event in step.events {
            if let Event::Extended { lock, of, by } = event
                && of != by
            {
                let me = world.identity(step.process);
                let what = format!("on {me} {by} has renewed lock {lock}, which is {of}'s");
                return Err(Breach::new([me], what));
            }
        }
        Ok(())
    }
}

/// A key is released by the section whose it is.
#[derive(Debug, Default)]
pub struct ReleasedByItsHolder;

impl Property<LeasedLock> for ReleasedByItsHolder {
    fn after_step(&mut self, world: &World<'_, LeasedLock>, step: &Step<'_, LeasedLock>) -> Result<(), Breach> {
        for event in step.events {
            if let Event::Deleted { lock, of, by } = event
                && of != by
            {
                let me = world.identity(step.process);
                let what = format!("on {me} {by} has released lock {lock}, which is {of}'s");
                return Err(Breach::new([me], what));
            }
        }
        Ok(())
    }
}
