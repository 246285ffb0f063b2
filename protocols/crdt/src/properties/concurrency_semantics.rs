//! Reads give what types are specified to give.

use std::collections::BTreeMap;

use parts::per_process::PerProcess;
use sim_core::{Breach, Judgement, ProcessId, Property, Step, World};

use super::visible::{Changed, Visible};
use crate::message::Event;
use crate::node::Crdt;
use crate::specification::Specification;
use crate::types::Kind;

/// A read gives what the type is specified to give with the updates that its replica has, and so does every object at
/// the end of the run. It is judged by the updates alone: what each was, and what its origin had when it made it.
#[derive(Debug, Default)]
pub struct ConcurrencySemantics {
    visible: Visible,
    /// By process, what each of its objects is to give.
    specified: PerProcess<BTreeMap<Kind, Specification>>,
}

impl ConcurrencySemantics {
    fn judge(&mut self, world: &World<'_, Crdt>, process: ProcessId, kind: Kind) -> Result<(), Breach> {
        let Some(replica) = world.node(process) else { return Ok(()) };
        let specified = self.specified.of(process).entry(kind).or_insert_with(|| Specification::new(kind));
        let value = replica.value(kind);
        if specified.allows(&value) {
            return Ok(());
        }
        let (me, specified) = (world.identity(process), specified.value());
        Err(Breach::new([me], format!("on {me} the {kind:?} gives {value:?}, and by the updates there {specified:?}")))
    }
}

impl Property<Crdt> for ConcurrencySemantics {
    fn after_step(&mut self, world: &World<'_, Crdt>, step: &Step<'_, Crdt>) -> Result<(), Breach> {
        let specified = self.specified.of(step.process);
        self.visible.after_step(step, |changed| match changed {
            Changed::Lost => specified.clear(),
            Changed::Got(_, Some(made)) => {
                specified.entry(made.kind).or_insert_with(|| Specification::new(made.kind)).see(made);
            }
            Changed::Got(_, None) => {}
        });
        let reads =
            step.events.iter().filter_map(|event| if let Event::Read(kind) = event { Some(*kind) } else { None });
        reads.into_iter().try_for_each(|kind| self.judge(world, step.process, kind))
    }

    fn at_end(&mut self, world: &World<'_, Crdt>) -> Judgement {
        // In the middle of a step a replica has what it has not announced.
        for process in world.correct().filter(|process| !world.is_mid_step(*process)) {
            for kind in Kind::ALL {
                if let Err(breach) = self.judge(world, process, *kind) {
                    return Judgement::Violated(breach);
                }
            }
        }
        Judgement::Holds
    }
}
