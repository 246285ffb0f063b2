//! What clients ask and are told.

use std::collections::BTreeSet;

use parts::clocks::{CausalContext, HybridTime};
use parts::kv::WriteId;
use serde::{Deserialize, Serialize};
use sim_core::{Kinds, OperationKind};

use super::version::Version;

/// What a client asks.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Kinds)]
pub enum QuorumOp {
    /// Reads the value.
    Get {
        /// Of which key.
        key: u32,
    },
    /// Writes a value.
    Put {
        /// Of which key.
        key: u32,
        /// The new value.
        write: WriteId,
    },
    /// Deletes the value.
    Delete {
        /// Of which key.
        key: u32,
        /// Names the deletion.
        write: WriteId,
    },
    /// One of these, as it is sent: with what the session has seen. In histories there is only what is inside.
    After {
        /// What the session has seen or made.
        seen: Seen,
        /// What is asked.
        op: Box<QuorumOp>,
    },
}

/// What a session has seen or made, as far as it matters to a write.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Seen {
    /// The highest stamp, whatever the key.
    pub clock: HybridTime,
    /// The versions of the key.
    pub context: CausalContext,
    /// The union of the values of the key.
    pub values: BTreeSet<WriteId>,
}

/// What a client is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum QuorumReply {
    /// To a read: the versions that none of the others came after. Deletions are among them.
    Value(Vec<Version>),
    /// To a write: the version that was made of it.
    Done(Version),
}

impl QuorumOp {
    /// The key that it reads or writes.
    pub fn key(&self) -> u32 {
        match self {
            Self::Get { key } | Self::Put { key, .. } | Self::Delete { key, .. } => *key,
            Self::After { op, .. } => op.key(),
        }
    }

    /// Whether it is a read or a write, for who looks for progress.
    pub fn kind(&self) -> OperationKind {
        match self {
            Self::Get { .. } => OperationKind::Read,
            Self::Put { .. } | Self::Delete { .. } => OperationKind::Write,
            Self::After { op, .. } => op.kind(),
        }
    }
}
