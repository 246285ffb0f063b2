//! Validity.

use std::collections::BTreeMap;

use parts::kv::KvOp;
use sim_core::{Breach, NodeId, Property, RequestId, Step, World};

use super::LookedAt;
use crate::node::OmniPaxosNode;

/// If a server decides on a log, then it holds only proposed commands (SC1). What is proposed is
/// what clients ask for.
#[derive(Debug, Default)]
pub(crate) struct Validity {
    /// What was asked in each session of each client, in the order of the requests.
    asked: BTreeMap<(u32, u64), Vec<KvOp>>,
    /// How many operations of the history are in `asked`.
    known: usize,
    looked_at: LookedAt,
}

impl Property<OmniPaxosNode> for Validity {
    fn after_step(&mut self, world: &World<'_, OmniPaxosNode>, step: &Step<'_, OmniPaxosNode>) -> Result<(), Breach> {
        self.take_note_of(world);
        let indexes = self.looked_at.advance(world, step);
        let Some(node) = world.node(step.process) else {
            return Ok(());
        };
        for index in indexes {
            let entry = node.log()[index];
            if self.op(entry.request) != Some(&entry.op) {
                let me = world.identity(step.process);
                return Err(Breach::new(
                    [me],
                    format!("at index {index} {me} decided {entry:?}, which nobody asked for"),
                ));
            }
        }
        Ok(())
    }
}

impl Validity {
    fn take_note_of(&mut self, world: &World<'_, OmniPaxosNode>) {
        if world.history().len() == self.known {
            return;
        }
        for (_, operation) in world.history().iter().skip(self.known) {
            self.asked.entry((operation.client, operation.session)).or_default().push(operation.op);
        }
        self.known = world.history().len();
    }

    /// What was asked under this name. A session counts its requests from 0.
    fn op(&self, request: RequestId) -> Option<&KvOp> {
        let RequestId { client, session, sequence } = request;
        let number = Some(client).filter(|client| client.is_client()).map(NodeId::index)?;
        self.asked.get(&(number, u64::from(session)))?.get(sequence as usize)
    }
}
