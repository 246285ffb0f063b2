//! What the protocol owes after a heal, one claim at a time: see [`LivenessClaims`].

use super::Simulation;
use crate::liveness::{OperationKind, Outlook, OwedTo};
use crate::process::NodeId;
use crate::protocol::Protocol;
use crate::system::LivenessClaims;
use crate::world::World;

impl<P: Protocol> Simulation<P> {
    /// Sets what the protocol owes after a heal, and how that is observed.
    #[must_use]
    pub fn liveness(self, liveness: LivenessClaims<P>) -> Self {
        Self { liveness, ..self }
    }

    /// Sets to whom progress is owed: see [`LivenessClaims::owed_to`].
    #[must_use]
    pub fn owed_to(mut self, owed_to: OwedTo<P::Op>) -> Self {
        self.liveness.owed_to = owed_to;
        self
    }

    /// Sets which operations are reads and which are writes: see [`LivenessClaims::operation_kind`].
    #[must_use]
    pub fn operation_kinds(mut self, operation_kind: fn(&P::Op) -> OperationKind) -> Self {
        self.liveness.operation_kind = operation_kind;
        self
    }

    /// Sets whether the nodes owe progress: see [`LivenessClaims::can_progress`].
    #[must_use]
    pub fn can_progress(mut self, can_progress: fn(&Outlook<'_, P>) -> Result<(), String>) -> Self {
        self.liveness.can_progress = can_progress;
        self
    }

    /// Sets what nodes have in common when they have converged: see [`LivenessClaims::digest`].
    #[must_use]
    pub fn digest(mut self, digest: fn(&P) -> Option<u64>) -> Self {
        self.liveness.digest = digest;
        self
    }

    /// Sets which nodes belong to the system: see [`LivenessClaims::members`].
    #[must_use]
    pub fn members(mut self, members: fn(&World<'_, P>) -> Option<Vec<NodeId>>) -> Self {
        self.liveness.members = members;
        self
    }

    /// Sets the state of the system as far as progress depends on it: see
    /// [`LivenessClaims::abstract_state`].
    #[must_use]
    pub fn abstract_state(mut self, abstract_state: fn(&World<'_, P>) -> Option<u64>) -> Self {
        self.liveness.abstract_state = abstract_state;
        self
    }
}
