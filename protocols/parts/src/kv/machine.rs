//! The map as a replicated state machine.

use serde::Serialize;
use sim_core::RequestId;

use super::{KvOp, KvReply, KvState, WriteId};
use crate::sessions::{Seen, Sessions};

/// A map, and what its clients were last told, so that an operation that a client repeats takes effect once. It is
/// what a log is applied to, and what a snapshot or a checkpoint is taken of.
///
/// ```
/// use parts::kv::{Applied, KvOp, KvReply, Machine, WriteId};
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

/// A piece of a machine: what a snapshot is taken apart into, to be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Piece {
    /// The value of a key.
    Value(u32, Vec<WriteId>),
    /// The latest operation of a client, and its reply.
    Session(RequestId, KvReply),
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

    /// The pieces that it consists of.
    pub fn pieces(&self) -> Vec<Piece> {
        let values = self.map.values().map(|(key, value)| Piece::Value(key, value.to_vec()));
        let sessions = self.sessions.latest().map(|(request, reply)| Piece::Session(request, reply.clone()));
        values.chain(sessions).collect()
    }

    /// What consists of these pieces.
    pub fn of_pieces(pieces: Vec<Piece>) -> Self {
        let mut machine = Self::default();
        for piece in pieces {
            match piece {
                Piece::Value(key, value) => machine.map.set(key, value),
                Piece::Session(request, reply) => machine.sessions.record(request, reply),
            }
        }
        machine
    }
}

#[cfg(test)]
mod tests {
    use sim_core::NodeId;

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

    #[test]
    fn a_state_is_what_its_pieces_make_up() {
        let mut machine = Machine::default();
        for client in 0..5 {
            let request = RequestId { client: NodeId::client(client), session: 1, sequence: client };
            let write = WriteId { client, index: 7 };
            machine.apply(request, &KvOp::Append { key: client % 2, write }, true);
        }
        assert_eq!(machine.pieces().len(), 7);
        assert_eq!(Machine::of_pieces(machine.pieces()), machine);
    }
}
