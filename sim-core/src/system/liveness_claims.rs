//! What a protocol owes after a heal, and how that is observed.

use std::fmt;

use crate::liveness::{OperationKind, Outlook, OwedTo};
use crate::process::NodeId;
use crate::protocol::Protocol;
use crate::world::World;

/// What a protocol owes after a heal: a table of functions. A protocol provides those that it needs.
///
/// ```
/// use sim_core::{LivenessClaims, Nothing, OwedTo, Protocol};
/// # use sim_core::{Context, NodeId};
/// # #[derive(Debug)]
/// # struct Counter { state: u64 }
/// # impl Protocol for Counter {
/// #     type Message = (); type Timer = Nothing; type Record = Nothing;
/// #     type Op = Nothing; type Reply = Nothing; type Event = Nothing;
/// #     fn on_start(&mut self, _: &mut Context<'_, Self>) {}
/// #     fn on_message(&mut self, _: NodeId, _: (), _: &mut Context<'_, Self>) {}
/// # }
///
/// const CLAIMS: LivenessClaims<Counter> = LivenessClaims {
///     owed_to: OwedTo::EachClient,
///     digest: |counter| Some(counter.state),
///     ..LivenessClaims::NONE
/// };
/// ```
pub struct LivenessClaims<P: Protocol> {
    /// To whom progress is owed.
    pub owed_to: OwedTo<P::Op>,
    /// Whether an operation is a read or a write: the progress of each is judged separately.
    pub operation_kind: fn(&P::Op) -> OperationKind,
    /// Decides from the facts after a heal whether the nodes owe progress: whether the repaired ones have
    /// the means, and the protocol claims to make progress in spite of those that are not repaired. After a
    /// sealed heal the latter are out of reach. If no progress is owed, it says why, in words: no quorum is
    /// alive and connected, a coordinator is down.
    pub can_progress: fn(&Outlook<'_, P>) -> Result<(), String>,
    /// What nodes have in common when they have converged; `None` if a node cannot tell.
    pub digest: fn(&P) -> Option<u64>,
    /// Which nodes belong to the system, and so must converge; `None` if all do. What a removed node
    /// believes about itself does not count.
    pub members: fn(&World<'_, P>) -> Option<Vec<NodeId>>,
    /// The state of the system as far as progress depends on it, terms and views taken relative to one
    /// another; `None` if the protocol does not say. A state that recurs without progress is a livelock.
    pub abstract_state: fn(&World<'_, P>) -> Option<u64>,
}

impl<P: Protocol> LivenessClaims<P> {
    /// Progress is owed to the clients as a whole whatever has happened, and nothing is said about the
    /// states of the nodes.
    pub const NONE: Self = Self {
        owed_to: OwedTo::System,
        operation_kind: |_| OperationKind::Operation,
        can_progress: |_| Ok(()),
        digest: |_| None,
        members: |_| None,
        abstract_state: |_| None,
    };
}

impl<P: Protocol> Clone for LivenessClaims<P> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P: Protocol> Copy for LivenessClaims<P> {}

impl<P: Protocol> fmt::Debug for LivenessClaims<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LivenessClaims").field("owed_to", &self.owed_to).finish_non_exhaustive()
    }
}
