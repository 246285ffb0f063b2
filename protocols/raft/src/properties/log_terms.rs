//! Log Terms Never Decrease.

use sim_core::{Breach, Property, Step, World};

use crate::node::Raft;

/// The terms of the entries grow monotonically in each log, up to at most the current term of the
/// node (lemmas of the proof in appendix B of the thesis; CCF's specification has the first as
/// `MonoLogInv`).
#[derive(Debug, Default)]
pub struct LogTermsNeverDecrease;

impl Property<Raft> for LogTermsNeverDecrease {
    fn after_step(&mut self, world: &World<'_, Raft>, step: &Step<'_, Raft>) -> Result<(), Breach> {
        let Some(node) = world.node(step.process) else {
            return Ok(());
        };
        let log = node.log();
        let Some(changed) = log.changed_from() else {
            return Ok(());
        };
        let first = changed.max(log.base().index + 1);
        let mut before = log.term_at(first - 1).unwrap_or_default();
        for index in first..=log.last_index() {
            let term = log.term_at(index).unwrap_or_default();
            if term < before {
                let me = world.identity(step.process);
                let what = format!("entry {index} of {me} is of term {term}, and behind one of term {before}");
                return Err(Breach::new([me], what));
            }
            before = term;
        }
        if before <= node.term() {
            return Ok(());
        }
        let me = world.identity(step.process);
        let what = format!("the last entry of {me} is of term {before}, and its own term is {}", node.term());
        Err(Breach::new([me], what))
    }
}
