//! Tag Never Decreases.

use parts::per_process::PerProcess;
use sim_core::{Breach, Property, Step, StepKind, World};

use super::copies::{Tags, first_lower, tags_after};
use crate::node::Abd;

/// The tag of a replica's copy never gets lower.
///
/// What counts is what a replica had after a complete step: a crash in the middle of one may leave records that
/// nobody was told of, and another may take them away.
#[derive(Debug, Default)]
pub struct TagNeverDecreases {
    had: PerProcess<Tags>,
}

impl Property<Abd> for TagNeverDecreases {
    fn after_step(&mut self, world: &World<'_, Abd>, step: &Step<'_, Abd>) -> Result<(), Breach> {
        let Some(now) = tags_after(world, step) else { return Ok(()) };
        let had = self.had.of(step.process);
        if let Some(key) = first_lower(had, &now) {
            let me = world.identity(step.process);
            let now = now.get(&key).map_or_else(|| "no copy".to_owned(), |now| format!("tag {now:?}"));
            return Err(Breach::new([me], format!("{me} had tag {:?} of register {key}, and has {now}", had[&key])));
        }
        if step.kind != StepKind::Crash {
            *had = now;
        }
        Ok(())
    }
}
