//! What sessions have read and written, as their clients were told.

use std::collections::BTreeMap;

use sim_core::consistency::SessionGuarantee;
use sim_core::{NodeId, OperationId, RequestId, World};

use crate::message::Version;
use crate::node::Causal;
use crate::operations::CausalReply;

/// The operations of each session, in their order.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    of: BTreeMap<(NodeId, u32), Vec<OperationId>>,
    /// How many operations of the history are in.
    known: usize,
}

impl Sessions {
    /// What these guarantees say of a request of a session: the versions that its client had been told of before, as
    /// read or as written.
    pub(super) fn before(
        &mut self,
        request: RequestId,
        guarantees: &[SessionGuarantee],
        world: &World<'_, Causal>,
    ) -> Vec<(SessionGuarantee, Version)> {
        self.catch_up(world);
        let Some(operations) = self.of.get(&(request.client, request.session)) else { return Vec::new() };
        let operations = operations.iter().map(|id| world.history().get(*id));
        let before = operations.take_while(|operation| operation.request.is_some_and(|other| other < request));
        let told = before.filter_map(|operation| match operation.reply()? {
            CausalReply::Value(value) => value.map(|(version, _)| (version, false)),
            CausalReply::Done(version) => Some((*version, true)),
        });
        let of_guarantees = |(version, is_written)| {
            let speaking = guarantees.iter().filter(move |guarantee| speaks_of_writes(**guarantee) == is_written);
            speaking.map(move |guarantee| (*guarantee, version))
        };
        told.flat_map(of_guarantees).collect()
    }

    fn catch_up(&mut self, world: &World<'_, Causal>) {
        let history = world.history();
        for (id, operation) in history.iter().skip(self.known) {
            if let Some(request) = operation.request {
                self.of.entry((request.client, request.session)).or_default().push(id);
            }
        }
        self.known = history.len();
    }
}

/// Whether a guarantee speaks of what the session has written, and not of what it has read.
const fn speaks_of_writes(guarantee: SessionGuarantee) -> bool {
    matches!(guarantee, SessionGuarantee::ReadYourWrites | SessionGuarantee::MonotonicWrites)
}
