//! What hosts ask of a Raft node that is embedded in them.

use sim_core::RequestId;

use super::node::Raft;

/// Numbers what the host of an embedded node asks of it by itself, for no client.
#[derive(Debug, Default)]
pub struct HostRequests {
    /// How many there were since the last boot.
    asked: u32,
}

impl HostRequests {
    /// A number under which nothing was asked before, if only the leader is asked: a node leads at most once in a term.
    pub fn next(&mut self, raft: &Raft) -> RequestId {
        self.asked += 1;
        RequestId { client: raft.me, session: raft.term() as u32, sequence: self.asked }
    }
}
