//! How long operations take.

use sim_core::{Breach, Duration, Judgement, Operation, Property, PropertyClass, Time, World};

use crate::config::BackupConfig;
use crate::node::PrimaryBackup;

/// Where the view service never fails and nodes that stop are told of without mistakes: once nothing more fails and
/// nobody is cut off, and as long as fewer nodes have failed than there should be replicas, each operation completes in
/// time. Judged at the end of the run.
///
/// What a client asks for while a replica fails waits for the failover as well. So the time counts from the last fault.
#[derive(Debug)]
pub struct AvailableWithAllButOneFailed {
    /// How long an operation may take, and how many nodes may have failed; nothing is promised with other view
    /// services.
    promise: Option<(Duration, usize)>,
}

impl AvailableWithAllButOneFailed {
    pub(super) fn new(config: &BackupConfig) -> Self {
        let promise = (config.available_within, config.replicas as usize - 1);
        Self { promise: config.is_infallible().then_some(promise) }
    }
}

impl Property<PrimaryBackup> for AvailableWithAllButOneFailed {
    fn class(&self) -> PropertyClass {
        PropertyClass::Liveness
    }

    fn at_end(&mut self, world: &World<'_, PrimaryBackup>) -> Judgement {
        let Some((within, most)) = self.promise else { return Judgement::Holds };
        let Some(calm) = world.calm_since() else { return Judgement::Holds };
        let (running, failed): (Vec<_>, Vec<_>) = world.processes().partition(|process| world.node(*process).is_some());
        // Whoever runs and is cut off is waited for.
        if failed.len() > most || running.iter().any(|process| !world.is_repaired(*process)) {
            return Judgement::Holds;
        }
        let history = world.history();
        for (id, operation) in history.iter() {
            let asked = Time::from_nanos(operation.invoked.time_ns);
            let since = asked.max(calm);
            let told = operation.returned().map(|at| Time::from_nanos(at.time_ns));
            let is_late = match told {
                Some(at) => at > since + within,
                // What a client has given up on may have had too little time.
                None => history.is_awaited(id) && world.now() > since + within,
            };
            if is_late {
                return Judgement::Violated(Breach::new([], late(&history.name(id), operation, failed.len(), within)));
            }
        }
        Judgement::Holds
    }
}

fn late<O, R>(name: &str, operation: &Operation<O, R>, failed: usize, within: Duration) -> String {
    let asked = Time::from_nanos(operation.invoked.time_ns);
    format!(
        "{name} was asked for at {asked} and is not answered within {within}, although only {failed} nodes have failed"
    )
}
