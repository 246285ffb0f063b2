//! Replicated state machines whose clients repeat themselves: an operation that is retried takes effect once.
//!
//! A [`StateMachine`] is what a log is applied to. A [`Machine`] is one with the [`Sessions`] of its clients. There
//! are ready ones: [`Objects`](crate::objects::Objects), for any of the usual objects, and
//! [`KvState`](crate::kv::KvState).

mod sessions;

use std::fmt::Debug;

use serde::Serialize;
use sim_core::RequestId;

pub use sessions::{Seen, Sessions};

/// A state, and what each operation does to it. It depends on nothing but the operations that were applied.
///
/// ```
/// use parts::machine::{Applied, Machine, StateMachine};
/// use sim_core::{NodeId, RequestId};
///
/// #[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
/// struct Tickets(u64);
///
/// struct Draw;
///
/// impl StateMachine for Tickets {
///     type Op = Draw;
///     type Reply = u64;
///
///     fn apply(&mut self, Draw: &Draw) -> u64 {
///         self.0 += 1;
///         self.0
///     }
/// }
///
/// let mut machine = Machine::<Tickets>::default();
/// let request = RequestId { client: NodeId::client(0), session: 0, sequence: 0 };
/// assert_eq!(machine.apply(request, &Draw, true), Applied::Now(1));
/// assert_eq!(machine.apply(request, &Draw, true), Applied::Before(1));
/// assert_eq!(machine.state, Tickets(1));
/// ```
pub trait StateMachine: Clone + Debug + Default + Eq + Serialize {
    /// What clients ask.
    type Op;
    /// What they are told.
    type Reply: Clone + Debug + Eq + Serialize;

    /// Carries out `op`.
    fn apply(&mut self, op: &Self::Op) -> Self::Reply;
}

/// A state, and what its clients were last told, so that an operation that a client repeats takes effect once. It is
/// what a log is applied to, and what a snapshot or a checkpoint is taken of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Machine<S: StateMachine> {
    /// The state.
    pub state: S,
    /// The latest operation of each client, with its reply.
    pub sessions: Sessions<S::Reply>,
}

/// What came of applying an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Applied<R> {
    /// It took effect now.
    Now(R),
    /// It had taken effect before: this was the reply.
    Before(R),
    /// The client has moved on since: whatever it was, nobody waits for the answer.
    Stale,
}

impl<R> Applied<R> {
    /// What the client is told, if it can still wait for an answer.
    pub fn reply(self) -> Option<R> {
        match self {
            Self::Now(reply) | Self::Before(reply) => Some(reply),
            Self::Stale => None,
        }
    }
}

impl<S: StateMachine> Default for Machine<S> {
    fn default() -> Self {
        Self { state: S::default(), sessions: Sessions::default() }
    }
}

impl<S: StateMachine> Machine<S> {
    /// Applies an operation. With `once`, as it should be, it takes effect only if neither it nor a later one of the
    /// same client did before.
    pub fn apply(&mut self, request: RequestId, op: &S::Op, once: bool) -> Applied<S::Reply> {
        let seen = if once { self.sessions.look_up(request) } else { Seen::Never };
        match seen {
            Seen::Never => {
                let reply = self.state.apply(op);
                self.sessions.record(request, reply.clone());
                Applied::Now(reply)
            }
            Seen::Latest(reply) => Applied::Before(reply.clone()),
            Seen::Stale => Applied::Stale,
        }
    }
}

#[cfg(test)]
mod tests {
    use sim_core::NodeId;

    use super::*;
    use crate::kv::{KvOp, KvReply, KvState, WriteId};

    #[test]
    fn an_operation_takes_effect_once() {
        let request = |sequence| RequestId { client: NodeId::client(0), session: 0, sequence };
        let append = |index| KvOp::Append { key: 1, write: WriteId { client: 0, index } };
        let mut machine = Machine::<KvState>::default();
        assert_eq!(machine.apply(request(1), &append(1), true), Applied::Now(KvReply::Done));
        assert_eq!(machine.apply(request(1), &append(1), true), Applied::Before(KvReply::Done));
        assert_eq!(machine.apply(request(2), &append(2), true).reply(), Some(KvReply::Done));
        assert_eq!(machine.apply(request(1), &append(1), true), Applied::Stale);
        assert_eq!(machine.state.get(1).len(), 2);
        assert_eq!(machine.apply(request(1), &append(1), false), Applied::Now(KvReply::Done));
        assert_eq!(machine.state.get(1).len(), 3);
    }
}
