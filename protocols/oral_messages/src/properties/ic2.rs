//! IC2: validity.

use std::collections::BTreeMap;

use sim_core::{Breach, NodeId, Property, Step, World};

use crate::message::{Event, Order};
use crate::node::General;

/// "If the commanding general is loyal, then every loyal lieutenant obeys the order he sends."
#[derive(Debug, Default)]
pub struct Ic2 {
    /// What loyal commanders ordered, by the number of the order.
    ordered: BTreeMap<u32, (NodeId, Order)>,
}

impl Property<General> for Ic2 {
    fn after_step(&mut self, world: &World<'_, General>, step: &Step<'_, General>) -> Result<(), Breach> {
        for event in step.events {
            let me = world.identity(step.process);
            match event {
                Event::Ordered { number, order } => {
                    self.ordered.insert(*number, (me, *order));
                }
                Event::Obeyed { number, order } => {
                    if let Some((commander, ordered)) = self.ordered.get(number)
                        && ordered != order
                    {
                        let what =
                            format!("{commander} ordered {ordered:?} and {me} obeys {order:?} as order {number}");
                        return Err(Breach::new([*commander, me], what));
                    }
                }
            }
        }
        Ok(())
    }
}
