//! The map as a replicated state machine.

use serde::Serialize;
use sim_core::RequestId;

use super::{KvOp, KvReply, KvState};
use crate::sessions::{Seen, Sessions};

/// A map, and what its clients were last told, so that an operation that a client repeats takes effect once. It is
/// what a log is applied to, and what a snapshot or a checkpoint is taken of.
///
/// ```
/// use protocols::kv::{Applied, KvOp, KvReply, Machine, WriteId};
/// use sim_core::{NodeId, RequestId};
///
/// let mut machine = Machine::default();
/// let request = RequestId { client: NodeId::client(0), session: 0, sequence: 0 };
/// let append = KvOp::Append { key: 1, write: WriteId { client: 0, index: 0 } };
/// assert_eq!(machine.apply(request, &append, true), Applied::Now(KvReply::Done));
/// assert_eq!(machine.apply(request, &append, true), Applied::Before(KvReply::Done));
/// assert_eq!(machine.map.values().count(), 1);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Machine {
    /// The map.
    pub map: KvState,
    /// The latest operation of each client, with its reply.
    pub sessions: Sessions<KvReply>,
}

/// What came of applying an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Applied {
    /// It took effect now.
    Now(KvReply),
    /// It had taken effect before: this was the reply.
    Before(KvReply),
    /// The client has moved on since: whatever it was, nobody waits for the answer.
    Stale,
}

impl Applied {
    /// What the client is told, if it can still wait for an answer.
    pub fn reply(self) -> Option<KvReply> {
        match self {
            Self::Now(reply) | Self::Before(reply) => Some(reply),
            Self::Stale => None,
        }
    }
}

impl Machine {
    /// Applies an operation. With `once`, as it should be, it takes effect only if neither it nor a later one of the
    /// same client did before.
    pub fn apply(&mut self, request: RequestId, op: &KvOp, once: bool) -> Applied {
        let seen = if once { self.sessions.look_up(request) } else { Seen::Never };
        match seen {
            Seen::Never => {
                let reply = self.map.apply(op);
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

    use super::super::WriteId;
    use super::*;

    #[test]
    fn an_operation_takes_effect_once() {
        let request = |sequence| RequestId { client: NodeId::client(0), session: 0, sequence };
        let append = |index| KvOp::Append { key: 1, write: WriteId { client: 0, index } };
        let mut machine = Machine::default();
        assert_eq!(machine.apply(request(1), &append(1), true), Applied::Now(KvReply::Done));
        assert_eq!(machine.apply(request(1), &append(1), true), Applied::Before(KvReply::Done));
        assert_eq!(machine.apply(request(2), &append(2), true).reply(), Some(KvReply::Done));
        assert_eq!(machine.apply(request(1), &append(1), true), Applied::Stale);
        let length = |machine: &Machine| machine.map.values().map(|(_, value)| value.len()).sum::<usize>();
        assert_eq!(length(&machine), 2);
        assert_eq!(machine.apply(request(1), &append(1), false), Applied::Now(KvReply::Done));
        assert_eq!(length(&machine), 3);
    }
}
