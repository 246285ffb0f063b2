//! Validity.

use std::collections::BTreeMap;

use sim_core::{Breach, Property, RequestId, Step, World};

use crate::node::HotStuff;
use parts::kv::KvOp;

/// What replicas execute was asked by the client under whose name it goes.
#[derive(Debug, Default)]
pub struct Validity {
    /// How many operations of the history are in the tables.
    known: usize,
    /// What was asked, by client and session; the place is the number in the session.
    asked: BTreeMap<(u32, u64), Vec<KvOp>>,
}

impl Property<HotStuff> for Validity {
    fn after_step(&mut self, world: &World<'_, HotStuff>, step: &Step<'_, HotStuff>) -> Result<(), Breach> {
        let Some(node) = world.node(step.process) else { return Ok(()) };
        for executed in node.executed_now() {
            for command in executed.block.commands() {
                let (request, op) = command.content();
                if self.asked(*request, world) != Some(op) {
                    let me = world.identity(step.process);
                    let what = format!("{me} executed {op:?} as {request}, which no client has asked");
                    return Err(Breach::new([me], what));
                }
            }
        }
        Ok(())
    }
}

impl Validity {
    fn asked(&mut self, request: RequestId, world: &World<'_, HotStuff>) -> Option<&KvOp> {
        for (_, operation) in world.history().iter().skip(self.known) {
            self.asked.entry((operation.client, operation.session)).or_default().push(operation.op);
        }
        self.known = world.history().len();
        self.asked.get(&(request.client.index(), u64::from(request.session)))?.get(request.sequence as usize)
    }
}
