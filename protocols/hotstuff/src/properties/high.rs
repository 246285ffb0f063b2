//! Highest Certificate Is Kept.

use std::collections::BTreeMap;

use sim_core::{Breach, ProcessId, Property, Step, World};

use crate::node::HotStuff;

/// A replica replaces its highest certificate by higher ones only (Algorithm 5, updateQCHigh): it is
/// what a NEW-VIEW message tells the next leader. Through a crash it keeps that of what it has voted
/// behind at least: by such votes others have locked, and count on it to be told (Lemma 3).
#[derive(Debug, Default)]
pub struct HighIsKept {
    known: BTreeMap<ProcessId, Known>,
}

#[derive(Debug, Default)]
struct Known {
    incarnation: u32,
    /// The view of the certificate that it had last.
    had: u64,
    /// The view of the highest certificate behind which it has voted.
    voted_behind: u64,
}

impl Property<HotStuff> for HighIsKept {
    fn after_step(&mut self, world: &World<'_, HotStuff>, step: &Step<'_, HotStuff>) -> Result<(), Breach> {
        let Some(node) = world.node(step.process) else { return Ok(()) };
        let known = self.known.entry(step.process).or_default();
        let incarnation = world.incarnation(step.process);
        if std::mem::replace(&mut known.incarnation, incarnation) != incarnation {
            known.had = known.voted_behind;
        }
        for voted in node.voted_now() {
            known.voted_behind = voted.block.justify().view.max(known.voted_behind);
        }
        let now = node.promises().high.view;
        let before = std::mem::replace(&mut known.had, now);
        if before <= now {
            return Ok(());
        }
        let me = world.identity(step.process);
        Err(Breach::new([me], format!("{me} had a certificate of view {before}, and its highest is of view {now}")))
    }
}
