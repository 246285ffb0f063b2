//! Critical sections do not stay open.

use sim_core::{Breach, Duration, Judgement, Property, PropertyClass, ProtocolConfig, World};

use crate::config::LockConfig;
use crate::node::LeasedLock;

/// A holder carries out what clients have asked it for when nothing goes wrong for long enough and all nodes run. Judged
/// at the end of the run, with the requests that were there long enough before.
#[derive(Debug)]
pub struct SectionsEnd {
    within: Duration,
}

impl SectionsEnd {
    /// Every lock may be asked for in vain a few times, and several clients may wait for it.
    pub(super) fn new(config: &LockConfig) -> Self {
        Self { within: config.settles_within() * 6 }
    }
}

impl Property<LeasedLock> for SectionsEnd {
    fn class(&self) -> PropertyClass {
        PropertyClass::Liveness
    }

    fn at_end(&mut self, world: &World<'_, LeasedLock>) -> Judgement {
        let Some(calm) = world.calm_since() else { return Judgement::Holds };
        if world.now().since(calm) <= self.within || world.correct().any(|process| world.node(process).is_none()) {
            return Judgement::Holds;
        }
        for process in world.correct() {
            let Some(LeasedLock::Holder(holder)) = world.node(process) else { continue };
            let now = world.clock(process);
            if let Some((request, since)) = holder.open_requests().find(|(_, since)| *since + self.within < now) {
                let me = world.identity(process);
                let what =
                    format!("{me} has not carried out {request}, which it was asked for at {since} by its clock");
                return Judgement::Violated(Breach::new([me], what));
            }
        }
        Judgement::Holds
    }
}
