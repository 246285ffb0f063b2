//! When and how another replica becomes the primary.

use std::collections::BTreeSet;

use parts::per_process::PerProcess;
use sim_core::{Breach, Property, Step, StepKind, World};

use crate::config::{BackupConfig, Failover};
use crate::message::Event;
use crate::node::PrimaryBackup;

/// A failover begins when nothing is heard of the primary, if that is the policy, or when an operator asks.
#[derive(Debug)]
pub struct FailoversHaveACause {
    is_automatic: bool,
    /// Whether an operator has asked each node of the view service since the last one began there, or it came to act.
    is_asked: PerProcess<bool>,
}

impl FailoversHaveACause {
    pub(super) fn new(config: &BackupConfig) -> Self {
        Self { is_automatic: config.failover == Failover::Automatic, is_asked: PerProcess::default() }
    }
}

impl Property<PrimaryBackup> for FailoversHaveACause {
    fn after_step(&mut self, world: &World<'_, PrimaryBackup>, step: &Step<'_, PrimaryBackup>) -> Result<(), Breach> {
        for event in step.events {
            let is_asked = self.is_asked.of(step.process);
            match event {
                Event::FailoverAsked => *is_asked = true,
                Event::FailoverRefused | Event::TookOffice { .. } => *is_asked = false,
                Event::FailoverBegan { number, primary } => {
                    if std::mem::take(is_asked) {
                        continue;
                    }
                    let service = world.node(step.process).and_then(|node| node.service.as_ref());
                    let is_heard = service.is_some_and(|service| service.hears(*primary, world.clock(step.process)));
                    if !self.is_automatic || is_heard {
                        let why = if is_heard { "was heard of lately" } else { "may be replaced by an operator alone" };
                        let what = format!("a failover to view {number} begins, and {primary} {why}");
                        return Err(Breach::new([*primary], what));
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// Where failover is automatic, one begins when nothing is heard of the primary, and a secondary that could be promoted is
/// there: at the latest with the second look of the view service.
#[derive(Debug)]
pub struct AFailedPrimaryIsReplaced {
    is_automatic: bool,
    /// How often each node of the view service had looked when that came to be so.
    idle_since: PerProcess<Option<u64>>,
}

impl AFailedPrimaryIsReplaced {
    pub(super) fn new(config: &BackupConfig) -> Self {
        Self { is_automatic: config.failover == Failover::Automatic, idle_since: PerProcess::default() }
    }
}

impl Property<PrimaryBackup> for AFailedPrimaryIsReplaced {
    fn after_step(&mut self, world: &World<'_, PrimaryBackup>, step: &Step<'_, PrimaryBackup>) -> Result<(), Breach> {
        if !self.is_automatic || step.kind != StepKind::Timer && step.kind != StepKind::Boot {
            return Ok(());
        }
        let Some(service) = world.node(step.process).and_then(|node| node.service.as_ref()) else { return Ok(()) };
        if !service.is_in_office() {
            *self.idle_since.of(step.process) = None;
            return Ok(());
        }
        let (view, now) = (service.view(), world.clock(step.process));
        let could_be = view.passive.iter().find(|node| service.hears(**node, now));
        let is_idle = could_be.filter(|_| !service.is_failing_over() && !service.hears(view.primary, now));
        let since = self.idle_since.of(step.process);
        match is_idle {
            Some(node) if *since.get_or_insert(service.looks()) < service.looks() => {
                let what = format!("nothing is heard of {}, and {node} is not promoted", view.primary);
                Err(Breach::new([view.primary, *node], what))
            }
            Some(_) => Ok(()),
            None => {
                *since = None;
                Ok(())
            }
        }
    }
}

/// When a view with another primary is made, the lease of the last one has run out, or it has given it up.
///
/// Where the view service is on Raft, a choice may come to nothing: whoever has made it leads no longer.
#[derive(Debug, Default)]
pub struct LeasesAreKept {
    /// The numbers of the views for which a primary was chosen.
    chosen: BTreeSet<u64>,
}

impl Property<PrimaryBackup> for LeasesAreKept {
    fn after_step(&mut self, world: &World<'_, PrimaryBackup>, step: &Step<'_, PrimaryBackup>) -> Result<(), Breach> {
        for event in step.events {
            let view = match event {
                Event::Chose { number, .. } => {
                    self.chosen.insert(*number);
                    continue;
                }
                Event::ViewMade { view } if self.chosen.remove(&view.number) => view,
                _ => continue,
            };
            for process in world.processes() {
                let Some(node) = world.node(process).filter(|node| node.me != view.primary) else { continue };
                if node.lease_until().is_some_and(|until| world.clock(process) < until) {
                    let (primary, until) = (view.primary, node.lease_until());
                    let what = format!("{primary} is the primary, and {} has a lease until {until:?}", node.me);
                    return Err(Breach::new([primary, node.me], what));
                }
            }
        }
        Ok(())
    }
}

/// Of the replicas that are sealed for a view, the most up to date becomes its primary.
#[derive(Debug, Default)]
pub struct TheMostUpToDateIsPromoted;

impl Property<PrimaryBackup> for TheMostUpToDateIsPromoted {
    fn after_step(&mut self, _: &World<'_, PrimaryBackup>, step: &Step<'_, PrimaryBackup>) -> Result<(), Breach> {
        for event in step.events {
            let Event::Chose { primary, candidates, .. } = event else { continue };
            let best = candidates.iter().map(|(_, position)| *position).max();
            let chosen = candidates.iter().find(|(node, _)| node == primary).map(|(_, position)| *position);
            if chosen != best {
                return Err(Breach::new([*primary], format!("{primary} is chosen of {candidates:?}")));
            }
        }
        Ok(())
    }
}
