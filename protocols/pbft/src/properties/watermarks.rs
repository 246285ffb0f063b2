//! Watermarks.

use sim_core::{Breach, Property, Step, World};

use crate::node::Pbft;

/// A replica takes only what lies between its watermarks, a stable checkpoint and L places behind it,
/// "to prevent a faulty primary from exhausting the space of sequence numbers" (OSDI 4.2), and its log
/// is never longer than that (4.3).
#[derive(Debug)]
pub struct Watermarks {
    log_size: u64,
}

impl Watermarks {
    /// For logs of this many places.
    pub const fn new(log_size: u64) -> Self {
        Self { log_size }
    }
}

impl Property<Pbft> for Watermarks {
    fn after_step(&mut self, world: &World<'_, Pbft>, step: &Step<'_, Pbft>) -> Result<(), Breach> {
        let Some(node) = world.node(step.process) else {
            return Ok(());
        };
        let low = node.stable().sequence();
        match node.slots().range() {
            Some((first, last)) if first <= low || last - low > self.log_size => {
                let me = world.identity(step.process);
                let high = low + self.log_size;
                let what = format!("{me} has places {first} to {last} in its log, with watermarks {low} and {high}");
                Err(Breach::new([me], what))
            }
            _ => Ok(()),
        }
    }
}
