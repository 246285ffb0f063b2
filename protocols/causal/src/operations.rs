//! What clients ask and are told.

use parts::kv::WriteId;
use parts::registers::{RegisterAnswer, RegisterOp};
use serde::{Deserialize, Serialize};
use sim_core::Kinds;

use super::message::Version;

/// What a client asks. In histories nothing has dependencies: those are between the client's library and the nodes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Kinds)]
pub enum CausalOp {
    /// Reads a value.
    Get {
        /// Of which key.
        key: u32,
        /// What must be visible where it is read.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        after: Vec<Version>,
    },
    /// Writes a value: `put_after`.
    Put {
        /// Of which key.
        key: u32,
        /// The new value.
        write: WriteId,
        /// What must be visible wherever this is.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        after: Vec<Version>,
    },
}

/// What a client is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum CausalReply {
    /// To a get: the version and its value, if there is one.
    Value(Option<(Version, WriteId)>),
    /// To a put: the version that was made of it.
    Done(Version),
}

impl CausalOp {
    /// The key that it reads or writes.
    pub const fn key(&self) -> u32 {
        match self {
            Self::Get { key, .. } | Self::Put { key, .. } => *key,
        }
    }
}

impl From<RegisterOp> for CausalOp {
    fn from(op: RegisterOp) -> Self {
        match op {
            RegisterOp::Get { key } => Self::Get { key, after: Vec::new() },
            RegisterOp::Put { key, write } => Self::Put { key, write, after: Vec::new() },
        }
    }
}

/// What is asked, without the dependencies.
impl From<&CausalOp> for RegisterOp {
    fn from(op: &CausalOp) -> Self {
        match *op {
            CausalOp::Get { key, .. } => Self::Get { key },
            CausalOp::Put { key, write, .. } => Self::Put { key, write },
        }
    }
}

impl From<&CausalReply> for RegisterAnswer {
    fn from(reply: &CausalReply) -> Self {
        match reply {
            CausalReply::Value(value) => Self::Value(value.map(|(_, write)| write)),
            CausalReply::Done(_) => Self::Done,
        }
    }
}
