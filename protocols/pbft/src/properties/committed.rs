//! Committed Is Prepared.

use sim_core::{Breach, ProcessId, Property, Step, Stored, World};

use crate::certificate::Proposal;
use crate::node::Pbft;
use crate::storage::Record;

/// "If committed-local(m, v, n, i) is true for some non-faulty i then committed(m, v, n) is true", which
/// is that prepared(m, v, n, j) is for all j "in some set of f + 1 non-faulty replicas" (OSDI 4.2;
/// `CommittedInv` of Howard's specification). These are who tells every later view of it, so it counts
/// what they have in memory or on the disk, of that view or a later one, or behind a stable checkpoint.
#[derive(Debug)]
pub struct CommittedIsPrepared {
    faulty: usize,
}

impl CommittedIsPrepared {
    /// For groups in which this many replicas may be faulty.
    pub const fn new(faulty: u32) -> Self {
        Self { faulty: faulty as usize }
    }
}

impl Property<Pbft> for CommittedIsPrepared {
    fn after_step(&mut self, world: &World<'_, Pbft>, step: &Step<'_, Pbft>) -> Result<(), Breach> {
        let Some(node) = world.node(step.process) else {
            return Ok(());
        };
        for proposal in &node.acts().committed {
            let have = world.correct().filter(|process| has_prepared(world, *process, proposal));
            if have.take(self.faulty + 1).count() <= self.faulty {
                let me = world.identity(step.process);
                let what = format!(
                    "{me} takes {proposal} to be committed, and {} correct replicas or fewer have prepared it",
                    self.faulty
                );
                return Err(Breach::new([me], what));
            }
        }
        Ok(())
    }
}

/// A replica that is down, or reads its disk, has what is there; one that waits for its disk has sent
/// nothing that rests on what it is yet to write.
fn has_prepared(world: &World<'_, Pbft>, process: ProcessId, proposal: &Proposal) -> bool {
    let stands_for = |other: Proposal| other.digest == proposal.digest && other.view >= proposal.view;
    let in_memory = world.node(process).is_some_and(|node| {
        let prepared = node.slots().get(proposal.sequence).and_then(|slot| slot.prepared.as_ref());
        node.stable().sequence() >= proposal.sequence || prepared.is_some_and(|kept| stands_for(kept.proposal()))
    });
    in_memory
        || world.disk(process).iter().filter_map(Stored::readable).any(|record| match record {
            Record::Prepared(kept) => kept.proposal().sequence == proposal.sequence && stands_for(kept.proposal()),
            Record::Stable(stable) => stable.sequence() >= proposal.sequence,
            _ => false,
        })
}
