//! What clients ask for takes effect once.

use std::collections::BTreeMap;

use sim_core::{Breach, Property, RequestId, Step, World};

use crate::message::{Event, Txn};
use crate::node::AtomicCommit;

/// What a client asks for is committed at most once, however often it asks. To read something again does no harm.
#[derive(Debug, Default)]
pub struct ARequestCommitsOnce {
    requests: BTreeMap<Txn, RequestId>,
    commits: BTreeMap<RequestId, Txn>,
}

impl Property<AtomicCommit> for ARequestCommitsOnce {
    fn after_step(&mut self, world: &World<'_, AtomicCommit>, step: &Step<'_, AtomicCommit>) -> Result<(), Breach> {
        for event in step.events {
            match event {
                Event::Began { txn, request } => _ = self.requests.insert(*txn, *request),
                Event::Committed { txn, postings } if !postings.is_empty() => {
                    let Some(request) = self.requests.get(txn) else { continue };
                    let first = *self.commits.entry(*request).or_insert(*txn);
                    if first != *txn {
                        let what = format!("{request} is committed as {first:?} and as {txn:?}");
                        return Err(Breach::new([first.coordinator, world.identity(step.process)], what));
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }
}
