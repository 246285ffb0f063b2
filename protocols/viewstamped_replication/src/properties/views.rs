//! What holds of views: Never Back To A Lower View, A View Starts Once, Logs Only Grow In A View.

use std::collections::BTreeMap;

use parts::per_process::PerProcess;
use sim_core::{Breach, NodeId, Property, Step, World};

use crate::message::Event;
use crate::node::{Status, Vr};

/// "Once a replica committed to take part in a new view, it will never operate in a lower view" (Michael et al. 2017, 6). It
/// commits to that when it says what it has.
#[derive(Debug, Default)]
pub struct NeverBack {
    promised: PerProcess<u64>,
}

impl Property<Vr> for NeverBack {
    fn after_step(&mut self, world: &World<'_, Vr>, step: &Step<'_, Vr>) -> Result<(), Breach> {
        let promised = self.promised.of(step.process);
        for event in step.events {
            if let Event::Reported { view } = event {
                *promised = (*promised).max(*view);
            }
        }
        let Some(view) = world.node(step.process).and_then(Vr::promised) else { return Ok(()) };
        let before = std::mem::replace(promised, view.max(*promised));
        if before <= view {
            return Ok(());
        }
        let me = world.identity(step.process);
        Err(Breach::new([me], format!("{me} takes part in view {view}, and has promised view {before}")))
    }
}

/// The primary of a view is one replica, which starts the view once: a second start could have another log (Liskov and
/// Cowling 2012, 4.2).
#[derive(Debug, Default)]
pub struct AViewStartsOnce {
    started: BTreeMap<u64, NodeId>,
}

impl Property<Vr> for AViewStartsOnce {
    fn after_step(&mut self, world: &World<'_, Vr>, step: &Step<'_, Vr>) -> Result<(), Breach> {
        for event in step.events {
            let Event::StartedView { view, .. } = event else { continue };
            let me = world.identity(step.process);
            if let Some(other) = self.started.insert(*view, me) {
                return Err(Breach::new([other, me], format!("{me} starts view {view}, which {other} has started")));
            }
        }
        Ok(())
    }
}

/// A replica that has said up to where its log goes in a view does not lack any of that later in this view, whether it has
/// crashed meanwhile or not (Liskov and Cowling 2012, 4.1, 4.3).
#[derive(Debug, Default)]
pub struct LogsGrow {
    /// The last view that each process has taken part in, and up to where its log went.
    seen: PerProcess<(u64, u64)>,
}

impl Property<Vr> for LogsGrow {
    fn after_step(&mut self, world: &World<'_, Vr>, step: &Step<'_, Vr>) -> Result<(), Breach> {
        let Some(replica) = world.node(step.process).filter(|replica| replica.status() == Status::Normal) else {
            return Ok(());
        };
        let now = (replica.view(), replica.log().op_number());
        let before = std::mem::replace(self.seen.of(step.process), now);
        if before.0 != now.0 || before.1 <= now.1 {
            return Ok(());
        }
        let (me, (view, op_number)) = (world.identity(step.process), now);
        let what = format!("in view {view} the log of {me} went up to {}, and goes up to {op_number} now", before.1);
        Err(Breach::new([me], what))
    }
}
