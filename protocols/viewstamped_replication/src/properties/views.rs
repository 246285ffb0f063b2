//! What holds of views: Never Back To A Lower View, The View Survives A Crash, A View Starts
//! Once, A Primary That Is Heard Stays.

use std::collections::BTreeMap;

use parts::per_process::PerProcess;
use sim_core::{Breach, Duration, Judgement, NodeId, Property, PropertyClass, ProtocolConfig, Step, Time, World};

use crate::config::{Stable, VrConfig};
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
        let Some(view) = world.node(step.process).and_then(promised_by) else { return Ok(()) };
        let before = std::mem::replace(promised, view.max(*promised));
        if before <= view {
            return Ok(());
        }
        let me = world.identity(step.process);
        Err(Breach::new([me], format!("{me} takes part in view {view}, and has promised view {before}")))
    }
}

/// The view that a replica takes part in, or has promised to: it has said what it has for it to start.
fn promised_by(replica: &Vr) -> Option<u64> {
    let has_promised = match replica.status() {
        Status::Normal => true,
        Status::ViewChange => replica.change.reported,
        Status::Recovering => false,
    };
    has_promised.then_some(replica.view())
}

/// With the view on its disk a replica knows, when it boots again, in which it has been: it is there before anybody hears of
/// it (Oki and Liskov 1988).
#[derive(Debug)]
pub struct TheViewSurvives {
    is_on_disk: bool,
    seen: PerProcess<u64>,
}

impl TheViewSurvives {
    /// Of replicas of this configuration.
    pub fn new(config: &VrConfig) -> Self {
        Self { is_on_disk: config.stable == Stable::View, seen: PerProcess::default() }
    }
}

impl Property<Vr> for TheViewSurvives {
    fn after_step(&mut self, world: &World<'_, Vr>, step: &Step<'_, Vr>) -> Result<(), Breach> {
        let Some(replica) = world.node(step.process).filter(|_| self.is_on_disk) else { return Ok(()) };
        let now = replica.view();
        let before = std::mem::replace(self.seen.of(step.process), now);
        if before <= now {
            return Ok(());
        }
        let me = world.identity(step.process);
        Err(Breach::new([me], format!("{me} was in view {before}, and knows of view {now} now")))
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

/// A replica begins a view change if it does not hear from its primary, which says that it is there if it has nothing else to
/// say (Liskov and Cowling 2012, 4.1, 4.2). So with all of them repaired, and no message lost or late, there are no more view
/// changes, whether clients ask for anything or not.
#[derive(Debug)]
pub struct AHeardPrimaryStays {
    /// How long after the heal views may still change.
    within: Duration,
    /// The last view change that was begun: when, by whom and to which view.
    last: Option<(Time, NodeId, u64)>,
}

impl AHeardPrimaryStays {
    /// Of replicas of this configuration.
    pub fn new(config: &VrConfig) -> Self {
        // Once for a view to start, and once for who has missed that.
        Self { within: config.settles_within() * 2, last: None }
    }
}

impl Property<Vr> for AHeardPrimaryStays {
    fn class(&self) -> PropertyClass {
        PropertyClass::Liveness
    }

    fn after_step(&mut self, world: &World<'_, Vr>, step: &Step<'_, Vr>) -> Result<(), Breach> {
        for event in step.events {
            if let Event::BeganViewChange { view } = event {
                self.last = Some((world.now(), world.identity(step.process), *view));
            }
        }
        Ok(())
    }

    fn at_end(&mut self, world: &World<'_, Vr>) -> Judgement {
        let calm = world.healed_at().and(world.calm_since());
        let Some(calm) = calm.filter(|_| world.processes().all(|process| world.is_repaired(process))) else {
            return Judgement::Holds;
        };
        match self.last.filter(|(at, ..)| *at > calm.saturating_add(self.within)) {
            Some((at, by, view)) => {
                let what =
                    format!("at {at} {by} begins the change to view {view}, and all hear each other since {calm}");
                Judgement::Violated(Breach::new([by], what))
            }
            None => Judgement::Holds,
        }
    }
}
