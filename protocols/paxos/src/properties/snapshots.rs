//! The Log Is Truncated.

use parts::per_process::PerProcess;
use sim_core::{Breach, Property, Step, World};

use super::is_handler;
use crate::message::Event;
use crate::node::Paxos;

/// Without snapshots the log grows for ever, and so does the time to recover: once so many commands are applied as the
/// configuration says a node takes one, and deletes what the log has before it (Chandra, Griesemer and Redstone 2007, 5.5).
/// It takes none earlier: a snapshot is no small thing.
#[derive(Debug, Default)]
pub struct TheLogIsTruncated {
    /// The incarnation of each process, and whether a snapshot is due.
    due: PerProcess<(u32, bool)>,
}

impl Property<Paxos> for TheLogIsTruncated {
    fn after_step(&mut self, world: &World<'_, Paxos>, step: &Step<'_, Paxos>) -> Result<(), Breach> {
        let Some(node) = world.node(step.process) else { return Ok(()) };
        let (learner, every) = (node.learner(), node.config.snapshot_every);
        let now = (world.incarnation(step.process), every > 0 && learner.applied() >= learner.base() + every);
        let was_due = std::mem::replace(self.due.of(step.process), now) == (now.0, true);
        let me = world.identity(step.process);
        let took = step.events.iter().any(|event| matches!(event, Event::TookSnapshot { .. }));
        if is_handler(step.kind) && took != was_due {
            let what =
                if took { "takes a snapshot before it has applied" } else { "takes no snapshot, and has applied" };
            return Err(Breach::new([me], format!("{me} {what} {every} commands")));
        }
        let accepted = node.acceptor().accepted_from(0).next().map(|(instance, _)| instance);
        let kept = accepted.into_iter().chain(learner.first_kept()).min().filter(|kept| *kept <= learner.base());
        match kept {
            Some(kept) => {
                let what = format!("{me} has a snapshot of all up to {}, and keeps instance {kept}", learner.base());
                Err(Breach::new([me], what))
            }
            None => Ok(()),
        }
    }
}
