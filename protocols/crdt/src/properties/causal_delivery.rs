//! Updates come after those that they rest on.

use parts::clocks::Dot;
use sim_core::{Breach, Property, Step, StepKind, World};

use super::visible::{Changed, Visible};
use crate::node::Crdt;

/// A replica that has an update has all that the origin had when it made it, after every step. In which order they
/// came within a step does not matter.
#[derive(Debug, Default)]
pub struct CausalDelivery {
    visible: Visible,
}

impl Property<Crdt> for CausalDelivery {
    fn after_step(&mut self, world: &World<'_, Crdt>, step: &Step<'_, Crdt>) -> Result<(), Breach> {
        let mut got = Vec::new();
        self.visible.after_step(step, |changed| {
            if let Changed::Got(dot, Some(_)) = changed {
                got.push(dot);
            }
        });
        // A crash has cut off what it was about to announce.
        if step.kind == StepKind::Crash {
            return Ok(());
        }
        let (seen, made) = self.visible.seen(step.process);
        let lacking = got.iter().find_map(|dot| {
            let past = &made.get(dot)?.past;
            if seen.includes(past) { None } else { past.beyond(seen).next().map(|lacking| (dot, lacking)) }
        });
        match lacking {
            Some((dot, lacking)) => {
                let me = world.identity(step.process);
                let of = |dot: Dot| format!("update {} of replica {}", dot.number, dot.origin);
                let what = format!("{me} has {}, and not {}, which came before it", of(*dot), of(lacking));
                Err(Breach::new([me], what))
            }
            None => Ok(()),
        }
    }
}
