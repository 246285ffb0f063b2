//! What services do not forget.

use sim_core::{Breach, Property, Step, World};

use super::ledger::{Announced, Ledger, name};
use crate::message::{Entry, Status};
use crate::node::SagaNode;

/// A service that boots knows all steps that it has announced, as it has announced them.
///
/// What it has announced it may have changed since, if a crash has cut off that it announced the change. It may not
/// have forgotten it.
#[derive(Debug, Default)]
pub struct EffectsStay {
    ledger: Ledger,
}

impl Property<SagaNode> for EffectsStay {
    fn after_step(&mut self, world: &World<'_, SagaNode>, step: &Step<'_, SagaNode>) -> Result<(), Breach> {
        self.ledger.after_step(step, |_, announced| {
            let Announced::Recovered { entries, before, .. } = announced else { return Ok(()) };
            let is_kept = |before: &Entry| {
                let now = entries.iter().find(|entry| entry.key == before.key);
                now.is_some_and(|now| now.status == before.status || may_become(before.status, now.status))
            };
            match before.iter().find(|entry| !is_kept(entry)) {
                Some(lost) => {
                    let me = world.identity(step.process);
                    let what =
                        format!("{me} has booted, and does not know that {} was {:?}", name(lost.key), lost.status);
                    Err(Breach::new([me], what))
                }
                None => Ok(()),
            }
        })
    }
}

/// Whether a step may come from the one status to the other. No other change is one.
fn may_become(before: Status, now: Status) -> bool {
    before == Status::Done && now == Status::Undone
}
