//! A lock that one client at a time holds.

use std::fmt;

use super::super::SequentialModel;
use super::{Action, Datum, Op, Reply, may_tell_or_acknowledge};

/// One lock a key, free at the start. Its holder is whoever acquired it last, and nobody else can
/// release it. Asking for a lock that is held is refused, also if it is one's own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lock;

impl SequentialModel for Lock {
    type Op = Op;
    type Reply = Reply;
    type State = Holder;
    type Key = Datum;

    fn initial(&self) -> Holder {
        Holder(None)
    }

    fn apply(&self, state: &Holder, op: &Op, reply: Option<&Reply>) -> Option<Holder> {
        let (is_granted, next) = match &op.action {
            Action::Acquire(client) => (state.0.is_none(), Holder(Some(client.clone()))),
            Action::Release(client) => (state.0.as_ref() == Some(client), Holder(None)),
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

/// Who holds a lock; nobody, if it is free.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Holder(Option<Datum>);

impl fmt::Debug for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            None => f.write_str("free"),
            Some(Datum::Nil) => f.write_str("held"),
            Some(client) => write!(f, "held by {client:?}"),
        }
    }
}
