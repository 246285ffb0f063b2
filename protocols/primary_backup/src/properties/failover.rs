//! When and how another replica becomes the primary.

use std::collections::{BTreeMap, BTreeSet};

use parts::per_process::PerProcess;
use sim_core::{Breach, NodeId, Property, Step, StepKind, Time, World};

use crate::config::{BackupConfig, Failover};
use crate::message::Event;
use crate::node::PrimaryBackup;
use crate::view_service::ViewService;

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
/// there: at the latest with the second look of the view service. One that has begun, and in which somebody is sealed, ends
/// at the latest with the second look after as much time as a lease lasts, for none is granted any more, and nobody else
/// is waited for any longer.
#[derive(Debug)]
pub struct AFailedPrimaryIsReplaced {
    config: BackupConfig,
    /// How often each node of the view service had looked when something of that came to be due.
    due_since: PerProcess<Option<u64>>,
}

impl AFailedPrimaryIsReplaced {
    pub(super) fn new(config: &BackupConfig) -> Self {
        Self { config: config.clone(), due_since: PerProcess::default() }
    }

    /// What is due by the clock of a node of the view service, and whom it is about.
    fn due(&self, service: &ViewService, now: Time) -> Option<(String, Vec<NodeId>)> {
        let BackupConfig { failover, lease, suspect_after, .. } = &self.config;
        let view = service.view();
        if let Some(change) = service.change.as_ref().filter(|_| !service.is_pending) {
            // Where none is taken for failed by mistake, whoever is only cut off is waited for.
            let is_patient = self.config.is_infallible();
            let is_late =
                now.since(change.since) >= (*lease).max(*suspect_after) && !change.sealed.is_empty() && !is_patient;
            let what = || format!("the failover to view {} began at {}, and does not end", change.number, change.since);
            return is_late.then(|| (what(), change.sealed.keys().copied().collect()));
        }
        let is_idle = !service.is_failing_over() && !service.hears(view.primary, now);
        let could_be = view.passive.iter().find(|node| service.hears(**node, now));
        let node = could_be.filter(|_| is_idle && *failover == Failover::Automatic)?;
        let what = format!("nothing is heard of {}, and {node} is not promoted", view.primary);
        Some((what, vec![view.primary, *node]))
    }
}

impl Property<PrimaryBackup> for AFailedPrimaryIsReplaced {
    fn after_step(&mut self, world: &World<'_, PrimaryBackup>, step: &Step<'_, PrimaryBackup>) -> Result<(), Breach> {
        if step.kind != StepKind::Timer && step.kind != StepKind::Boot {
            return Ok(());
        }
        let Some(service) = world.node(step.process).and_then(|node| node.service.as_ref()) else { return Ok(()) };
        let due = self.due(service, world.clock(step.process)).filter(|_| service.is_in_office());
        let since = self.due_since.of(step.process);
        match due {
            Some((what, nodes)) if *since.get_or_insert(service.looks) < service.looks => Err(Breach::new(nodes, what)),
            Some(_) => Ok(()),
            None => {
                *since = None;
                Ok(())
            }
        }
    }
}

/// Until when, by its clock, a node serves as the primary without asking anybody.
fn lease_until(node: &PrimaryBackup) -> Option<Time> {
    node.leading.as_ref().filter(|leading| leading.is_active).map(|leading| leading.lease_until)
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
                if lease_until(node).is_some_and(|until| world.clock(process) < until) {
                    let (primary, until) = (view.primary, lease_until(node));
                    let what = format!("{primary} is the primary, and {} has a lease until {until:?}", node.me);
                    return Err(Breach::new([primary, node.me], what));
                }
            }
        }
        Ok(())
    }
}

/// Of the replicas that are sealed for a view, the most up to date becomes its primary, and the others are its passive
/// secondaries. Of those that have as much the old primary comes last, and the one that is reached soonest first.
#[derive(Debug, Default)]
pub struct TheMostUpToDateIsPromoted {
    /// The candidates for each view for which a primary was chosen.
    chosen: BTreeMap<u64, Vec<NodeId>>,
    /// The primary that each node of the view service knew after its last step.
    old: PerProcess<Option<NodeId>>,
}

impl Property<PrimaryBackup> for TheMostUpToDateIsPromoted {
    fn after_step(&mut self, world: &World<'_, PrimaryBackup>, step: &Step<'_, PrimaryBackup>) -> Result<(), Breach> {
        let service = world.node(step.process).and_then(|node| node.service.as_ref());
        let primary_now = service.map(|service| service.view().primary);
        let old = std::mem::replace(self.old.of(step.process), primary_now);
        for event in step.events {
            let (number, primary, candidates) = match event {
                Event::Chose { number, primary, candidates } => (number, primary, candidates),
                Event::ViewMade { view } => {
                    let mut in_sync: Vec<NodeId> = view.in_sync().collect();
                    in_sync.sort_unstable();
                    if let Some(sealed) = self.chosen.remove(&view.number).filter(|sealed| *sealed != in_sync) {
                        let what = format!("{view:?} is made, and {sealed:?} are sealed for it");
                        return Err(Breach::new(sealed, what));
                    }
                    continue;
                }
                _ => continue,
            };
            self.chosen.insert(*number, candidates.iter().map(|(node, _)| *node).collect());
            let best = candidates.iter().map(|(_, position)| *position).max();
            let mut tied = candidates.iter().filter(|(_, position)| Some(*position) == best).map(|(node, _)| *node);
            // Where a crash has cut the step off, nothing tells any more who is reached soonest.
            let rank = |node| service.map(|service| (Some(node) == old, service.latency(node), node));
            if !tied.clone().any(|node| node == *primary) || tied.any(|node| rank(node) < rank(*primary)) {
                let what = format!("{primary} is chosen of {candidates:?}, and {old:?} was the primary before");
                return Err(Breach::new([*primary], what));
            }
        }
        Ok(())
    }
}
