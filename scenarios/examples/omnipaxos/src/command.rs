//! What the log replicates.

use omnipaxos::storage::{Entry, NoSnapshot};
use parts::kv::KvOp;
use serde::{Deserialize, Serialize};
use sim_core::RequestId;

/// An entry of the log: one operation of one client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Command {
    /// Who asked, and which of its requests it was.
    pub(crate) request: RequestId,
    /// What was asked.
    pub(crate) op: KvOp,
}

impl Entry for Command {
    type Snapshot = NoSnapshot;
}
