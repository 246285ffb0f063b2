//! Secondaries that have failed do not stay replicas.

use parts::per_process::PerProcess;
use sim_core::{Breach, NodeId, Property, Step, StepKind, Time, World};

use crate::config::BackupConfig;
use crate::message::Event;
use crate::node::PrimaryBackup;
use crate::view_service::ViewService;

/// A secondary of which the view service hears nothing, or of which it hears that the primary does not reach it, is
/// removed from the view, as long as the primary is heard of: at the latest with the second look.
#[derive(Debug)]
pub struct FailedSecondariesAreRemoved {
    config: BackupConfig,
    /// How often each node of the view service had looked, in which view, when a secondary had failed.
    failed: PerProcess<Option<Failed>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Failed {
    node: NodeId,
    view: u64,
    looks: u64,
}

impl FailedSecondariesAreRemoved {
    pub(super) fn new(config: &BackupConfig) -> Self {
        Self { config: config.clone(), failed: PerProcess::default() }
    }

    /// Whether a node has failed, from what the view service has noted.
    fn has_failed(&self, service: &ViewService, node: NodeId, now: Time) -> bool {
        if self.config.is_infallible() {
            return service.stopped.contains(&node);
        }
        let is_new = |at: &Time| now.since(*at) < self.config.suspect_after;
        !service.heard.get(&node).is_some_and(|(at, _)| is_new(at))
            || service.unreachable.get(&node).is_some_and(is_new)
    }
}

impl Property<PrimaryBackup> for FailedSecondariesAreRemoved {
    fn after_step(&mut self, world: &World<'_, PrimaryBackup>, step: &Step<'_, PrimaryBackup>) -> Result<(), Breach> {
        let Some(service) = world.node(step.process).and_then(|node| node.service.as_ref()) else { return Ok(()) };
        let (view, now) = (service.view(), world.clock(step.process));
        let is_free = service.is_in_office() && !service.is_failing_over() && !service.is_asked;
        // Where an operator asks for what cannot be done, a look is at nothing else.
        let is_free = is_free && !step.events.contains(&Event::FailoverRefused);
        let is_free = is_free && !self.has_failed(service, view.primary, now);
        let mut secondaries = view.secondaries().filter(|_| is_free);
        let node = secondaries.find(|node| self.has_failed(service, *node, now));
        let known = self.failed.of(step.process);
        let Some(node) = node else {
            *known = None;
            return Ok(());
        };
        match known {
            Some(Failed { node: of, view: number, looks }) if *of == node && *number == view.number => {
                if step.kind == StepKind::Timer && *looks < service.looks {
                    let what =
                        format!("nothing is heard of {node}, or the primary does not reach it, and it is in {view:?}");
                    return Err(Breach::new([node], what));
                }
            }
            _ => *known = Some(Failed { node, view: view.number, looks: service.looks }),
        }
        Ok(())
    }
}
