//! The replicated map, and the pieces that it is taken apart into to be sent.

use serde::Serialize;
use sim_core::RequestId;

use super::{KvReply, KvState, WriteId};
use crate::machine;

/// The map as a replicated state machine.
pub type Machine = machine::Machine<KvState>;

/// A piece of a machine: what a snapshot is taken apart into, to be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Piece {
    /// The value of a key.
    Value(u32, Vec<WriteId>),
    /// The latest operation of a client, and its reply.
    Session(RequestId, KvReply),
}

impl Machine {
    /// The pieces that it consists of.
    pub fn pieces(&self) -> Vec<Piece> {
        let values = self.state.values().map(|(key, value)| Piece::Value(key, value.to_vec()));
        let sessions = self.sessions.latest().map(|(request, reply)| Piece::Session(request, reply.clone()));
        values.chain(sessions).collect()
    }

    /// What consists of these pieces.
    pub fn of_pieces(pieces: Vec<Piece>) -> Self {
        let mut machine = Self::default();
        for piece in pieces {
            match piece {
                Piece::Value(key, value) => machine.state.set(key, value),
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
