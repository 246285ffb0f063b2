//! Lock Is Known.

use std::collections::BTreeMap;

use sim_core::{Breach, ProcessId, Property, Step, World};

use crate::node::HotStuff;
use crate::storage::recover;

/// "If a correct replica is locked [...], then at least f + 1 correct replicas voted for some prepareQC
/// matching lockedQC" (Lemma 3): they have the certificate of the locked block, or a higher one, in
/// memory or on the disk. One of them is in every quorum, so that the next leader is told of a
/// certificate that whoever is locked accepts.
#[derive(Debug)]
pub struct LockIsKnown {
    faulty: usize,
    /// The view of the lock that each process had last.
    seen: BTreeMap<ProcessId, u64>,
}

impl LockIsKnown {
    /// For groups in which this many replicas may be Byzantine.
    pub const fn new(faulty: u32) -> Self {
        Self { faulty: faulty as usize, seen: BTreeMap::new() }
    }
}

impl Property<HotStuff> for LockIsKnown {
    fn after_step(&mut self, world: &World<'_, HotStuff>, step: &Step<'_, HotStuff>) -> Result<(), Breach> {
        let Some(node) = world.node(step.process) else { return Ok(()) };
        let lock = node.promises().lock.view;
        if self.seen.insert(step.process, lock) == Some(lock) {
            return Ok(());
        }
        let know = world.correct().filter(|process| knows(world, *process, lock));
        if know.take(self.faulty + 1).count() > self.faulty {
            return Ok(());
        }
        let me = world.identity(step.process);
        let what = format!(
            "{me} is locked on the block of view {lock}, and {} correct replicas or fewer have a certificate of that view \
             or a later one",
            self.faulty
        );
        Err(Breach::new([me], what))
    }
}

/// A replica that is down, or reads its disk, has what is there; one that waits for its disk has sent
/// no vote that rests on what it is yet to write.
fn knows(world: &World<'_, HotStuff>, process: ProcessId, view: u64) -> bool {
    world.node(process).is_some_and(|node| node.promises().high.view >= view)
        || recover(world.disk(process)).is_ok_and(|found| found.promises.high.view >= view)
}
