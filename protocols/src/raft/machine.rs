//! The replicated state machine, and what becomes of it in a snapshot.

use serde::Serialize;
use sim_core::RequestId;

use super::configuration::Configuration;
use super::log::LogPosition;
pub use crate::kv::Machine;
use crate::kv::{KvReply, WriteId};

/// A piece of the state: what a snapshot is taken apart into, to be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Piece {
    /// The value of a key.
    Value(u32, Vec<WriteId>),
    /// The latest operation of a client, and its reply.
    Session(RequestId, KvReply),
}

impl Machine {
    /// The pieces that it consists of.
    pub(crate) fn pieces(&self) -> Vec<Piece> {
        let values = self.map.values().map(|(key, value)| Piece::Value(key, value.to_vec()));
        let sessions = self.sessions.latest().map(|(request, reply)| Piece::Session(request, reply.clone()));
        values.chain(sessions).collect()
    }

    /// What consists of these pieces.
    pub(crate) fn of_pieces(pieces: Vec<Piece>) -> Self {
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

/// The state after an entry of the log was applied, which makes the log up to there superfluous.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Snapshot {
    /// The last entry that it includes.
    pub last: LogPosition,
    /// The members as of that entry.
    pub configuration: Configuration,
    /// The state after it.
    pub machine: Machine,
}

#[cfg(test)]
mod tests {
    use sim_core::NodeId;

    use super::*;
    use crate::kv::KvOp;

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
