//! IC1: agreement.

use std::collections::BTreeMap;

use sim_core::{Breach, NodeId, Property, Step, World};

use crate::message::{Event, Order};
use crate::node::General;

/// "All loyal lieutenants obey the same order."
#[derive(Debug, Default)]
pub struct Ic1 {
    /// Who was the first to obey, by the number of the order.
    obeyed: BTreeMap<u32, (NodeId, Order)>,
}

impl Property<General> for Ic1 {
    fn after_step(&mut self, world: &World<'_, General>, step: &Step<'_, General>) -> Result<(), Breach> {
        for event in step.events {
            if let Event::Obeyed { number, order } = event {
                let me = world.identity(step.process);
                let (first, other) = *self.obeyed.entry(*number).or_insert((me, *order));
                if other != *order {
                    let what = format!("{first} obeys {other:?} and {me} obeys {order:?} as order {number}");
                    return Err(Breach::new([first, me], what));
                }
            }
        }
        Ok(())
    }
}
