//! One Certificate A View.

use std::collections::BTreeMap;

use sim_core::{Breach, NodeId, ProcessId, Property, Step, World};

use crate::block::BlockHash;
use crate::node::HotStuff;

/// "For any valid qc1, qc2 in which [...] qc1.node conflicts with qc2.node, we have qc1.viewNumber !=
/// qc2.viewNumber" (Lemma 1), as far as correct replicas take them for the highest.
#[derive(Debug, Default)]
pub struct OneCertificateAView {
    /// What is certified, by view, and who knew it first.
    certified: BTreeMap<u64, (BlockHash, NodeId)>,
    /// The block of the certificate that each process had last.
    seen: BTreeMap<ProcessId, BlockHash>,
}

impl Property<HotStuff> for OneCertificateAView {
    fn after_step(&mut self, world: &World<'_, HotStuff>, step: &Step<'_, HotStuff>) -> Result<(), Breach> {
        let Some(node) = world.node(step.process) else { return Ok(()) };
        let high = &node.promises().high;
        if self.seen.insert(step.process, high.block) == Some(high.block) {
            return Ok(());
        }
        let me = world.identity(step.process);
        let (first, by) = *self.certified.entry(high.view).or_insert((high.block, me));
        if first == high.block {
            return Ok(());
        }
        let what =
            format!("in view {} {by} has a certificate of {first} and {me} has one of {}", high.view, high.block);
        Err(Breach::new([by, me], what))
    }
}
