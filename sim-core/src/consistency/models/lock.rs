//! A lock that one client at a time holds.

use super::super::SequentialModel;
use super::{Action, Datum, Op, Reply, may_tell_or_acknowledge};

/// One lock a key, free at the start. Its holder is whoever acquired it last, and nobody else can
/// release it. Asking for a lock that is held is refused, also if it is one's own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lock;

impl SequentialModel for Lock {
    type Op = Op;
    type Reply = Reply;
    /// The holder.
    type State = Option<Datum>;
    type Key = Datum;

    fn initial(&self) -> Option<Datum> {
        None
    }

    fn apply(&self, state: &Option<Datum>, op: &Op, reply: Option<&Reply>) -> Option<Option<Datum>> {
        let (is_granted, next) = match &op.action {
            Action::Acquire(client) => (state.is_none(), Some(client.clone())),
            Action::Release(client) => (state.as_ref() == Some(client), None),
            _ => return None,
        };
        if is_granted {
            may_tell_or_acknowledge(reply, &Reply::Flag(true)).then_some(next)
        } else {
            reply.is_none_or(|reply| *reply == Reply::Flag(false)).then(|| state.clone())
        }
    }

    fn key(&self, op: &Op) -> Option<Datum> {
        Some(op.key.clone())
    }

    fn is_read(&self, _: &Op, reply: Option<&Reply>) -> bool {
        reply == Some(&Reply::Flag(false))
    }
}
