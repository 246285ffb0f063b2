//! Certified Extends Committed.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use sim_core::{Breach, NodeId, ProcessId, Property, Step, World};

use super::ancestry::Ancestry;
use crate::block::BlockHash;
use crate::node::HotStuff;

/// Once a block is committed no later one is certified that conflicts with it: what the proof of
/// Theorem 2 shows by contradiction, and `Correct` in Jehl's specification (hotstuff.tla; *Formal
/// Verification of HotStuff*, FORTE 2021). That is said of blocks that begin a chain of certified ones
/// of successive views. It does not hold of those that are committed with them because they lie before
/// them: in the views between, another branch may have been certified, on which nobody has locked.
///
/// What is committed is one chain, so a certificate is compared with the last block before it that was
/// committed by itself. Of a block for which no correct replica was seen to vote nothing can be said.
#[derive(Debug, Default)]
pub struct CertifiedExtendsCommitted {
    ancestry: Ancestry,
    /// What correct replicas took for the highest certified block, by view, and who did first.
    certified: BTreeMap<u64, (BlockHash, NodeId)>,
    /// What they have committed, not counting what lay before it, by view, and who did first.
    committed: BTreeMap<u64, (BlockHash, NodeId)>,
    /// The view of the certificate that each process had last.
    seen: BTreeMap<ProcessId, u64>,
}

impl Property<HotStuff> for CertifiedExtendsCommitted {
    fn after_step(&mut self, world: &World<'_, HotStuff>, step: &Step<'_, HotStuff>) -> Result<(), Breach> {
        let Some(node) = world.node(step.process) else { return Ok(()) };
        let me = world.identity(step.process);
        for voted in node.voted_now() {
            self.ancestry.learn(voted, node.tree());
        }
        let high = &node.promises().high;
        if self.seen.insert(step.process, high.view) != Some(high.view) && !self.certified.contains_key(&high.view) {
            self.certified.insert(high.view, (high.block, me));
            if let Some((view, committed)) = self.committed.range(..=high.view).next_back() {
                self.compare((*view, *committed), (high.view, (high.block, me)))?;
            }
        }
        if let Some(executed) = node.executed_now().last() {
            let (view, committed) = (executed.block.view(), (executed.block.hash(), me));
            if let Entry::Vacant(first) = self.committed.entry(view) {
                first.insert(committed);
                let mut later = self.certified.range(view..);
                later.try_for_each(|(of, certified)| self.compare((view, committed), (*of, *certified)))?;
            }
        }
        Ok(())
    }
}

/// A view, the block of it, and who knew of it.
type Known = (u64, (BlockHash, NodeId));

impl CertifiedExtendsCommitted {
    fn compare(&self, committed: Known, certified: Known) -> Result<(), Breach> {
        let ((view, (block, by)), (later, (conflicting, me))) = (committed, certified);
        if !self.ancestry.conflicts(conflicting, block, view) {
            return Ok(());
        }
        let what = format!(
            "{by} has committed {block} of view {view}, and {me} has a certificate of {conflicting} of view {later}, \
             which conflicts with it"
        );
        Err(Breach::new([by, me], what))
    }
}
